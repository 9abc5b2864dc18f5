// SPDX-License-Identifier: Apache-2.0
// The magic mirror on a lossy line: what comes is decoded, filtered and encoded, and goes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { throughRelay } from '../lib/relay.mjs';
import { cameraFiles, Samples } from '../lib/samples.mjs';

const seconds = 5;
const tries = 4; // a busy machine looks like a bad line

test('filtered pictures get through a line that loses 5 % each way', async (t) => {
  const samples = await Samples.start(t);
  const browser = await Chromium.start(t, { camera: await cameraFiles() });
  const page = await samples.page(browser, 'magic-mirror');
  const relay = await throughRelay(t, page, async () => {
    globalThis.peers = [];
    const { setLocalDescription } = RTCPeerConnection.prototype;
    RTCPeerConnection.prototype.setLocalDescription = function (...given) {
      peers.push(this);
      return setLocalDescription.apply(this, given);
    };
    press('start');
    await inState('live');
    await moves(document.getElementById('view'), 15);
  });
  await relay.weather('both', 'loss=0.05');

  const look = () => page.run(async (length) => {
    const me = Object.assign(Object.create(Participant.prototype), { peer: peers[0], view: document.getElementById('view') });
    const sent = () => me.rtp('outbound-rtp', 'video');
    const before = await sent();
    return { ...(await me.look(length)), sent: { before, after: await sent() } };
  }, seconds);
  const told = ({ before, after }, names) => names.map((name) => `${name} ${after[name] - before[name]}`).join(', ');
  const looks = [];
  const isEnough = () => looks.length > 0 && looks.filter(({ isGood }) => isGood).length * 2 >= looks.length;
  while (looks.length < tries && !isEnough()) {
    const { decoded, longest, ...seen } = await look();
    const made = seen.sent.after.framesSent - seen.sent.before.framesSent;
    t.diagnostic(`sent: ${told(seen.sent, ['packetsSent', 'retransmittedPacketsSent', 'nackCount', 'pliCount', 'keyFramesEncoded'])}`);
    t.diagnostic(`received: ${told(seen, ['packetsReceived', 'packetsLost', 'nackCount', 'pliCount', 'keyFramesDecoded', 'freezeCount'])}`);
    t.diagnostic(`${decoded} of ${made} pictures decoded, longest time without one ${Math.round(longest)} ms`);
    looks.push({ decoded, made, longest, isGood: decoded >= made * 0.9 && longest <= 500 });
  }

  const { up, down } = await relay.counts();
  assert.ok(up.lost > 0 && down.lost > 0, JSON.stringify({ up, down }));
  assert.ok(isEnough(), JSON.stringify(looks));
});
