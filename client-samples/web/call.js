// SPDX-License-Identifier: Apache-2.0
import { connectPeer, Visit } from './kms-client.js';
import { $, action, capture, enter, facts, release, showError, state } from './page.js';

let visit, peer, stream;

const free = (text) => enter('free', text ?? 'Call somebody');

async function introduce() {
  await visit.ask('enter', { name: $('name').value });
  free();
}

async function call(name) {
  await visit.ask('call', { name });
  $('other').textContent = name;
  enter('ringing', `${name}’s page rings…`);
}

// Both pages are told that the call was answered; then each connects.
async function answered() {
  try {
    stream = await capture();
    $('own').srcObject = stream;
    peer = await connectPeer(visit, { stream, view: $('view') });
    if (state() === 'free') clear(); // hung up meanwhile
    else enter('calling', 'In a call');
  } catch (failure) {
    if (state() === 'free') {
      clear(); // hung up meanwhile: nobody is there to connect with
      return;
    }
    showError(failure);
    visit.ask('hangup').catch(() => {});
  }
}

function clear() {
  peer?.close();
  release(stream);
  [peer, stream, $('view').srcObject, $('own').srcObject] = [null, null, null, null];
  $('other').textContent = 'The other';
}

function over({ reason, by }) {
  clear();
  free(reason === 'CALL_FAILED' ? 'The call failed' : `${by} hung up. Call somebody`);
}

function people({ others }) {
  const buttons = others.map(({ name, busy }) => {
    const button = Object.assign(document.createElement('button'), { textContent: busy ? `${name} is in a call` : `Call ${name}` });
    if (busy) button.disabled = true;
    else button.dataset.in = 'free';
    action(button, () => call(name));
    const item = document.createElement('li');
    item.append(button);
    return item;
  });
  $('people').replaceChildren(...buttons);
  if (!others.length) $('people').textContent = 'Nobody else is here yet.';
  enter(state(), $('state').textContent);
}

function ringing({ from }) {
  $('other').textContent = from;
  enter('rung', `${from} calls you`);
}

function lost(failure) {
  clear();
  $('people').replaceChildren();
  enter('gone', 'Load the page again');
  showError(failure);
}

async function open() {
  enter('connecting', 'Connecting…');
  visit = await Visit.open('call', { ...facts(), people, ringing, answered, over, lost });
  enter('new', 'Who are you?');
}

action('enter', introduce, 'submit');
action('answer', () => visit.ask('answer'));
action('hangup', () => visit.ask('hangup'));
open().catch(showError);
