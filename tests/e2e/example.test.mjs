// SPDX-License-Identifier: Apache-2.0
// The example rtc_sfu with a real Chromium: its own page, and what a peer gets whose SDP does not tell the truth.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Chromium } from './lib/chromium.mjs';
import { Stage } from './lib/rooms.mjs';
import { Server } from './lib/server.mjs';

async function counters(server) {
  return (await fetch(`${server.url}/statistics`)).json();
}

// Once a hundred packets more than `before` have come in.
async function mediaCame(server, before) {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const now = await counters(server);
    if (now.packets_in > before.packets_in + 100) return now;
    assert.ok(Date.now() < deadline, `${JSON.stringify(now)} after ${JSON.stringify(before)}`);
  }
}

describe('the example rtc_sfu', () => {
  test('its page publishes in one window and watches in another', async (t) => {
    const server = await Server.example(t);
    const browser = await Chromium.start(t);
    const [publisher, viewer] = [await browser.open(server.url), await browser.open(server.url)];
    const press = (page, button) => page.run((id) => document.getElementById(id).click(), button);

    await press(publisher, 'publish');
    await server.logged(['publisher', 'connected']);
    await press(viewer, 'watch');
    const shown = await viewer.run(async () => {
      const view = document.getElementById('view');
      await until('pictures', () => view.getVideoPlaybackQuality().totalVideoFrames > 10);
      return [view.videoWidth, view.videoHeight];
    });
    assert.deepEqual(shown, [640, 480]);

    const place = server.place;
    await viewer.close();
    await server.logged(['viewer', 'closed'], { place });
  });

  test('a viewer whose certificate is not that of its offer never gets a packet of media', async (t) => {
    const browser = await Chromium.start(t);
    const { server } = await Stage.of(t, browser, await Server.example(t));
    const liar = await browser.open(server.url);
    await liar.run(async () => {
      globalThis.me = new Participant();
      await me.watch('hall', { mangle: mangles.falseFingerprint });
    });
    await server.logged(['viewer', 'failed', 'DTLS_FINGERPRINT_MISMATCH']);

    const { media_out: out } = await mediaCame(server, await counters(server));
    assert.equal(out, 0);
    const received = await liar.run(async () => {
      const all = [...(await me.peer.getStats()).values()];
      return [me.peer.connectionState, all.filter((each) => each.type === 'inbound-rtp').map((each) => each.packetsReceived)];
    });
    assert.notEqual(received[0], 'connected');
    assert.ok(received[1].every((packets) => packets === 0), `${received[1]}`);
  });

  test('a publisher whose certificate is not that of its offer is not forwarded', async (t) => {
    const server = await Server.example(t);
    const browser = await Chromium.start(t);
    const liar = await browser.open(server.url);
    await liar.run(async () => {
      globalThis.me = new Participant();
      await me.publish('hall', { mangle: mangles.falseFingerprint });
    });

    await server.logged(['publisher', 'failed', 'DTLS_FINGERPRINT_MISMATCH']);
    assert.equal((await fetch(`${server.url}/whep/hall`, { method: 'POST', body: 'v=0' })).status, 404);
  });
});
