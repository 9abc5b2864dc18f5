// SPDX-License-Identifier: Apache-2.0
// All that is needed: a visit, the camera, and one call of connectPeer.
import { connectPeer, Visit } from './kms-client.js';
import { $, action, capture, enter, facts, release, showError, soundButton } from './page.js';

let visit, peer, stream;

async function start() {
  enter('starting', 'Starting…');
  try {
    stream = await capture();
    visit = await Visit.open('hello-world', { ...facts(), lost: leave, ended: leave });
    peer = await connectPeer(visit, { stream, view: $('view') });
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
  enter('ready', 'Ended');
}

function leave({ reason, message = 'the session has ended' }) {
  end();
  showError({ reason, message });
}

action('start', start);
action('end', end);
soundButton('sound', $('view'));
enter('ready', 'Press “Start camera”');
