// SPDX-License-Identifier: Apache-2.0
// A page with a camera whose picture comes back: it starts, is live, and ends.
import { connectPeer, Visit } from './kms-client.js';
import { $, action, capture, enter, facts, release, showError } from './page.js';

// `begin(peer)` is called before the offer is made, `end()` when the page is not live any more.
export function mirrorPage(sample, { begin = () => {}, end: ended = () => {} } = {}) {
  let visit, peer, stream;

  async function start() {
    enter('starting', 'Starting…');
    try {
      stream = await capture();
      visit = await Visit.open(sample, { ...facts(), lost: leave, ended: leave });
      peer = await connectPeer(visit, { stream, view: $('view'), begin });
      enter('live', 'Live');
    } catch (failure) {
      end();
      throw failure;
    }
  }

  function end() {
    visit?.close();
    peer?.close();
    release(stream);
    ended();
    enter('ready', 'Ended');
  }

  function leave({ reason, message = 'the session has ended' }) {
    end();
    showError({ reason, message });
  }

  action('start', start);
  action('end', end);
  enter('ready', 'Press “Start camera”');
}
