// SPDX-License-Identifier: Apache-2.0
// A recording as HLS in Chromium: while it is made, from its beginning and at its live end, and afterwards. Each two
// seconds of what is recorded have a colour of their own, so that a picture tells its time.
import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, watch } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { connect } from '../../../client-samples/node/lib/index.js';
import { run } from '../../../client-samples/node/test/server/probe.mjs';
import { Chromium } from '../lib/chromium.mjs';
import { serveFolder } from '../lib/files.mjs';
import { Server } from '../lib/server.mjs';

const colours = ['red', 'lime', 'blue', 'white'];
const each = 2; // seconds

async function makeClip(file) {
  const parts = colours.map((colour, i) => `color=c=${colour}:s=320x240:r=25:d=${each}[c${i}]`);
  const filter = `${parts.join(';')};${colours.map((_, i) => `[c${i}]`).join('')}concat=n=${colours.length}[v];sine=440:d=${each * colours.length}[s]`;
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', '-filter_complex', filter, '-map', '[v]', '-map', '[s]', '-c:v', 'libx264',
    '-profile:v', 'main', '-bf', '0', '-g', '25', '-pix_fmt', 'yuv420p', '-c:a', 'aac', file]);
}

// In the page: plays a playlist, from `from` on or (-1) from where hls.js begins, and has what is seen in `seen`: [seconds since
// the recording began, name of the colour]. The time is that of the picture: the clock goes on while a page stands still.
function playFrom(playlist, start, from) {
  const view = document.getElementById('view');
  const hls = new Hls({ liveSyncDurationCount: 2, startPosition: from, enableWorker: false, maxBufferHole: 0.2 });
  globalThis.seen = [];
  globalThis.problems = [];
  globalThis.hls = hls;
  hls.on(Hls.Events.ERROR, (_, data) => data.fatal && problems.push(`${data.type} ${data.details}`));
  const look = (_, { mediaTime }) => {
    const late = view.currentTime - mediaTime; // too much of it: another picture may be there by now
    if (hls.playingDate && Math.abs(late) < 0.2) {
      const [red, green, blue] = colour(view, [0.4, 0.4, 0.2, 0.2]).map((value) => value > 128);
      const name = red && green && blue ? 'white' : red ? 'red' : green ? 'lime' : blue ? 'blue' : 'black';
      seen.push([(hls.playingDate.getTime() - start) / 1000 - late, name]);
    }
    view.requestVideoFrameCallback(look);
  };
  view.requestVideoFrameCallback(look);
  globalThis.ended = new Promise((resolve) => view.addEventListener('ended', resolve));
  hls.loadSource(playlist);
  hls.attachMedia(view);
  hls.on(Hls.Events.MANIFEST_PARSED, () => view.play());
}

// What a page saw: the colours in their order. Fails when one was seen at another's time.
function judge(seen, { least }) {
  assert.ok(seen.length >= least, `${seen.length} looks`);
  for (const [time, name] of seen) {
    const near = Math.abs(time / each - Math.round(time / each)) * each < 0.4; // to a change, on a machine that may stand still
    if (!near) assert.equal(name, colours[Math.floor(time / each)], `at ${time} s`);
  }
  return [...new Set(seen.map(([, name]) => name))];
}

// What `holds` gives once it gives something; it is asked again whenever the folder changes.
async function eventually(folder, holds) {
  for await (const _ of watch(folder, { signal: AbortSignal.timeout(40_000) })) {
    const found = await holds().catch(() => null);
    if (found) return found;
  }
  throw new Error('the folder is gone');
}

test('a recording is watched while it is made and afterwards', async (t) => {
  let folder;
  const server = await Server.kms(t, (own) => {
    folder = path.join(own, 'recordings');
    return `files:\n  read: ["${folder}"]\n  write: ["${folder}"]\n`;
  });
  await mkdir(folder, { recursive: true });
  const clip = path.join(folder, 'clip.mp4');
  await makeClip(clip);
  const uri = (name) => pathToFileURL(path.join(folder, name)).href;
  const web = await serveFolder(t, folder);
  const browser = await Chromium.start(t);
  const client = await connect(server.grpc);
  t.after(() => client.close());
  const session = await client.createSession();
  const common = { autostart: true, stopOnEndOfStream: true };
  await session.applyGraph({
    elements: {
      player: { kind: 'PlayerEndpoint', options: { uri: uri('clip.mp4') } },
      whole: { kind: 'RecorderEndpoint', options: { ...common, uri: uri('whole.m3u8'), hls: { targetDuration: 1 } } },
      live: { kind: 'RecorderEndpoint', options: { ...common, uri: uri('live.m3u8'), hls: { targetDuration: 1, window: 3 } } },
    },
    links: ['whole', 'live'].map((sink) => ({ source: 'player', sink })),
  });
  assert.deepEqual((await session.graph()).transcoders, [], 'nothing is decoded or encoded');
  await (await session.element('player')).play();

  // Its first segments are there; it goes on.
  const text = (name) => readFile(path.join(folder, name), 'utf8');
  const first = await eventually(folder, async () => /-2\.m4s/.test(await text('whole.m3u8')) && text('whole.m3u8'));
  assert.ok(!first.includes('ENDLIST'));
  const start = Date.parse(/PROGRAM-DATE-TIME:(\S+)/.exec(first)[1]);
  const pages = {};
  for (const name of ['whole', 'live']) {
    pages[name] = await browser.open(`${web}/`);
    await pages[name].run(playFrom, `${web}/${name}.m3u8`, start, name === 'whole' ? 0 : -1);
  }

  const recordings = [];
  for await (const { type, data } of session.events()) {
    if (type === 'ElementError') throw new Error(`${data.reason}: ${data.message}`);
    if (type === 'RecordingFinished' && recordings.push(data.recording) === 2) break;
  }
  for (const name of ['whole', 'live']) {
    const { seen, problems } = await pages[name].run(async () => {
      await ended;
      return { seen, problems };
    });
    assert.deepEqual(problems, [], name);
    const found = judge(seen, { least: 40 });
    assert.deepEqual(found, name === 'whole' ? colours : colours.slice(-found.length), name);
    await pages[name].close();
  }

  // On demand: all of it, to its end, and at any place.
  const last = await text('whole.m3u8');
  assert.match(last, /#EXT-X-ENDLIST\n$/);
  const page = await browser.open(`${web}/`);
  await page.run(playFrom, `${web}/whole.m3u8`, start, -1);
  const length = await page.run(async () => {
    await until('it plays', () => view.currentTime > 0);
    return view.duration;
  });
  assert.ok(Math.abs(length - each * colours.length) < 0.1, `${length} s`);
  const shades = { red: '1,0,0', lime: '0,1,0', blue: '0,0,1', white: '1,1,1' };
  for (const [i, name] of colours.entries()) {
    const shown = await page.run(async (time, wanted, patience) => {
      view.pause();
      view.currentTime = time;
      await new Promise((resolve) => view.addEventListener('seeked', resolve, { once: true }));
      let seen;
      const last = performance.now() + patience;
      do {  // the picture comes to the front some time after it is there
        await new Promise(requestAnimationFrame);
        seen = colour(view, [0.4, 0.4, 0.2, 0.2]).map((value) => (value > 128 ? 1 : 0)).join();
      } while (seen !== wanted && performance.now() < last);
      return seen;
    }, each * (i + 0.5), shades[name], 10000);
    assert.equal(shown, shades[name], name);
  }
  await page.close();

  // A live one keeps a few segments only.
  const names = await readdir(folder);
  assert.equal((await text('live.m3u8')).match(/\.m4s/g).length, 3);
  assert.ok(names.filter((name) => /^live-.*m4s$/.test(name)).length <= 7, names.join(' '));
  assert.deepEqual(names.filter((name) => name.endsWith('.tmp')), []);
  await session.close();
});
