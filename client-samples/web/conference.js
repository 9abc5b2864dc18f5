// SPDX-License-Identifier: Apache-2.0
import { connectPeer, Visit } from './kms-client.js';
import { $, action, capture, enter, facts, release, showError, soundButton, state } from './page.js';

let visit, peer, stream;

async function come() {
  const name = $('name').value;
  enter('entering', 'Entering…');
  try {
    stream = await capture();
    await visit.ask('enter', { name });
    peer = await connectPeer(visit, { stream, view: $('view') });
    enter('in', 'You are in');
    showRecording(recording);
  } catch (failure) {
    go('Who are you?');
    visit.ask('leave').catch(() => {});
    throw failure;
  }
}

function go(text) {
  peer?.close();
  release(stream);
  [peer, stream, $('view').srcObject] = [null, null, null];
  $('speaker').textContent = 'Everybody';
  enter('new', text);
}

async function leave() {
  go('You have left. Who are you?');
  await visit.ask('leave');
}

let recording = false;
function showRecording(on, file) {
  recording = on;
  $('record').hidden = on;
  $('stop').hidden = !on;
  $('state').classList.toggle('live-dot', on && state() === 'in');
  if (!file) return;
  Object.assign($('file'), { href: `/recordings/${file.file}`, download: file.file, hidden: false });
  $('file').textContent = `Download ${file.seconds.toFixed(1)} s, ${(file.bytes / 1e6).toFixed(1)} MB`;
}

function people({ names, recording: on }) {
  $('people').textContent = names.length ? `Here: ${names.join(', ')}` : 'Nobody is here yet.';
  showRecording(on);
}

function speaker({ name }) {
  $('speaker').textContent = name ? `${name} speaks` : 'Everybody';
}

function lost(failure) {
  go('');
  enter('gone', 'Load the page again');
  showError(failure);
}

async function open() {
  enter('connecting', 'Connecting…');
  visit = await Visit.open('conference', {
    ...facts(),
    people,
    speaker,
    lost,
    recording: ({ on, ...file }) => showRecording(on, on ? null : file),
    ended: ({ reason }) => lost({ reason, message: 'the conference has ended' }),
  });
  enter('new', 'Who are you?');
}

action('enter', come, 'submit');
action('leave', leave);
action('grid', () => visit.ask('layout', { layout: 'grid' }));
action('crop', () => visit.ask('layout', { layout: 'crop' }));
action('talker', () => visit.ask('layout', { layout: 'speaker' }));
action('record', () => visit.ask('record'));
action('stop', () => visit.ask('stop'));
soundButton('sound', $('view'));
open().catch(showError);
