// SPDX-License-Identifier: Apache-2.0
// A lossy line between real browsers and the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chromium } from './lib/chromium.mjs';
import { joinThroughRelay } from './lib/relay.mjs';
import { Server } from './lib/server.mjs';

const seconds = 10;

// A page that publishes and one that watches, each on a line of its own through a relay.
async function connected(t) {
  const [browser, server] = [await Chromium.start(t), await Server.kms(t)];
  const publisher = await browser.open(`${server.url}/healthz`);
  const up = await joinThroughRelay(t, publisher, async (mangle) => {
    globalThis.me = new Participant();
    await me.publish('hall', { mangle });
    await until('media leaves', async () => (await me.rtp('outbound-rtp', 'video')).framesSent > 0);
  });
  const viewer = await browser.open(`${server.url}/healthz`);
  const down = await joinThroughRelay(t, viewer, async (mangle) => {
    globalThis.me = new Participant();
    await me.watch('hall', { mangle });
    await me.firstFrame;
  });
  return { publisher, viewer, relays: [up, down] };
}

test('forwarded pictures get through a line that loses 5 % each way', async (t) => {
  const { publisher, viewer, relays } = await connected(t);
  for (const relay of relays) await relay.weather('both', 'loss=0.05');

  const sent = () => publisher.run(async () => (await me.rtp('outbound-rtp', 'video')).framesSent);
  const before = await sent();
  const seen = await viewer.run((length) => me.look(length), seconds);
  const made = (await sent()) - before;

  const counts = await Promise.all(relays.map((relay) => relay.counts()));
  t.diagnostic(`${seen.decoded} of ${made} pictures decoded, longest time without one ${Math.round(seen.longest)} ms`);
  assert.ok(counts.every(({ up, down }) => up.lost > 0 && down.lost > 0), JSON.stringify(counts));
  assert.ok(seen.decoded >= made * 0.9, `${seen.decoded} of ${made} pictures`);
  assert.ok(seen.longest <= 500, `${seen.longest} ms without a picture`);
});
