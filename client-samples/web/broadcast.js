// SPDX-License-Identifier: Apache-2.0
// One page presents its camera or screen, others watch: one-to-many and screen-share.
import { connectPeer, Visit } from './kms-client.js';
import { $, action, capture, clearError, enter, facts, release, showError, soundButton, state } from './page.js';

const { sample, source } = document.body.dataset;
let visit, peer, stream;
let presented; // whether somebody does; undefined until the server tells

function wait() {
  peer?.close();
  release(stream);
  [peer, stream, $('view').srcObject] = [null, null, null];
  $('caption').textContent = 'The stage';
  if (presented) enter('open', 'Somebody presents');
  else enter('empty', 'Nobody presents');
}

// Takes a role, or none if that fails.
async function take(work) {
  enter('starting', 'Starting…');
  try {
    await work();
  } catch (failure) {
    await visit.ask('leave').catch(() => {});
    wait();
    throw failure;
  }
}

async function present() {
  stream = await capture({ screen: source === 'screen' });
  for (const track of stream.getVideoTracks()) track.onended = () => leave().catch(showError); // the browser's own button
  await visit.ask('present');
  count(0); // who comes is told from now on
  peer = await connectPeer(visit, { stream });
  $('view').srcObject = stream;
  enter('presenting', 'You present');
}

async function watch() {
  await visit.ask('watch');
  peer = await connectPeer(visit, { view: $('view') });
  $('caption').textContent = 'What the presenter sends';
  enter('watching', 'You watch');
}

async function leave() {
  await visit.ask('leave');
  wait();
}

function count(viewers) {
  $('caption').textContent = viewers === 1 ? 'One viewer' : `${viewers} viewers`;
}

function stage(data) {
  presented = data.presented;
  if (!visit) return; // nothing can be pressed before
  if (state() === 'watching' && !presented) {
    wait();
    enter('empty', 'The presenter has left');
  } else if (['connecting', 'empty', 'open'].includes(state())) wait();
}

async function open() {
  clearError();
  enter('connecting', 'Connecting…');
  visit = await Visit.open(sample, { ...facts(), stage, viewers: (data) => count(data.count), lost });
  if (presented !== undefined) wait();
}

function lost(failure) {
  wait();
  enter('gone', 'Load the page again');
  showError(failure);
}

action('present', () => take(present));
action('watch', () => take(watch));
action('leave', leave);
soundButton('sound', $('view'));
open().catch(showError);
