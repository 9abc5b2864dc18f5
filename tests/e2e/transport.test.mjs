// SPDX-License-Identifier: Apache-2.0
// Other ways of sending than UDP and one encoding, with a real Chromium.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Chromium } from './lib/chromium.mjs';
import { Server } from './lib/server.mjs';
import { wholeSuite } from './lib/shared.mjs';

const takeovers = Number(process.env.KMS_TAKEOVERS ?? 2);
const longestPause = 2000; // milliseconds between two pictures

describe('kms-server and Chromium', () => {
  const suite = wholeSuite();
  let server, publisher, viewer;
  before(async () => {
    server = await Server.kms(suite);
    const browser = await Chromium.start(suite);
    [publisher, viewer] = [await browser.open(`${server.url}/healthz`), await browser.open(`${server.url}/healthz`)];
  });

  test('publish and watch over TCP where UDP is blocked', async () => {
    await publisher.run(async () => {
      globalThis.me = new Participant();
      await me.publish('tcp', { mangle: mangles.onlyTcp });
    });
    await server.logged(['tcp', 'publisher', 'connected']);
    await viewer.run(async () => {
      globalThis.me = new Participant();
      await me.watch('tcp', { mangle: mangles.onlyTcp });
    });

    const seen = await viewer.run(async () => {
      const video = await until('pictures', async () => {
        const now = await me.rtp('inbound-rtp', 'video');
        return now.framesDecoded > 20 && now;
      });
      const all = [...(await me.peer.getStats()).values()];
      const pair = all.find((each) => each.type === 'candidate-pair' && each.nominated);
      const remote = all.find((each) => each.id === pair.remoteCandidateId);
      me.peer.close();
      return { video, protocol: remote.protocol };
    });
    assert.equal(seen.protocol, 'tcp');
    assert.deepEqual([seen.video.frameWidth, seen.video.frameHeight], [640, 480]);
    await publisher.run(() => me.peer.close());
  });

  // Layered VP8 counts its pictures from anywhere; the decoder of the viewer must not notice another publisher.
  test('the next publisher of a room takes over a line without a pause', async (t) => {
    const publishLayers = async (place) => {
      await publisher.run(async () => {
        globalThis.me = new Participant();
        await me.publish('relay', { encodings: [{ scalabilityMode: 'L1T3' }] });
      });
      await server.logged(['relay', 'publisher', 'connected'], { place });
    };
    await publishLayers(server.place);
    await viewer.run(async () => {
      globalThis.me = new Participant();
      await me.watch('relay');
      await me.firstFrame;
    });

    const pauses = [];
    for (let takeover = 0; takeover < takeovers; ++takeover) {
      const place = server.place;
      await publisher.run(() => me.leave());
      await publishLayers(place);
      pauses.push(await viewer.run(() => me.longestPause(40)));
    }
    t.diagnostic(`longest pauses ${pauses.map(Math.round).join(' ')} ms`);
    assert.ok(Math.max(...pauses) < longestPause, `${pauses}`);
    await publisher.run(() => me.leave());
    await viewer.run(() => me.leave());
  });

  test('a simulcast publisher: a viewer with a good line gets the largest encoding', async () => {
    await publisher.run(async () => {
      globalThis.me = new Participant();
      const encodings = [{ rid: 'l', scaleResolutionDownBy: 2 }, { rid: 'h', scaleResolutionDownBy: 1 }];
      await me.publish('layers', { encodings });
      await until('both encodings leave', async () => {
        const all = [...(await me.peer.getStats()).values()].filter((each) => each.type === 'outbound-rtp' && each.rid);
        return all.length === 2 && all.every((each) => each.framesSent > 0);
      });
    });
    await viewer.run(async () => {
      globalThis.me = new Participant();
      await me.watch('layers');
      await me.firstFrame;
      await until('the largest', async () => (await me.rtp('inbound-rtp', 'video')).frameWidth === 640);
    });
  });
});
