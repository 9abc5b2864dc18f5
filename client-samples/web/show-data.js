// SPDX-License-Identifier: Apache-2.0
import { $, action } from './page.js';
import { mirrorPage } from './mirror-page.js';

let channel;

mirrorPage('show-data', {
  begin: (peer) => {
    channel = peer.createDataChannel('words');
    channel.onmessage = ({ data }) => ($('shown').textContent = `Shown: ${data}`);
  },
  end: () => ($('shown').textContent = 'What comes back'),
});

action('say', () => channel.send($('words').value), 'submit');
