// SPDX-License-Identifier: Apache-2.0
// A page directs, is a camera, or watches. The director's page has a small picture of each camera: a visit of its own.
import { connectPeer, Visit } from './kms-client.js';
import { $, action, capture, clearError, enter, facts, release, showError, soundButton, state } from './page.js';

let visit, peer, stream;
let own; // the camera that this page is
let show = { on: false, onAir: '', cameras: [] };
const previews = new Map(); // camera -> {figure, close}

function wait(text) {
  peer?.close();
  release(stream);
  for (const id of previews.keys()) takeAway(id);
  [peer, stream, own, $('view').srcObject] = [null, null, undefined, null];
  enter(show.on ? 'open' : 'closed', text ?? (show.on ? 'There is a show' : 'Nobody directs yet'));
  caption();
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
  caption();
}

async function direct() {
  await visit.ask('direct');
  peer = await connectPeer(visit, { view: $('view') });
  enter('directing', 'You direct');
  arrange();
}

async function watch() {
  await visit.ask('watch');
  peer = await connectPeer(visit, { view: $('view') });
  enter('watching', 'You watch');
}

async function film() {
  stream = await capture();
  await visit.ask('film', { name: $('name').value });
  peer = await connectPeer(visit, { stream });
  $('view').srcObject = stream;
  enter('filming', 'You are a camera');
}

async function leave() {
  await visit.ask('leave');
  wait();
}

function caption() {
  const shown = show.cameras.find(({ id }) => id === show.onAir);
  const text = state() === 'filming' ? (own === show.onAir ? 'You are on air' : 'You are not on air') : (shown?.name ?? 'Nobody is on air');
  $('caption').textContent = text;
  $('caption').classList.toggle('live-dot', Boolean(state() === 'filming' ? own === show.onAir : shown));
}

// A small picture for each camera, as long as it is there.
function arrange() {
  for (const id of previews.keys()) if (!show.cameras.some((camera) => camera.id === id)) takeAway(id);
  for (const camera of show.cameras) {
    if (!previews.has(camera.id)) add(camera);
    previews.get(camera.id).figure.dataset.air = camera.id === show.onAir;
  }
}

function add({ id, name }) {
  const figure = document.createElement('figure');
  const picture = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted: true });
  const button = Object.assign(document.createElement('button'), { textContent: name });
  action(button, () => visit.ask('cut', { camera: id }));
  figure.append(picture, button);
  figure.dataset.camera = id;
  $('previews').append(figure);
  const preview = { figure, close: () => figure.remove() };
  previews.set(id, preview);
  look(id, picture, preview).catch((failure) => previews.get(id) === preview && showError(failure));
}

async function look(id, view, preview) {
  const small = await Visit.open('director');
  preview.close = () => {
    small.close();
    preview.figure.remove();
  };
  if (previews.get(id) !== preview) return preview.close(); // gone meanwhile
  await small.ask('preview', { camera: id });
  const connection = await connectPeer(small, { view });
  preview.close = () => {
    connection.close();
    small.close();
    preview.figure.remove();
  };
  if (previews.get(id) !== preview) preview.close();
  return undefined;
}

function takeAway(id) {
  const preview = previews.get(id);
  previews.delete(id);
  preview.close();
}

function told(data) {
  show = data;
  if (!visit) return; // nothing can be pressed before
  if (['directing', 'filming', 'watching'].includes(state()) && !show.on) wait('The director has left');
  else if (['open', 'closed'].includes(state())) wait();
  else if (state() === 'directing') arrange();
  caption();
}

async function open() {
  clearError();
  enter('connecting', 'Connecting…');
  const camera = ({ id }) => {
    own = id;
    caption();
  };
  visit = await Visit.open('director', { ...facts(), show: told, camera, lost });
  wait();
}

function lost(failure) {
  wait();
  enter('gone', 'Load the page again');
  showError(failure);
}

action('direct', () => take(direct));
action('watch', () => take(watch));
action('film', () => take(film), 'submit');
action('leave', leave);
soundButton('sound', $('view'));
open().catch(showError);
