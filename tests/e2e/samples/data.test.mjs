// SPDX-License-Identifier: Apache-2.0
// The pages of data channels: what the server says over one, and what the page says.
import { before, test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { cameraFiles, face, Samples } from '../lib/samples.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const suite = wholeSuite();
let samples, browser;
before(async () => {
  samples = await Samples.start(suite);
  browser = await Chromium.start(suite, { camera: await cameraFiles() });
});

async function live(t, name) {
  const page = await samples.page(browser, name);
  t.after(() => page.close());
  await page.run(async () => {
    press('start');
    await inState('live');
    globalThis.view = document.getElementById('view');
    await moves(view);
  });
  return page;
}

test('the server says where the face is, and the page draws it there', async (t) => {
  const page = await live(t, 'send-data');

  await page.run(async (face) => {
    const box = () => {
      const [all, one] = [document.getElementById('faces').getBoundingClientRect(), document.querySelector('.face')?.getBoundingClientRect()];
      return one ? [(one.x - all.x) / all.width, (one.y - all.y) / all.height, one.width / all.width, one.height / all.height] : [0, 0, 0, 0];
    };
    await until('a box at the face', () => overlap(box(), face) > 0.5);
    if (greenBox(view)) throw new Error('the server has drawn it, too');
  }, face);
});

test('what the page says is written over its picture', async (t) => {
  const page = await live(t, 'show-data');

  await page.run(async () => {
    const where = [0.2, 0.8, 0.6, 0.15];
    const say = (words) => {
      document.getElementById('words').value = words;
      document.getElementById('say').requestSubmit();
    };
    await moves(view, 15); // until the picture is as sharp as it gets
    const bare = detail(view, where);
    say('MMMMMMMM');
    await until('the answer', () => document.getElementById('shown').textContent === 'Shown: MMMMMMMM');
    await until(`letters in the picture, where there was ${bare}`, () => detail(view, where) > bare + 5);
    say('');
    await until('no letters any more', () => detail(view, where) < bare + 3);
  });
});
