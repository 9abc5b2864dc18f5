// SPDX-License-Identifier: Apache-2.0
// What Chromium does against loss on its own: sound that repeats itself (RED), FEC inside of Opus, FEC of pictures.
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { connect } from '../../client-samples/node/lib/index.js';
import { run } from '../../client-samples/node/test/server/probe.mjs';
import { probe } from './lib/recordings.mjs';
import { Server } from './lib/server.mjs';
import { sharedChromium } from './lib/shared.mjs';

const recorded = 3; // seconds
const leastLoudness = -45; // dB, of a beep now and then

describe('redundant sound and FEC', () => {
  const shared = sharedChromium();

  const open = async (t, server) => {
    const page = await shared.browser.open(`${server.url}/healthz`);
    t.after(() => page.close().catch(() => {})); // it may be gone
    return page;
  };
  const watch = async (t, server, mangle) => {
    const viewer = await open(t, server);
    await viewer.run(async (name) => {
      globalThis.me = new Participant();
      await me.watch('hall', { mangle: mangles[name] });
      await me.firstFrame;
    }, mangle);
    return viewer;
  };
  // A repeated block is a packet that is discarded, since the one that it repeats has come.
  const hears = (viewer, needsRed) =>
    viewer.run(async (red) => {
      return until('sound', async () => {
        const now = await me.rtp('inbound-rtp', 'audio');
        const isWhole = now.concealedSamples < 0.2 * now.totalSamplesReceived; // in the end, should the machine stop for a moment
        return now.packetsReceived > 150 && now.totalAudioEnergy > 0 && isWhole && (!red || now.packetsDiscarded > 50) && now;
      });
    }, needsRed);

  test('a browser that prefers RED sends it, one that takes it gets it, all others and a recorder hear the sound', async (t) => {
    let folder;
    const server = await Server.kms(t, (own) => `files:\n  write: ["${(folder = own)}"]\n`);
    const publisher = await open(t, server);
    const said = await publisher.run(async () => {
      globalThis.me = new Participant();
      await me.publish('hall', { sound: 'audio/red' });
      return me.peer.remoteDescription.sdp;
    });
    await server.logged(['publisher', 'connected']);
    const client = await connect(server.grpc);
    t.after(() => client.close());
    const hall = await client.session('hall');
    const file = path.join(folder, 'red.webm');
    const recorder = await hall.create('RecorderEndpoint', { uri: pathToFileURL(file).href, autostart: true });
    await (await hall.element('stage')).connect(recorder);

    const [taker, other] = [await watch(t, server), await watch(t, server, 'noRed')];
    const [red, plain] = [await hears(taker, true), await hears(other, false)];

    const [, first] = /^m=audio \d+ \S+ (\d+)/m.exec(said);
    assert.match(said, new RegExp(`^a=rtpmap:${first} red/48000/2`, 'm'), 'RED comes first where the browser prefers it');
    assert.ok(plain.packetsDiscarded < 20, `${plain.packetsDiscarded} packets came twice to one who does not take RED`);
    await taker.run((seconds) => until('time to record', () => performance.now() > me.began + 1000 * seconds, 30), recorded);
    await recorder.stop();
    const { audio } = await probe(file);
    assert.ok(audio.frames > 40 * recorded, `${audio.frames} frames of sound`);
    const { stderr } = await run('ffmpeg', ['-nostdin', '-i', file, '-vn', '-af', 'volumedetect', '-f', 'null', '-']);
    const [, loudness] = /mean_volume: (\S+) dB/.exec(stderr);
    t.diagnostic(`${red.packetsDiscarded} repeated beside ${red.packetsReceived} packets; recorded at ${loudness} dB`);
    assert.ok(Number(loudness) > leastLoudness, `${loudness} dB`);
  });

  test('FEC of pictures is refused, and in-band FEC of Opus is agreed on', async (t) => {
    const server = await Server.kms(t);
    const publisher = await open(t, server);
    const { offered, answered } = await publisher.run(async () => {
      globalThis.me = new Participant();
      await me.publish('hall', { mangle: mangles.flexFec });
      await until('pictures leave', async () => (await me.rtp('outbound-rtp', 'video')).framesSent > 10);
      return { offered: me.peer.localDescription.sdp, answered: me.peer.remoteDescription.sdp };
    });
    assert.match(offered, /ulpfec\/90000/, 'otherwise nothing is refused');
    assert.doesNotMatch(answered, /(ulpfec|flexfec-03|red)\/90000/);
    assert.match(answered, /useinbandfec=1/);

    const viewer = await watch(t, server);
    const seen = await viewer.run(() => until('pictures', async () => {
      const now = await me.rtp('inbound-rtp', 'video');
      return now.framesDecoded > 20 && now;
    }));
    assert.deepEqual([seen.frameWidth, seen.frameHeight], [640, 480]);
  });
});
