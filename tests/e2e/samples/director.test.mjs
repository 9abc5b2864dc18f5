// SPDX-License-Identifier: Apache-2.0
// A broadcast of two cameras: one sees a photograph, beeps and flashes, the other is Chromium's own fake, which is green.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { Drops } from '../lib/drops.mjs';
import { cameraFiles, Samples } from '../lib/samples.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const suite = wholeSuite();
const cuts = 6;
let samples, browsers;
before(async () => {
  samples = await Samples.start(suite);
  browsers = [await Chromium.start(suite, { camera: await cameraFiles() }), await Chromium.start(suite)];
});

async function open(t, browser) {
  const page = await samples.page(browser, 'director');
  t.after(() => page.close().catch(() => {})); // it may be gone
  await page.run(() => {
    globalThis.view = document.getElementById('view');
    globalThis.connections = [];
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...given) {
        super(...given);
        connections.push(this);
      }
    };
    // What is shown: "photo", "green", or other colours.
    globalThis.shown = () => {
      const [red, green, blue] = colour(view, [0, 0, 1, 1]);
      if (green - red > 30) return 'green';
      return Math.abs(red - 149) < 20 && Math.abs(green - 121) < 20 ? 'photo' : `${[red, green, blue]}`;
    };
    globalThis.says = (text) => until(`the caption ${text}`, () => document.getElementById('caption').textContent === text);
  });
  return page;
}

async function go(page, button, state) {
  await page.run(async (id, wanted) => {
    await until(`${id} can be pressed`, () => !document.getElementById(id).disabled);
    press(id);
    await inState(wanted);
  }, button, state);
}

async function film(t, browser, name) {
  const page = await open(t, browser);
  await page.run(async (text) => {
    await inState('open');
    document.getElementById('name').value = text;
  }, name);
  await go(page, 'camera', 'filming');
  return page;
}

const cut = (director, name) => director.run(async (wanted) => {
  const find = () => [...document.querySelectorAll('#previews button')].find(({ textContent }) => textContent === wanted);
  (await until(`a preview of ${wanted}`, find)).click();
  await says(wanted);
}, name);

const sees = (page, what) => page.run((wanted) => until(`${wanted}, not ${shown()}`, () => shown() === wanted), what);

async function begin(t) {
  const director = await open(t, browsers[1]);
  await go(director, 'direct', 'directing');
  const [photo, green] = [await film(t, browsers[0], 'Photo'), await film(t, browsers[1], 'Green')];
  const viewer = await open(t, browsers[1]);
  await go(viewer, 'watch', 'watching');
  return { director, photo, green, viewer };
}

test('viewers see what the director cuts to, in one stream', async (t) => {
  const drops = await Drops.watch();
  const { director, photo, green, viewer } = await begin(t);
  await samples.hasSessions(1);
  await viewer.run(() => says('Nobody is on air'));
  await director.run(() => until('two previews that move', () => {
    const all = [...document.querySelectorAll('#previews video')];
    return all.length === 2 && all.every((each) => each.getVideoPlaybackQuality().totalVideoFrames > 5);
  }));

  await cut(director, 'Photo');
  await sees(viewer, 'photo');
  await photo.run(() => says('You are on air'));
  await green.run(() => says('You are not on air'));
  assert.ok((await viewer.run(() => tone(view.srcObject, 1000))) > 0.1, 'and hear it');
  const stream = () => viewer.run(async () => {
    const all = [...(await connections[0].getStats()).values()].filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
    const [{ ssrc, packetsLost, freezeCount, framesDecoded }] = all;
    return { streams: all.length, ssrc, packetsLost, freezeCount, framesDecoded, description: connections[0].remoteDescription.sdp };
  });
  const first = await stream();

  // Each picture from here on, as a word.
  await viewer.run(() => {
    globalThis.pictures = [];
    const note = () => {
      pictures.push(shown());
      view.requestVideoFrameCallback(note);
    };
    view.requestVideoFrameCallback(note);
    return until('the first of them', () => pictures.length > 0);
  });
  for (let i = 0; i < cuts; ++i) {
    await cut(director, i % 2 ? 'Photo' : 'Green');
    await sees(viewer, i % 2 ? 'photo' : 'green');
    await viewer.run(() => moves(view, 5));
    await viewer.run((wanted) => until(`${wanted} among the pictures`, () => pictures.at(-1) === wanted), i % 2 ? 'photo' : 'green');
  }

  const pictures = await viewer.run(() => globalThis.pictures);
  assert.deepEqual(pictures.filter((each) => !['photo', 'green'].includes(each)), [], 'no broken picture');
  assert.equal(pictures.filter((each, at) => at > 0 && each !== pictures[at - 1]).length, cuts, 'one change for each cut');
  const last = await stream();
  t.diagnostic(`${pictures.length} pictures in ${cuts} cuts, ${last.freezeCount - first.freezeCount} freezes`);
  assert.equal(last.streams, 1);
  assert.equal(last.ssrc, first.ssrc);
  assert.equal(last.description, first.description, 'nothing was negotiated again');
  assert.ok(last.packetsLost <= (await drops.count()), `${last.packetsLost} packets are missing`);
  assert.ok(last.framesDecoded > first.framesDecoded);

  const session = await samples.client.session((await samples.sessions())[0]);
  const graph = await session.graph();
  session.release();
  assert.deepEqual([graph.transcoders, graph.bridges], [[], []], 'packets are forwarded');
  const hub = graph.elements.find(({ kind }) => kind.endsWith('DispatcherOneToManyOptions'));
  assert.deepEqual([...new Set(hub.ports.map(({ name }) => name.split('.')[0]))].sort(), ['camera-1', 'camera-2', 'program']);
});

test('a camera that leaves takes its preview along; a show that ends is over for all', async (t) => {
  const { director, photo, green, viewer } = await begin(t);
  await cut(director, 'Photo');
  await sees(viewer, 'photo');

  await photo.close();
  await viewer.run(() => says('Nobody is on air'));
  await director.run(() => until('one preview', () => document.querySelectorAll('#previews figure').length === 1));
  await cut(director, 'Green');
  await sees(viewer, 'green');

  await go(viewer, 'leave', 'open');
  await director.close();
  const said = await green.run(async () => {
    await inState('closed');
    return document.getElementById('state').textContent;
  });
  assert.equal(said, 'The director has left');
  await viewer.run(() => inState('closed'));
  await samples.hasSessions(0);
});

test('what is not possible has a reason', async (t) => {
  const alone = await open(t, browsers[1]);
  const reasons = (page, commands) => page.run(async (all) => {
    const { Visit } = await import('/kms-client.js');
    const visit = await Visit.open('director');
    const said = [];
    for (const [command, data] of all) said.push(await visit.ask(command, data).then(() => 'done', ({ reason }) => reason));
    visit.close();
    return said;
  }, commands);
  assert.deepEqual(await reasons(alone, [['watch', {}], ['cut', { camera: 'x' }], ['offer', { sdp: '' }]]), ['NO_SHOW', 'NOT_DIRECTOR', 'NOT_SEATED']);

  await go(alone, 'direct', 'directing');
  const said = await reasons(alone, [['direct', {}], ['film', { name: ' ' }], ['preview', { camera: 'x' }], ['watch', {}], ['watch', {}], ['cut', { camera: 'x' }], ['leave', {}]]);
  assert.deepEqual(said, ['DIRECTED', 'NAME_INVALID', 'NO_CAMERA', 'done', 'SEATED', 'NOT_DIRECTOR', 'done']);
  const own = await alone.run(() => import('/kms-client.js').then(() => document.querySelectorAll('#previews figure').length));
  assert.equal(own, 0);
  await go(alone, 'leave', 'closed');
  await samples.hasSessions(0);
});
