// SPDX-License-Identifier: Apache-2.0
// Recorded files in a <video> element: their length, each place in them, and what a killed server leaves of them.
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { before, test } from 'node:test';
import { connect } from '../../../client-samples/node/lib/index.js';
import { Chromium } from '../lib/chromium.mjs';
import { run } from '../../../client-samples/node/test/server/probe.mjs';
import { Server } from '../lib/server.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const seconds = 4;
const encoders = {
  webm: ['-c:v', 'libvpx', '-b:v', '1M', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
  mp4: ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
};

// The picture gets brighter by one step with each frame.
async function makeClip(file, ending) {
  const picture = `nullsrc=size=320x240:rate=30:duration=${seconds},geq=lum='40+N':cb=128:cr=128`;
  await run('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', `sine=duration=${seconds}`,
    '-g', '30', ...encoders[ending], '-shortest', file]);
}

// Serves a folder, in ranges, and a page to look from.
async function serve(t, folder) {
  const server = createServer(async (request, response) => {
    if (request.url === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html><video muted></video>');
    const file = path.join(folder, path.basename(request.url));
    if (request.url === '/favicon.ico') return response.writeHead(404).end();
    const { size } = await stat(file);
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? 'bytes=0-') ?? [];
    const [start, end] = [Number(from), to ? Number(to) : size - 1];
    response.writeHead(206, { 'accept-ranges': 'bytes', 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': end - start + 1 });
    createReadStream(file, { start, end }).on('error', () => response.destroy()).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.closeAllConnections());
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

async function record(client, from, to) {
  const session = await client.createSession();
  const recorder = await session.create('RecorderEndpoint', { uri: `file://${to}`, autostart: true, stopOnEndOfStream: true });
  const player = await session.create('PlayerEndpoint', { uri: `file://${from}`, unpaced: true });
  await player.connect(recorder);
  const finished = (async () => {
    for await (const event of session.events()) if (event.type === 'RecordingFinished') return;
  })();
  await player.command('Play');
  await finished;
  await session.close();
}

// In the page: where `file` ends, the brightness at some places, and how many frames it shows when it is played.
async function look(file, places, patience) {
  const video = document.querySelector('video');
  const happened = (what) => new Promise((resolve, reject) => {
    video.addEventListener(what, resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(`${file}: ${video.error?.message}`)), { once: true });
  });
  const ready = happened('canplay');
  video.src = file;
  await ready;
  const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 32 });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const brightness = [];
  for (const { place, wanted } of places) {
    const there = happened('seeked');
    video.currentTime = place;
    await there;
    let seen;
    const last = performance.now() + patience;
    do {  // the picture comes to the front some time after it is there
      await new Promise(requestAnimationFrame);
      context.drawImage(video, 0, 0, 32, 32);
      seen = context.getImageData(16, 16, 1, 1).data[1];
    } while (Math.abs(seen - wanted) >= 8 && performance.now() < last);
    brightness.push(seen);
  }
  const back = happened('seeked');
  video.currentTime = 0;
  await back;
  const before = video.getVideoPlaybackQuality().totalVideoFrames;
  const end = happened('ended');
  await video.play();
  await end;
  return { duration: video.duration, brightness, shown: video.getVideoPlaybackQuality().totalVideoFrames - before,
    size: [video.videoWidth, video.videoHeight] };
}

const suite = wholeSuite();
let folder, client, url, browser;
before(async () => {
  const server = await Server.kms(suite, (own) => {
    folder = path.join(own, 'files');
    return `files:\n  read: ["${folder}"]\n  write: ["${folder}"]\n`;
  });
  await mkdir(folder, { recursive: true });
  client = await connect(server.grpc);
  suite.after(() => client.close());
  url = await serve(suite, folder);
  browser = await Chromium.start(suite);
});

for (const ending of ['webm', 'mp4']) {
  test(`a recorded .${ending} plays, and is as long as it was, and can be sought in`, async (t) => {
    await makeClip(path.join(folder, `in.${ending}`), ending);
    await record(client, path.join(folder, `in.${ending}`), path.join(folder, `out.${ending}`));
    const page = await browser.open(url);
    t.after(() => page.close());

    const places = [3.51, 1.51, 2.52].map((place) => (
      { place, wanted: (40 + Math.floor(place * 30) - 16) * 255 / 219 }));
    const seen = await page.run(look, `out.${ending}`, places, 10000);

    assert.ok(Math.abs(seen.duration - seconds) < 0.07, `${seen.duration} s`);
    assert.deepEqual(seen.size, [320, 240]);
    for (const [i, { place, wanted }] of places.entries()) {
      assert.ok(Math.abs(seen.brightness[i] - wanted) < 8, `at ${place} s: ${seen.brightness[i]} instead of ${wanted}`);
    }
    assert.ok(seen.shown > seconds * 30 * 0.8, `${seen.shown} frames`);
  });
}
