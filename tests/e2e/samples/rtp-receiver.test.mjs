// SPDX-License-Identifier: Apache-2.0
// RTP receiver: the line that the page shows is run, and its picture and tone are seen and heard in the page.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { Samples } from '../lib/samples.mjs';

// The bars in the middle of ffmpeg's test picture, an eighth of its width each, from the second on: red, green, blue.
const bars = [[0, 1, 1], [1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 0, 0]];

test('what ffmpeg sends as plain RTP is seen and heard', async (t) => {
  const ends = [];
  t.after(async () => {
    for (const end of ends) await end();
  });
  const owner = { after: (end) => ends.unshift(end) };
  const samples = await Samples.start(owner);
  const browser = await Chromium.start(owner);
  const page = await samples.page(browser, 'rtp-receiver');
  const line = await page.run(async () => {
    globalThis.view = document.getElementById('view');
    await inState('live');
    return document.getElementById('line').textContent;
  });

  const [command, ...given] = line.split(' ');
  const ffmpeg = spawn(command, ['-v', 'error', '-nostdin', ...given], { stdio: 'ignore' });
  const exited = once(ffmpeg, 'exit');
  owner.after(async () => {
    ffmpeg.kill('SIGKILL');
    await exited;
  });

  const seen = await page.run(async (count) => {
    const size = await moves(view, 20);
    const colours = [];
    for (let bar = 0; bar < count; ++bar) colours.push(colour(view, [(bar + 1.3) / 8, 0.28, 0.05, 0.08]));
    const level = await tone(view.srcObject, 440, { span: 1 });
    await until('the page says so', () => document.getElementById('state').textContent === 'Receiving'); // comes by another way
    return { size, colours, level };
  }, bars.length);
  assert.deepEqual(seen.size, [640, 480]);
  assert.ok(Math.abs(20 * Math.log10(seen.level / 0.125)) < 1, `a sine of ffmpeg is 1/8 of full scale, not ${seen.level}`);
  const isRight = (bar, at) => bar.every((full, part) => (full ? seen.colours[at][part] > 170 : seen.colours[at][part] < 90));
  assert.ok(bars.every(isRight), `${seen.colours.join(' | ')}`);

  await page.close();
  await samples.hasSessions(0);
});
