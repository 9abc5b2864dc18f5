// SPDX-License-Identifier: Apache-2.0
// A real Chromium against a real kms-server: one page publishes, others watch.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Chromium } from './lib/chromium.mjs';
import { median, Stage, watchOnce } from './lib/rooms.mjs';
import { sharedChromium } from './lib/shared.mjs';

const watches = 7;
const longestMedian = 1000; // milliseconds; the bar itself is that of bench/browser, on a machine that does nothing else

describe('kms-server and Chromium, alone', () => {
  const shared = sharedChromium();

  test('from the offer to the first decoded picture', async (t) => {
    const stage = await Stage.of(t, shared.browser);
    const viewer = await stage.page();
    const rounds = [];
    for (let round = 0; round < watches; ++round) rounds.push(await watchOnce(viewer, 'hall'));

    const times = rounds.map((steps) => steps['first frame']);
    t.diagnostic(`median ${Math.round(median(times))} ms of ${times.map(Math.round).join(' ')}`);
    assert.ok(median(times) < longestMedian, `${times}`);
  });
});

// At once: the last of them waits, most of its time.
describe('kms-server and Chromium', { concurrency: true }, () => {
  const shared = sharedChromium();

  test('a second page sees a moving picture of the right size and hears the sound', async (t) => {
    const stage = await Stage.of(t, shared.browser);
    const viewer = await stage.page();
    const seen = await viewer.run(async () => {
      const me = new Participant();
      await me.watch('hall');
      const size = await me.firstFrame;
      const before = await until('a picture that is not black', () => {
        const now = me.pixels(); // the first one may not be painted yet
        return now.filter((value) => value > 64).length > now.length / 10 && now;
      });
      const video = await until('40 pictures', async () => {
        const now = await me.rtp('inbound-rtp', 'video');
        return now.framesDecoded >= 40 && now;
      });
      const audio = await until('sound', async () => {
        const now = await me.rtp('inbound-rtp', 'audio');
        return now.packetsReceived > 50 && now.totalAudioEnergy > 0 && now;
      });
      await until('another picture', () => me.pixels().some((value, at) => value !== before[at]));
      return { size, video, audio };
    });

    assert.deepEqual(seen.size, { width: 640, height: 480 });
    assert.deepEqual([seen.video.frameWidth, seen.video.frameHeight], [640, 480]);
    assert.ok(seen.audio.audioLevel !== undefined);
  });

  test('a page that closes its connection is noticed at once', async (t) => {
    const { server, viewer } = await withViewer(t);

    await viewer.run(() => me.peer.close());

    await server.logged(['viewer', 'closed', 'PEER_CLOSED']); // of one that says nothing there is another word
  });

  test('a page that is closed, and says so, is noticed at once', async (t) => {
    const { server, viewer } = await withViewer(t);
    await viewer.run(() => addEventListener('pagehide', () => me.peer.close()));

    await viewer.close();

    await server.logged(['viewer', 'closed', 'PEER_CLOSED']); // of one that says nothing there is another word
  });

  test('a browser that is killed is noticed within 10 s', async (t) => {
    const other = await Chromium.start(t);
    const { server } = await withViewer(t, other);

    const began = Date.now();
    await other.kill();

    await server.logged(['viewer', 'disconnected'], { seconds: 30 });
    const passed = Date.now() - began;
    t.diagnostic(`noticed after ${passed} ms`);
    assert.ok(passed <= 12_000, `noticed after ${passed} ms`); // the 10 s are proven where time is given; a machine may pause
  });

  async function withViewer(t, other = shared.browser) {
    const stage = await Stage.of(t, shared.browser);
    return { server: stage.server, viewer: await stage.viewer(other) };
  }
});
