// SPDX-License-Identifier: Apache-2.0
// A group call of six pages, with small pictures since two cores carry six browsers: all see and hear each other while one
// leaves, one comes and one speaks. Their microphones are silent but for one, which hears a tone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Chromium } from '../lib/chromium.mjs';
import { Drops } from '../lib/drops.mjs';
import { Samples } from '../lib/samples.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const media = fileURLToPath(new URL('../../../build/media/', import.meta.url));
const [height, rate, hertz] = [360, 8, 440];
const suite = wholeSuite();
let samples, speaks, listens;

async function make(name, source) {
  const file = path.join(media, name);
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', source, '-t', '2', file]);
  return file;
}

before(async () => {
  await mkdir(media, { recursive: true });
  const video = await make('group.y4m', `testsrc=size=480x${height}:rate=${rate},format=yuv420p`);
  const [sine, silence] = [await make('group-sine.wav', `sine=frequency=${hertz}:sample_rate=48000,volume=4`), await make('group-silence.wav', 'anullsrc=r=48000:cl=mono')];
  samples = await Samples.start(suite);
  speaks = await Chromium.start(suite, { camera: { video, audio: sine } });
  listens = await Chromium.start(suite, { camera: { video, audio: silence } });
});

// A page that is in the call, with its microphone off.
async function enter(t, browser, name) {
  const page = await browser.open(`${samples.url}group-call.html?height=${height}&rate=${rate}`);
  t.after(() => page.close().catch(() => {})); // it may be gone
  await page.run(async (own) => {
    await inState('new');
    globalThis.large = () => tiles().filter((each) => each.classList.contains('large')).map((each) => each.dataset.name);
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...given) {
        super(...given);
        globalThis.connection = this;
      }
    };
    const asked = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
      const stream = await asked({ ...wish, audio: { echoCancellation: false, autoGainControl: false, noiseSuppression: false } });
      stream.getAudioTracks()[0].enabled = false;
      return stream;
    };
    globalThis.fail = (text) => {
      throw new Error(text);
    };
    globalThis.tiles = () => [...document.querySelectorAll('#people figure[data-name]')];
    globalThis.viewOf = (of) => tiles().find((each) => each.dataset.name === of)?.querySelector('video');
    // What was decoded and came of each other one.
    globalThis.received = async () => {
      const all = [...(await connection.getStats()).values()].filter((each) => each.type === 'inbound-rtp');
      const of = (track) => all.find((each) => each.trackIdentifier === track.id) ?? {};
      return Object.fromEntries(tiles().map((figure) => {
        const stream = figure.querySelector('video').srcObject;
        const [picture, sound] = [of(stream.getVideoTracks()[0]), of(stream.getAudioTracks()[0])];
        return [figure.dataset.name, { frames: picture.framesDecoded ?? 0, sound: sound.packetsReceived ?? 0, ssrc: picture.ssrc, lost: picture.packetsLost }];
      }));
    };
    document.getElementById('name').value = own;
    document.querySelector('#enter button').click();
    await inState('in');
  }, name);
  return page;
}

// Until the page has the tiles of these people and no others, and pictures are decoded and sound comes of each, more than now.
function receives(page, people) {
  return page.run(async (names) => {
    const shown = () => tiles().map((each) => each.dataset.name).sort().join();
    const said = () => document.getElementById('error').textContent;
    await until(`tiles of ${names}`, () => shown() === [...names].sort().join(), 60).catch((failure) => fail(`${failure.message}, not ${shown()} ${said()}`));
    const before = await received();
    let now = before;
    const grows = (name) => now[name].frames >= before[name].frames + 5 && now[name].sound >= before[name].sound + 10;
    await until('pictures and sound of all', async () => names.every(grows) || void (now = await received()), 60)
      .catch((failure) => fail(`${failure.message}: ${JSON.stringify([before, now])} ${said()}`));
    return now;
  }, people);
}

// What the page receives now; from now on `interrupted` says whose tracks stop for a moment or for ever, but for one's.
function noteInterruptions(page, leaves) {
  return page.run((but) => {
    globalThis.interrupted = [];
    const note = ({ type, target }) => interrupted.push(`${target.of}: ${type}`);
    const staying = tiles().filter((each) => each.dataset.name !== but);
    const tracks = staying.flatMap(({ dataset, firstChild }) => firstChild.srcObject.getTracks().map((each) => Object.assign(each, { of: dataset.name })));
    for (const track of tracks) Object.assign(track, { onmute: note, onended: note });
    return received();
  }, leaves);
}

// Until he is large on the page and his pictures come so, and all others' come small: how high tiles and pictures are. Whose
// encodings have just begun may be large for a moment, until it is known which of them is the larger one.
function looksAtSpeaker(page, name) {
  return page.run(async (who) => {
    await until(`${who} is large`, () => large().join() === who);
    const view = viewOf(who);
    await until('his pictures are large', () => view.videoHeight >= 300, 60);
    const others = tiles().filter((each) => each.dataset.name !== who);
    const heights = () => others.map(({ dataset, firstChild }) => `${dataset.name} ${firstChild.videoHeight}`).join();
    await until('the others are small', () => others.every(({ firstChild }) => firstChild.videoHeight <= 180)).catch((failure) => fail(`${failure.message}: ${heights()}`));
    return { shown: view.clientHeight, others: Math.max(...others.map(({ firstChild }) => firstChild.clientHeight)) };
  }, name);
}

// Until it has sent these encodings of its camera, and no others, for a while.
function sendsOnly(page, rids) {
  return page.run(async (wanted) => {
    const sent = async () => [...(await connection.getStats()).values()].filter(({ type, rid }) => type === 'outbound-rtp' && rid);
    const bytes = async () => Object.fromEntries((await sent()).map(({ rid, bytesSent }) => [rid, bytesSent]));
    let [before, goes, began] = [await bytes(), [], performance.now()];
    await until(`only ${wanted} is sent`, async () => {
      const now = await bytes();
      goes = Object.keys(now).filter((rid) => now[rid] > (before[rid] ?? 0)).sort();
      const right = goes.every((rid) => wanted.includes(rid));
      [before, began] = right ? [before, began] : [now, performance.now()];
      return performance.now() - began > 1500 && goes.join() === wanted.join();
    }).catch((failure) => fail(`${failure.message}, but ${goes}`));
  }, rids);
}

const without = (names, name) => names.filter((each) => each !== name);

test('six see and hear each other while one leaves, one comes and one speaks', async (t) => {
  const names = ['Ada', 'Bob', 'Cy', 'Dora', 'Eve', 'Fay'];
  const pages = new Map();
  for (const name of names) pages.set(name, await enter(t, name === 'Ada' ? speaks : listens, name));
  const all = (work) => Promise.all([...pages].map(([name, page]) => work(page, name)));
  await all((page, name) => receives(page, without(names, name)));
  await samples.hasSessions(1);

  // Fay leaves: nothing of the others stops or begins anew.
  const here = without(names, 'Fay');
  const drops = await Drops.watch();
  const before = new Map(await all(async (page, name) => [name, await noteInterruptions(page, 'Fay')]));
  await pages.get('Fay').close();
  pages.delete('Fay');
  await all(async (page, name) => {
    const now = await receives(page, without(here, name));
    assert.deepEqual(await page.run(() => interrupted), [], name);
    for (const [other, { ssrc, lost }] of Object.entries(now)) {
      assert.equal(ssrc, before.get(name)[other].ssrc, `${other} at ${name}`);
      assert.ok(lost - before.get(name)[other].lost <= (await drops.count()), `${other} at ${name}`);
    }
  });

  // Gil comes, and gets the places that Fay had in the descriptions.
  const now = [...here, 'Gil'];
  pages.set('Gil', await enter(t, listens, 'Gil'));
  await all((page, name) => receives(page, without(now, name)));
  const places = await all((page) => page.run(() => connection.currentRemoteDescription.sdp.split(/^m=/m).length - 1));
  assert.deepEqual(places, Array(6).fill(2 + 2 * 5));

  // Ada speaks: she is heard, her tile is large, and her pictures with it; all others are small.
  await pages.get('Ada').run(() => press('mute'));
  for (const name of without(now, 'Ada')) {
    const seen = await looksAtSpeaker(pages.get(name), 'Ada');
    assert.ok(seen.shown > 2 * seen.others, `${name}: ${JSON.stringify(seen)}`);
  }
  // What nobody shows large is not sent so.
  await all((page, name) => sendsOnly(page, name === 'Ada' ? ['r0', 'r1'] : ['r0']).catch((failure) => assert.fail(`${name}: ${failure.message}`)));
  const level = await pages.get('Bob').run((tone440) => tone(viewOf('Ada').srcObject, tone440, { least: 0.02 }), hertz);
  assert.ok(level > 0.02, `${level}`);
  assert.deepEqual(await pages.get('Ada').run(() => large()), [], 'nobody else has spoken');

  await pages.get('Bob').run(async () => {
    press('leave');
    await inState('new');
  });
  await pages.get('Cy').run(() => until('no Bob', () => !viewOf('Bob')));
  for (const page of pages.values()) await page.close();
  await samples.hasSessions(0);
});

test('what does not fit is refused', async (t) => {
  const page = await samples.page(listens, 'group-call');
  t.after(() => page.close());
  const said = await page.run(async () => {
    const { Visit } = await import('/kms-client.js');
    const [visit, other] = [await Visit.open('group-call'), await Visit.open('group-call')];
    const reason = (of, command, data) => of.ask(command, data).then(() => 'done', (failure) => failure.reason);
    const all = [
      await reason(visit, 'ready', { heights: [1] }), await reason(visit, 'enter', { name: ' ' }), await reason(visit, 'enter', { name: 'Ada' }),
      await reason(other, 'enter', { name: 'Ada' }), await reason(visit, 'enter', { name: 'Bob' }), await reason(visit, 'ready', { heights: ['high'] }),
      await reason(visit, 'answer', { sdp: '' }), await reason(visit, 'size', { name: 'Ada', height: -1 }), await reason(visit, 'leave'),
    ];
    for (const each of [visit, other]) each.close();
    return all;
  });
  assert.deepEqual(said, ['NOT_ENTERED', 'NAME_INVALID', 'done', 'NAME_TAKEN', 'ENTERED', 'HEIGHTS_INVALID', 'NO_OFFER', 'HEIGHT_INVALID', 'done']);
  await samples.hasSessions(0);
});
