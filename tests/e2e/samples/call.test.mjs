// SPDX-License-Identifier: Apache-2.0
// A call between two browsers: one has a camera that sees a face, the other Chromium's own fake.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { cameraFiles, Samples } from '../lib/samples.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const suite = wholeSuite();
let samples, browsers;
before(async () => {
  samples = await Samples.start(suite);
  browsers = [await Chromium.start(suite, { camera: await cameraFiles() }), await Chromium.start(suite)];
});

async function enter(t, browser, name) {
  const page = await samples.page(browser, 'call');
  t.after(() => page.close().catch(() => {})); // it may be gone
  await page.run(async (own) => {
    await inState('new');
    globalThis.view = document.getElementById('view');
    // The button with this text, once it can be pressed.
    globalThis.button = (text) => until(`the button "${text}"`, () => [...document.querySelectorAll('button')].find((each) => each.textContent === text && !each.disabled));
    document.getElementById('name').value = own;
    (await button('Enter')).click();
    await inState('free');
  }, name);
  return page;
}

async function call(t) {
  const [ada, bob] = [await enter(t, browsers[0], 'Ada'), await enter(t, browsers[1], 'Bob')];
  await ada.run(async () => {
    (await button('Call Bob')).click();
    await inState('ringing');
  });
  await bob.run(async () => {
    await inState('rung');
    press('answer');
  });
  for (const page of [ada, bob]) await page.run(() => inState('calling'));
  return [ada, bob];
}

test('both see and hear each other until one hangs up', async (t) => {
  const [ada, bob] = await call(t);
  await samples.hasSessions(1);

  const level = await bob.run(async () => {
    await flashes(view, 2); // only Ada's camera flashes
    return tone(view.srcObject, 1000); // and only her microphone hears this tone
  });
  assert.ok(level > 0.1, `${level}`);
  const seen = await ada.run(async () => {
    await moves(view, 20);
    const [receiver] = [view.srcObject.getAudioTracks()[0]];
    return { colour: colour(view, [0, 0, 1, 1]), own: colour(document.getElementById('own'), [0, 0, 1, 1]), muted: receiver.muted };
  });
  assert.equal(seen.muted, false);
  assert.ok(seen.colour[1] - seen.colour[0] > 30, `Chromium's fake is green: ${seen.colour}`);
  assert.ok(seen.own[1] - seen.own[0] < 10, `the photograph is not: ${seen.own}`);

  await bob.run(() => press('hangup'));
  for (const page of [ada, bob]) await page.run(() => inState('free'));
  await samples.hasSessions(0);
});

test('a page that goes ends the call, and the other hears of it', async (t) => {
  const [ada, bob] = await call(t);
  await ada.close();
  const said = await bob.run(async () => {
    await inState('free');
    return document.getElementById('state').textContent;
  });
  assert.match(said, /^Ada hung up/);
  await samples.hasSessions(0);
});

test('a third is told that the line is busy, and a name is taken once', async (t) => {
  const [ada] = await call(t);
  const said = await ada.run(async () => {
    const { Visit } = await import('/kms-client.js');
    const third = await Visit.open('call');
    const reason = (command, data) => third.ask(command, data).then(() => 'done', (failure) => failure.reason);
    const all = [await reason('enter', { name: ' Ada ' }), await reason('enter', { name: 'Cy' }), await reason('call', { name: 'Bob' }), await reason('call', { name: 'Dora' })];
    third.close();
    return all;
  });
  assert.deepEqual(said, ['NAME_TAKEN', 'done', 'BUSY', 'NOT_THERE']);
});
