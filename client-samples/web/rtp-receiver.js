// SPDX-License-Identifier: Apache-2.0
import { connectPeer, Visit } from './kms-client.js';
import { $, action, enter, facts, showError, soundButton, state } from './page.js';

let visit, peer;

async function start() {
  enter('starting', 'Starting…');
  try {
    visit = await Visit.open('rtp-receiver', { ...facts(), rtp, lost: leave, ended: leave });
    const { ffmpeg } = await visit.ask('ports');
    peer = await connectPeer(visit, { view: $('view') });
    $('line').textContent = ffmpeg;
    enter('live', 'Waiting for media');
  } catch (failure) {
    end();
    throw failure;
  }
}

function rtp({ port, flows }) {
  if (state() === 'live') enter('live', flows ? 'Receiving' : `No ${port} comes any more`);
}

function end() {
  visit?.close();
  peer?.close();
  $('line').textContent = '…';
  enter('ready', 'Ended');
}

function leave({ reason, message = 'the session has ended' }) {
  end();
  showError({ reason, message });
}

action('start', start);
action('end', end);
soundButton('sound', $('view'));
start().catch(showError);
