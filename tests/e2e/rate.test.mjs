// SPDX-License-Identifier: Apache-2.0
// How fast Chromium dares to send: it goes by the transport-cc feedback that kms gives it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Server } from './lib/server.mjs';
import { sharedChromium } from './lib/shared.mjs';

const wanted = 2_500_000; // bits per second
const within = 10; // seconds
const tries = 6; // a busy machine looks like a narrow line

// Runs in the page: publishes what needs all the bits that it may have, until so much leaves. What left each half second.
async function publish(least, seconds) {
  globalThis.me = new Participant();
  me.peer.addTransceiver(noise(640, 480), { direction: 'sendonly', sendEncodings: [{ maxBitrate: 2 * least }] });
  await me.join('/whip/hall', mangles.onlyUdp);
  await until('the connection', () => me.peer.connectionState === 'connected');
  const began = performance.now();
  const seen = [{ at: 0, sent: 0, leaves: 0 }];
  while (seen.at(-1).leaves < least && seen.at(-1).at < 1000 * seconds) {
    const before = seen.at(-1);
    await until('half a second', () => performance.now() - began > before.at + 500);
    const all = [...(await me.peer.getStats()).values()];
    const { bytesSent: sent = 0 } = all.find((each) => each.type === 'outbound-rtp') ?? {};
    const { availableOutgoingBitrate: bears = 0 } = all.find((each) => each.type === 'candidate-pair' && each.nominated) ?? {};
    const at = performance.now() - began;
    seen.push({ at, sent, leaves: (8000 * (sent - before.sent)) / (at - before.at), bears });
  }
  return seen.slice(1);
}

describe('the rate of a publisher', () => {
  const shared = sharedChromium();

  test('passes 2.5 Mbit/s within ten seconds', async (t) => {
    const server = await Server.kms(t);
    let seen = [];
    for (let i = 0; i < tries && !(seen.at(-1)?.leaves > wanted); ++i) {
      const page = await shared.browser.open(`${server.url}/healthz`);
      seen = await page.run(publish, wanted, within);
      await page.close();
      t.diagnostic(`${seen.map(({ leaves }) => Math.round(leaves / 1000)).join(' ')} kbit/s each half second; ${Math.round(seen.at(-1).bears / 1000)} are borne`);
    }

    assert.ok(seen.at(-1).leaves > wanted, JSON.stringify(seen));
  });
});
