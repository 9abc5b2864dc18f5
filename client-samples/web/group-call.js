// SPDX-License-Identifier: Apache-2.0
import { answerOffers, connectPeer, Visit } from './kms-client.js';
import { $, action, capture, enter, facts, release, showError } from './page.js';

let visit, peer, stream, stop;
const tiles = new Map(); // name -> figure
const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => tellSize(target)));

// With ?height=360&rate=10 in the page's address the camera is asked for that.
const wish = new URLSearchParams(location.search);
const height = Number(wish.get('height')) || 720;
const camera = { width: Math.round((height * 4) / 3), height, frameRate: Number(wish.get('rate')) || 30 };

// What the camera gives, and the same smaller: as many as browsers make of such a picture.
function encodings(high) {
  const scales = high >= 540 ? [4, 2, 1] : [2, 1];
  return scales.map((scale, at) => ({ rid: `r${at}`, scaleResolutionDownBy: scale, maxBitrate: Math.round((2_500_000 * (high / scale / 720) ** 2) + 50_000) }));
}

async function come() {
  const name = $('name').value;
  enter('entering', 'Entering…');
  try {
    stream = await capture({ camera });
    await visit.ask('enter', { name });
    const { height: high } = stream.getVideoTracks()[0].getSettings();
    const sent = encodings(high);
    peer = await connectPeer(visit, { stream, encodings: sent });
    stop = answerOffers(visit, peer, ({ people }) => arrange(people));
    await visit.ask('ready', { heights: sent.map(({ scaleResolutionDownBy }) => Math.round(high / scaleResolutionDownBy)) });
    showOwn();
    enter('in', 'You are in');
  } catch (failure) {
    go('Who are you?');
    visit.ask('leave').catch(() => {});
    throw failure;
  }
}

function showOwn() {
  $('own').querySelector('video').srcObject = stream;
  $('own').hidden = false;
  $('mute').textContent = 'Mute';
}

// Each other one has an m-line of sound and one of pictures, named by their mids.
function arrange(people) {
  const trackOf = (mid) => peer.getTransceivers().find((each) => each.mid === mid).receiver.track;
  for (const [name] of tiles) if (!people.some((each) => each.name === name)) remove(name);
  for (const { name, audio, video } of people) {
    if (tiles.has(name)) continue;
    const view = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true });
    view.srcObject = new MediaStream([trackOf(audio), trackOf(video)]);
    const figure = document.createElement('figure');
    figure.dataset.name = name;
    figure.append(view, Object.assign(document.createElement('figcaption'), { textContent: name }));
    tiles.set(name, $('people').appendChild(figure));
    resized.observe(view);
  }
  enlarge();
}

function remove(name) {
  const figure = tiles.get(name);
  resized.unobserve(figure.querySelector('video'));
  figure.querySelector('video').srcObject = null;
  figure.remove();
  tiles.delete(name);
}

// The pictures come as large as they are shown.
function tellSize(view) {
  const name = view.closest('figure').dataset.name;
  const high = Math.round(view.clientHeight * devicePixelRatio);
  if (tiles.has(name)) visit.ask('size', { name, height: high }).catch(showError);
}

// The one who speaks is large, and who spoke last while nobody does or you do.
let speaker = '';
function enlarge(name) {
  if (tiles.has(name)) speaker = name;
  for (const [each, figure] of tiles) figure.classList.toggle('large', each === speaker);
}

function mute() {
  const [track] = stream.getAudioTracks();
  track.enabled = !track.enabled;
  $('mute').textContent = track.enabled ? 'Mute' : 'Unmute';
}

function go(text) {
  stop?.();
  peer?.close();
  release(stream);
  for (const name of [...tiles.keys()]) remove(name);
  $('own').hidden = true;
  [peer, stream, stop] = [null, null, null];
  enter('new', text);
}

async function leave() {
  go('You have left. Who are you?');
  await visit.ask('leave');
}

function lost(failure) {
  go('');
  enter('gone', 'Load the page again');
  showError(failure);
}

async function open() {
  enter('connecting', 'Connecting…');
  visit = await Visit.open('group-call', {
    ...facts(),
    speaker: ({ name }) => enlarge(name),
    lost,
    ended: ({ reason }) => lost({ reason, message: 'the call has ended' }),
  });
  enter('new', 'Who are you?');
}

action('enter', come, 'submit');
action('leave', leave);
action('mute', mute);
open().catch(showError);
