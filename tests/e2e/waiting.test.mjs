// SPDX-License-Identifier: Apache-2.0
// A real Chromium that watches a room before anybody publishes there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Server } from './lib/server.mjs';
import { sharedChromium } from './lib/shared.mjs';

async function open(t, browser, server) {
  const page = await browser.open(`${server.url}/healthz`);
  t.after(() => page.close().catch(() => {})); // it may be gone
  return page;
}

async function publish(page) {
  await page.run(async () => {
    globalThis.me = new Participant();
    await me.publish('hall');
  });
  return page;
}

describe('a viewer who waits', () => {
  const shared = sharedChromium();

  test('sees the publisher who comes, and the next one, without connecting again', async (t) => {
    const server = await Server.kms(t, () => '  whep_waits: true\n');
    const viewer = await open(t, shared.browser, server);
    await viewer.run(async () => {
      globalThis.me = new Participant();
      await me.watch('hall');
      await until('the connection', () => me.peer.connectionState === 'connected');
    });

    const first = await publish(await open(t, shared.browser, server));
    const size = await viewer.run(() => me.firstFrame);
    assert.deepEqual(size, { width: 640, height: 480 });

    const place = server.place;
    await first.run(() => me.leave());
    await publish(await open(t, shared.browser, server));
    await server.logged(['publisher', 'connected'], { place });
    const later = await viewer.run(async () => {
      await me.longestPause(20);
      const sound = (await me.rtp('inbound-rtp', 'audio')).packetsReceived;
      await until('sound', async () => (await me.rtp('inbound-rtp', 'audio')).packetsReceived > sound + 20);
      return { state: me.peer.connectionState, steps: Object.keys(me.steps) };
    });
    assert.equal(later.state, 'connected');
    assert.ok(!later.steps.includes('peer disconnected') && !later.steps.includes('peer failed'), later.steps);
  });
});
