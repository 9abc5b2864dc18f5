// SPDX-License-Identifier: Apache-2.0
// A mixed conference of three pages, recorded while they come and go. One camera sees a face and hears a tone, the others are
// Chromium's own fakes.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { probe } from '../lib/recordings.mjs';
import { cameraFiles, Samples } from '../lib/samples.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const suite = wholeSuite();
let samples, seeing, fake;
before(async () => {
  samples = await Samples.start(suite);
  seeing = await Chromium.start(suite, { camera: await cameraFiles() });
  fake = await Chromium.start(suite);
});

async function enter(t, browser, name) {
  const page = await samples.page(browser, 'conference');
  t.after(() => page.close().catch(() => {})); // it may be gone
  await page.run(async (own) => {
    await inState('new');
    keepConnections();
    globalThis.view = document.getElementById('view');
    globalThis.says = (id, text) => until(`"${text}" in ${id}`, () => document.getElementById(id).textContent.includes(text));
    document.getElementById('name').value = own;
    document.querySelector('#enter button').click();
    await inState('in');
    await moves(view);
  }, name);
  return page;
}

test('everybody is seen by all, heard by the others, and recorded while they come and go', async (t) => {
  const ada = await enter(t, seeing, 'Ada');
  const before = await ada.run(async () => {
    await says('people', 'Here: Ada');
    await says('speaker', 'Ada speaks'); // the browser says how loud it is
    press('record');
    await until('it records', () => !document.getElementById('stop').hidden);
    return traffic();
  });
  const bob = await enter(t, fake, 'Bob');
  await samples.hasSessions(1);

  // Two in a filled grid: Ada's photograph on the left, Chromium's green fake on the right.
  const halves = await bob.run(async () => {
    press('crop');
    await until('the fake on the right', () => {
      const [red, green] = colour(view, [0.6, 0.3, 0.3, 0.4]);
      return green - red > 30;
    });
    const level = await tone(view.srcObject, 1000); // Ada's microphone alone hears this tone
    return { left: colour(view, [0.1, 0.3, 0.3, 0.4]), level, size: [view.videoWidth, view.videoHeight] };
  });
  assert.ok(halves.left[1] - halves.left[0] < 20, `the photograph is not green: ${halves.left}`);
  assert.ok(halves.level > 0.05, `${halves.level}`);
  assert.deepEqual(halves.size, [1280, 720]);

  const cy = await enter(t, fake, 'Cy');
  await cy.run(() => says('people', 'Here: Ada, Bob, Cy'));
  await bob.close();
  await cy.run(() => says('people', 'Here: Ada, Cy'));
  await cy.run(async () => {
    press('talker');
    await moves(view, 20);
    press('leave');
    await inState('new');
  });
  const { file, after } = await ada.run(async () => {
    await says('people', 'Here: Ada');
    const after = await traffic();
    await moves(view, 20); // what came by then is recorded
    press('stop');
    await until('a file', () => !document.getElementById('file').hidden);
    return { file: document.getElementById('file').download, after };
  });

  const { video, audio, duration } = await probe(path.join(samples.recordings, file));
  assert.deepEqual([video.codec, audio.codec], ['vp8', 'opus']);
  assert.ok(duration > 3, `${duration} s`);
  assert.ok(video.frames > 0.8 * (after.seen - before.seen), `${video.frames} pictures: ${JSON.stringify([before, after])}`);
  assert.ok(audio.frames > 0.9 * (after.heard - before.heard), `${audio.frames} of sound: ${JSON.stringify([before, after])}`);
  await ada.close();
  await samples.hasSessions(0);
});

test('who is alone does not hear himself', async (t) => {
  const ada = await enter(t, seeing, 'Ada');
  const heard = await ada.run(async () => {
    await says('speaker', 'Ada speaks');
    return tone(view.srcObject, 1000, { least: 0.003, seconds: 5 }).then(() => 'himself', () => 'nothing');
  });
  assert.equal(heard, 'nothing');
});

test('a recording ends well when the last one leaves', async (t) => {
  const before = await readdir(samples.recordings);
  const ada = await enter(t, seeing, 'Ada');
  await ada.run(async () => {
    press('record');
    await until('it records', () => !document.getElementById('stop').hidden);
    await moves(view, 40);
  });
  await ada.close();
  await samples.hasSessions(0);
  const [name] = (await readdir(samples.recordings)).filter((each) => !before.includes(each) && !each.startsWith('.'));
  const { video } = await probe(path.join(samples.recordings, name));
  assert.ok(video.frames > 10, `${video.frames}`);
});

test('commands before one has entered are refused', async (t) => {
  const page = await samples.page(fake, 'conference');
  t.after(() => page.close());
  const said = await page.run(async () => {
    const { Visit } = await import('/kms-client.js');
    const visit = await Visit.open('conference');
    const reason = (command, data) => visit.ask(command, data).then(() => 'done', (failure) => failure.reason);
    const all = [await reason('offer', { sdp: '' }), await reason('record'), await reason('enter', { name: ' ' }), await reason('leave')];
    visit.close();
    return all;
  });
  assert.deepEqual(said, ['NOT_ENTERED', 'NOBODY_THERE', 'NAME_INVALID', 'done']);
});
