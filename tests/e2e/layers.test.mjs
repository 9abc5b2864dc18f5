// SPDX-License-Identifier: Apache-2.0
// Simulcast between real browsers: each viewer gets the encoding that its line bears.
import { test } from 'node:test';
import { Chromium } from './lib/chromium.mjs';
import { throughRelay } from './lib/relay.mjs';
import { Server } from './lib/server.mjs';

async function publish(page) {
  await page.run(async () => {
    globalThis.me = new Participant();
    const encodings = [{ rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }]; // it sends no third one of pictures of this size
    await me.publish('layers', { encodings });
  });
}

// What the largest encoding takes, bit/s, once it is there.
const largest = (page) => page.run(async () => {
  const sent = async () => [...(await me.peer.getStats()).values()].find(({ type, rid }) => type === 'outbound-rtp' && rid === 'f');
  const before = await until('the largest encoding', async () => {
    const now = await sent();
    return now.framesSent > 30 && now;
  });
  const after = await until('three seconds more', async () => {
    const now = await sent();
    return now.timestamp - before.timestamp > 3000 && now;
  });
  return (8000 * (after.bytesSent - before.bytesSent)) / (after.timestamp - before.timestamp);
});

async function watch(page) {
  await page.run(async () => {
    globalThis.me = new Participant();
    await me.watch('layers');
    await me.firstFrame;
  });
}

const comesTo = (page, width) => page.run((wide) => until(`${wide} pixels across`, async () => {
  const { frameWidth } = await me.rtp('inbound-rtp', 'video');
  return wide === 640 ? frameWidth === 640 : frameWidth < 640;
}), width);

test('of a simulcast track each viewer gets the encoding that its line bears', async (t) => {
  const [browser, server] = [await Chromium.start(t), await Server.kms(t)];
  const [publisher, near, far] = [await browser.open(`${server.url}/healthz`), await browser.open(`${server.url}/healthz`),
    await browser.open(`${server.url}/healthz`)];
  await publish(publisher);
  const rate = await largest(publisher);
  await watch(near);
  const line = await throughRelay(t, far, async () => {
    globalThis.me = new Participant();
    await me.watch('layers');
    await me.firstFrame;
  });
  await comesTo(near, 640);
  await comesTo(far, 640);

  t.diagnostic(`the largest encoding takes ${Math.round(rate / 1000)} kbit/s; the line gets 60 % of it`);
  await line.weather('down', `rate=${Math.round(rate * 0.6)},delay=30ms,queue=500ms`);
  await comesTo(far, 320);
  await comesTo(near, 640); // which has a line of its own, and on a busy machine loses it for a moment

  await line.weather('down', 'delay=30ms');
  await comesTo(far, 640);
});
