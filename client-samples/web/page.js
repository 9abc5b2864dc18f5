// SPDX-License-Identifier: Apache-2.0
// What the sample pages share besides WebRTC: the state they are in, buttons, errors, the camera.
import { Failure } from './kms-client.js';

export const $ = (id) => document.getElementById(id);

// The page is in one state; what can be pressed says in data-in in which ones.
export function enter(state, text) {
  document.body.dataset.state = state;
  $('state').textContent = text;
  for (const each of document.querySelectorAll('[data-in]')) each.disabled = !each.dataset.in.split(' ').includes(state);
}

export const state = () => document.body.dataset.state;

export function showError({ reason, message }) {
  $('error').replaceChildren(Object.assign(document.createElement('b'), { textContent: reason ?? 'ERROR' }), ` ${message}`);
  $('error').hidden = false;
}

export function clearError() {
  $('error').hidden = true;
}

// Does `work` when a button is pressed (an event of another name with `event`), and shows why if it fails.
export function action(id, work, event = 'click') {
  const target = typeof id === 'string' ? $(id) : id;
  target.addEventListener(event, async (pressed) => {
    pressed.preventDefault();
    clearError();
    await Promise.resolve(pressed).then(work).catch(showError);
  });
}

// What a server tells of connections and media, as small labels; listeners for Visit.open.
export function facts() {
  const labels = new Map();
  const show = (of, is, text = `${of} ${is}`) => {
    if (!labels.has(of)) labels.set(of, $('facts').appendChild(document.createElement('span')));
    Object.assign(labels.get(of), { textContent: text }).dataset.is = is;
    labels.get(of).dataset.of = of;
  };
  $('facts').replaceChildren();
  return {
    state: ({ of, is, reason }) => show(of, is, `${of} ${is}${reason ? ` (${reason})` : ''}`),
    flow: ({ port, direction, flows }) => show(`${port} ${direction === 'source' ? 'in' : 'out'}`, flows ? 'flows' : 'stands'),
    problem: showError,
  };
}

const cameraReasons = {
  NotAllowedError: ['REFUSED', 'you or the browser did not allow it'],
  NotFoundError: ['NOT_FOUND', 'there is no camera or microphone'],
  NotReadableError: ['IN_USE', 'another program has it'],
};

// Camera and microphone, or with `screen` the screen.
export async function capture({ screen = false, camera = { width: 640, height: 480, frameRate: 30 } } = {}) {
  const media = navigator.mediaDevices;
  try {
    if (!screen) return await media.getUserMedia({ audio: true, video: camera });
    return await media.getDisplayMedia({ audio: true, video: { frameRate: 15 } });
  } catch (failure) {
    const [reason, message] = cameraReasons[failure.name] ?? ['FAILED', failure.message];
    throw new Failure({ reason: `${screen ? 'SCREEN' : 'CAMERA'}_${reason}`, message });
  }
}

// Releases the camera or the screen.
export function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

// A button that turns a video's sound on and off.
export function soundButton(id, view) {
  const show = () => ($(id).textContent = view.muted ? 'Sound on' : 'Sound off');
  view.addEventListener('volumechange', show);
  action(id, () => (view.muted = !view.muted));
  show();
}
