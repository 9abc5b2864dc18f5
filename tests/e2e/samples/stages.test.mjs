// SPDX-License-Identifier: Apache-2.0
// Hello world, one to many, screen share: packets that are forwarded, to one page or several.
import assert from 'node:assert/strict';
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

async function open(t, name) {
  const page = await samples.page(browser, name);
  t.after(() => page.close().catch(() => {})); // it may be gone
  await page.run(() => {
    keepConnections();
    globalThis.view = document.getElementById('view');
  });
  return page;
}

// Presses a button and waits for the state that it leads to.
async function go(page, button, ...states) {
  await page.run(async (id, wanted) => {
    await until(`${id} can be pressed`, () => !document.getElementById(id).disabled);
    press(id);
    await inState(...wanted);
  }, button, states);
}

// The level of the tone that is heard. Pictures are as large as the sender sends them: a busy browser sends smaller ones than it has.
async function sees(page, sender) {
  const level = await page.run(async () => {
    await moves(view);
    await flashes(view, 2);
    return tone(view.srcObject, 1000);
  });
  const sizes = async () => [await page.run(() => [view.videoWidth, view.videoHeight]), await sender.run(() => sentSize())];
  const deadline = Date.now() + 40_000;
  let [shown, sent] = await sizes();
  for (; `${shown}` !== `${sent}`; [shown, sent] = await sizes()) assert.ok(Date.now() < deadline, `${shown}, not ${sent}`);
  assert.equal(shown[0] / shown[1], 640 / 480);
  return level;
}

test('hello world: what is sent comes back, undecoded', async (t) => {
  const page = await open(t, 'hello-world');
  await go(page, 'start', 'live');

  const level = await sees(page, page);
  assert.ok(level > 0.15, `${level}`);
  assert.ok(await page.run((place) => detail(view, place) > 3 && greenBox(view) === null, face), 'it is the face, unmarked');
  const session = await samples.client.session((await samples.sessions())[0]);
  assert.deepEqual((await session.graph()).transcoders, []);
  session.release();

  await go(page, 'end', 'ready');
  await samples.hasSessions(0);
});

test('one to many: viewers come and go while one presents', async (t) => {
  const [presenter, first, second] = [await open(t, 'one-to-many'), await open(t, 'one-to-many'), await open(t, 'one-to-many')];
  await first.run(() => inState('empty'));
  await go(presenter, 'present', 'presenting');
  await go(first, 'watch', 'watching');
  await go(second, 'watch', 'watching');
  await samples.hasSessions(1);
  await Promise.all([sees(first, presenter), sees(second, presenter)]);
  const viewers = (text) => presenter.run((wanted) => until(wanted, () => document.getElementById('caption').textContent === wanted), text);
  await viewers('2 viewers');

  await go(first, 'leave', 'open');
  await viewers('One viewer');
  const third = await open(t, 'one-to-many');
  await go(third, 'watch', 'watching');
  await second.close();
  await viewers('One viewer');
  await sees(third, presenter);

  await presenter.close();
  const told = await third.run(async () => {
    await inState('empty');
    return document.getElementById('state').textContent;
  });
  assert.equal(told, 'The presenter has left');
  await samples.hasSessions(0);
});

test('one to many: a second presenter is told why not', async (t) => {
  const [presenter, late] = [await open(t, 'one-to-many'), await open(t, 'one-to-many')];
  await late.run(() => inState('empty'));
  await go(presenter, 'present', 'presenting');
  const said = await late.run(async () => {
    const { Visit } = await import('/kms-client.js');
    const visit = await Visit.open('one-to-many');
    return visit.ask('present').catch(({ reason }) => reason).finally(() => visit.close());
  });
  assert.equal(said, 'STAGE_TAKEN');
});

test('screen share: others see the screen', async (t) => {
  const [presenter, viewer] = [await open(t, 'screen-share'), await open(t, 'screen-share')];
  await go(presenter, 'present', 'presenting');
  await go(viewer, 'watch', 'watching');
  const colours = await Promise.all([presenter, viewer].map((page) => page.run(async () => {
    await moves(view, 5);
    return colour(view, [0, 0, 1, 1]);
  })));
  for (const part of [0, 1, 2]) assert.ok(Math.abs(colours[0][part] - colours[1][part]) < 20, `${colours}`);

  await go(presenter, 'leave', 'empty');
  await viewer.run(() => inState('empty'));
  await samples.hasSessions(0);
});
