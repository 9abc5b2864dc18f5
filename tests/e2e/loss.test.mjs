// SPDX-License-Identifier: Apache-2.0
// A lossy line between real browsers and the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chromium } from './lib/chromium.mjs';
import { throughRelay } from './lib/relay.mjs';
import { Server } from './lib/server.mjs';

const seconds = 5;
const tries = 4; // a busy machine looks like a bad line

// A page that publishes and one that watches, each on a line of its own through a relay.
async function connected(t) {
  const [browser, server] = [await Chromium.start(t), await Server.kms(t)];
  const publisher = await browser.open(`${server.url}/healthz`);
  const up = await throughRelay(t, publisher, async () => {
    globalThis.me = new Participant();
    await me.publish('hall');
    await until('media leaves', async () => (await me.rtp('outbound-rtp', 'video')).framesSent > 0);
  });
  const viewer = await browser.open(`${server.url}/healthz`);
  const down = await throughRelay(t, viewer, async () => {
    globalThis.me = new Participant();
    await me.watch('hall');
    await me.firstFrame;
  });
  return { publisher, viewer, relays: [up, down] };
}

test('forwarded pictures get through lines that lose 5 % each way', async (t) => {
  const { publisher, viewer, relays } = await connected(t);
  for (const relay of relays) await relay.weather('both', 'loss=0.05');

  const looks = [];
  const isEnough = () => looks.length > 0 && looks.filter(({ isGood }) => isGood).length * 2 >= looks.length;
  while (looks.length < tries && !isEnough()) {
    const [{ decoded, longest }, made] = await Promise.all([viewer.run((length) => me.look(length), seconds), publisher.run((length) => me.sends(length), seconds)]);
    t.diagnostic(`${decoded} of ${made} pictures decoded, longest time without one ${Math.round(longest)} ms`);
    looks.push({ decoded, made, longest, isGood: decoded >= made * 0.9 && longest <= 500 });
  }

  const counts = await Promise.all(relays.map((relay) => relay.counts()));
  assert.ok(counts.every(({ up, down }) => up.lost > 0 && down.lost > 0), JSON.stringify(counts));
  assert.ok(isEnough(), JSON.stringify(looks));
});
