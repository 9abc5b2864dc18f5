// SPDX-License-Identifier: Apache-2.0
// How fast Chromium dares to send: it goes by the transport-cc feedback that kms gives it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Chromium } from './lib/chromium.mjs';
import { Server } from './lib/server.mjs';

const wanted = 2_500_000; // bits per second
const within = 10; // seconds

describe('the rate of a publisher', () => {
  const owned = [];
  let browser;
  before(async () => {
    browser = await Chromium.start({ after: (end) => owned.push(end) });
  });
  after(async () => {
    for (const end of owned) await end();
  });

  test('passes 2.5 Mbit/s within ten seconds', async (t) => {
    const server = await Server.kms(t);
    const page = await browser.open(`${server.url}/healthz`);
    t.after(() => page.close());

    const rates = await page.run(async (least, seconds) => {
      globalThis.me = new Participant();
      await me.publish('hall', { encodings: [{ maxBitrate: 2 * least }] });
      await until('the connection', () => me.peer.connectionState === 'connected');
      const [began, seen] = [performance.now(), []];
      // What it thinks the way bears, and what its encoder is told to make.
      const passes = async () => {
        const all = [...(await me.peer.getStats()).values()];
        const pair = all.find((each) => each.type === 'candidate-pair' && each.nominated);
        const video = all.find((each) => each.type === 'outbound-rtp' && each.kind === 'video');
        const rate = { at: Math.round(performance.now() - began), bears: pair?.availableOutgoingBitrate ?? 0, target: video?.targetBitrate ?? 0 };
        seen.push(rate);
        return Math.min(rate.bears, rate.target) > least;
      };
      while (!(await passes()) && performance.now() - began < 1000 * seconds) await new Promise(requestAnimationFrame);
      return seen;
    }, wanted, within);

    const last = rates.at(-1);
    t.diagnostic(`begins at ${Math.round(rates[0].bears / 1000)} kbit/s; after ${last.at} ms ${Math.round(last.bears / 1000)} and ${Math.round(last.target / 1000)} kbit/s`);
    assert.ok(rates[0].target < wanted / 2, 'it has to find out');
    assert.ok(Math.min(last.bears, last.target) > wanted, JSON.stringify(last));
  });
});
