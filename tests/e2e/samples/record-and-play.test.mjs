// SPDX-License-Identifier: Apache-2.0
// Record and play: what the camera sends is written without being decoded, and comes back from the file.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { probe } from '../lib/recordings.mjs';
import { cameraFiles, Samples } from '../lib/samples.mjs';

test('a camera is recorded as it is, and played from the file', async (t) => {
  const ends = [];
  t.after(async () => {
    for (const end of ends) await end();
  });
  const owner = { after: (end) => ends.unshift(end) };
  const samples = await Samples.start(owner);
  const browser = await Chromium.start(owner, { camera: await cameraFiles() });
  const page = await samples.page(browser, 'record-and-play');
  const { began, before } = await page.run(async () => {
    globalThis.view = document.getElementById('view');
    keepConnections();
    press('start');
    await inState('live');
    await moves(view);
    press('record');
    const began = performance.now();
    await inState('recording');
    const before = await traffic();
    await flashes(view, 4);
    return { began, before };
  });
  const session = await samples.client.session((await samples.sessions())[0]);
  assert.deepEqual((await session.graph()).transcoders, [], 'nothing is decoded or encoded');
  session.release();
  const { seconds, after } = await page.run(async (from) => {
    const after = await traffic();
    await moves(view, 15); // what was sent by then is there
    press('stop');
    await inState('live');
    return { seconds: (performance.now() - from) / 1000, after };
  }, began);

  const [name] = (await readdir(samples.recordings)).filter((entry) => !entry.startsWith('.'));
  const { video, audio, duration } = await probe(path.join(samples.recordings, name));
  assert.deepEqual([video.codec, audio.codec], ['vp8', 'opus']);
  assert.ok(duration > 2 && duration < seconds + 0.5, `${duration} s in ${seconds} s`);
  assert.ok(video.frames > 0.8 * (after.sent - before.sent), `${video.frames} pictures: ${JSON.stringify([before, after])}`);
  assert.ok(audio.frames > 0.9 * (after.sound - before.sound), `${audio.frames} of sound: ${JSON.stringify([before, after])}`);

  await page.run(async () => {
    press('play');
    await inState('playing');
    await flashes(view, 1);
    await tone(view.srcObject, 1000);
    await inState('live');
    await moves(view);
    press('play'); // once more, but not to its end
    await inState('playing');
    await moves(view);
    press('stop');
    await inState('live');
    await moves(view);
  });
  await page.close();
  await samples.hasSessions(0);
});
