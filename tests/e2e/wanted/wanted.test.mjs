// SPDX-License-Identifier: Apache-2.0
// A page that sends what somebody wants of its pictures: its application hands on what kms tells, and kms-client.js sets the
// encodings. What a viewer sees meanwhile.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pictureStage } from '../lib/pictures.mjs';

// Runs in the page.
async function pictures() {
  const { sendWanted } = await import('/kms-client.js');

  globalThis.offerToSend = async (sendEncodings) => {
    const media = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, frameRate: 20 } });
    const { sender } = peer.addTransceiver(media.getVideoTracks()[0], { direction: 'sendonly', ...(sendEncodings && { sendEncodings }) });
    await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' }); // also on a busy machine
    return offer();
  };
  globalThis.offerToSee = async () => {
    globalThis.longest = 0; // milliseconds, awake, from one picture to the next
    const screen = view();
    const note = (last) => screen.requestVideoFrameCallback(() => {
      const now = awake();
      if (last !== undefined) longest = Math.max(longest, now - last);
      note(now);
    });
    note();
    peer.addTransceiver('video', { direction: 'recvonly' });
    return offer();
  };
  globalThis.accept = (sdp) => peer.setRemoteDescription({ type: 'answer', sdp });
  globalThis.told = (track) => sendWanted(peer, track);

  // {rid: {active, frames, bytes, at}}, the last in milliseconds
  globalThis.sent = async () =>
    Object.fromEntries((await statistics('outbound-rtp')).map((each) => [each.rid ?? '', { active: each.active, frames: each.framesEncoded ?? 0, bytes: each.bytesSent, at: each.timestamp }]));

  // Until these are not active and have sent nothing for a second, in which all others went on.
  globalThis.standStill = async (rids) => {
    let [before, now] = [await sent()];
    await until(`${rids} stand still`, async () => {
      now = await sent();
      const isRight = (rid) => before[rid] && (rids.includes(rid) ? !now[rid].active && now[rid].bytes === before[rid].bytes : now[rid].active);
      before = Object.keys(now).every(isRight) ? before : now;
      return Object.keys(now).every((rid) => now[rid].at - before[rid].at > 1000 && (rids.includes(rid) || now[rid].bytes > before[rid].bytes));
    }).catch(({ message }) => Promise.reject(new Error(`${message}, but ${JSON.stringify([before, now])}`)));
  };
}

// A page that sends, whose application hands on to it what is told of its endpoint; until it has sent.
async function publish(stage, t, session, encodings) {
  const { page, endpoint } = await stage.join(t, session);
  const told = [];
  const events = session.events();
  (async () => {
    for await (const { type, elementId, data } of events) {
      if (type !== 'EncodingsWanted' || elementId !== endpoint.id) continue;
      told.push(data.encodings.map(({ rid, wanted }) => `${rid}${wanted ? '+' : '-'}`).join(' '));
      await page.run((track) => globalThis.told(track), data);
    }
  })().catch(() => {}); // the page or the session has ended
  const { answer } = await endpoint.processOffer({ offer: await page.run((all) => offerToSend(all), encodings) });
  await page.run((sdp) => accept(sdp), answer);
  await page.run(() => until('pictures', async () => Object.values(await sent()).some(({ frames }) => frames > 5)));
  return { page, endpoint, told };
}

async function see(stage, t, session, source, layers) {
  const { page, endpoint } = await stage.join(t, session);
  await endpoint.setPreferredLayers(layers);
  await source.connect(endpoint, { kind: 'video' });
  const { answer } = await endpoint.processOffer({ offer: await page.run(() => offerToSee()) });
  await page.run((sdp) => accept(sdp), answer);
  return { page, endpoint };
}

const twoSizes = [{ rid: 'l', scaleResolutionDownBy: 2, maxBitrate: 200_000 }, { rid: 'h', maxBitrate: 800_000 }];
const standing = (page, ...rids) => page.run((which) => standStill(which), rids);

// At once: they wait for kms to lose its patience with what nobody wants, most of the time.
describe('what somebody wants of pictures', { concurrency: true }, () => {
  const stage = pictureStage(pictures);

  test('an encoding is sent while somebody wants it', async (t) => {
    const room = await stage.session(t);
    const { page, endpoint, told } = await publish(stage, t, room, twoSizes);
    await standing(page, 'l', 'h'); // nobody is there

    const viewer = await see(stage, t, room, endpoint, { maximumLayer: 0 });
    await viewer.page.run(() => isWide(320));
    await standing(page, 'h');
    assert.deepEqual(told, ['l- h-', 'l+ h-'], 'it was not sent for a moment either');

    const began = performance.now();
    await viewer.endpoint.setPreferredLayers({});
    await viewer.page.run(() => isWide(640));
    t.diagnostic(`the large ones came after ${Math.round(performance.now() - began)} ms`);
    const before = await viewer.page.run(() => seen());
    await viewer.endpoint.setPreferredLayers({ maximumLayer: 0 });
    await viewer.page.run(() => isWide(320));
    await standing(page, 'h');
    await viewer.endpoint.setPreferredLayers({});
    await viewer.page.run(() => isWide(640));
    const after = await viewer.page.run(() => seen());
    t.diagnostic(`there and back: ${after.freezeCount - before.freezeCount} freezes, ${after.pliCount - before.pliCount} PLI of the viewer, ${after.packetsLost - before.packetsLost} packets lost`);
    assert.ok(after.pliCount - before.pliCount <= 2, 'what begins again is there with a key frame');

    await viewer.endpoint.delete();
    await standing(page, 'l', 'h');
    assert.equal(told.at(-1), 'l- h-');
  });

  test('who sees the small pictures goes on seeing them while the large ones come and go', async (t) => {
    const room = await stage.session(t);
    const { page, endpoint, told } = await publish(stage, t, room, twoSizes);
    await standing(page, 'l', 'h'); // both have come
    const modest = await see(stage, t, room, endpoint, { maximumLayer: 0 });
    await modest.page.run(() => isWide(320));
    await standing(page, 'h');
    await modest.page.run(() => (longest = 0));
    const before = await modest.page.run(() => seen());

    const began = performance.now();
    const other = await see(stage, t, room, endpoint, {});
    await other.page.run(() => isWide(640));
    const took = performance.now() - began;
    await other.endpoint.setPreferredLayers({ paused: true });
    await standing(page, 'h');

    const after = await modest.page.run(() => seen());
    const longest = await modest.page.run(() => globalThis.longest);
    t.diagnostic(`${Math.round(longest)} ms without a picture at most, ${after.keyFramesDecoded - before.keyFramesDecoded} key frames; the large ones came ${Math.round(took)} ms after the other page was opened`);
    assert.deepEqual(told, ['l- h-', 'l+ h-', 'l+ h+', 'l+ h-']);
    assert.ok(longest < 1000, `${longest} ms`);
    assert.equal(after.pliCount, before.pliCount);
  });

  test('a track of one encoding is sent while somebody takes it', async (t) => {
    const room = await stage.session(t);
    const { page, endpoint, told } = await publish(stage, t, room);
    await standing(page, '');

    const viewer = await see(stage, t, room, endpoint, {});
    await viewer.page.run(() => isWide(640));
    assert.deepEqual(told, ['-', '+']);
    await viewer.endpoint.setPreferredLayers({ paused: true });
    await standing(page, '');
    const before = await viewer.page.run(() => seen());
    await viewer.endpoint.setPreferredLayers({});
    await viewer.page.run((frames) => until('pictures again', async () => (await seen()).framesDecoded > frames + 20), before.framesDecoded);

    const filter = await room.create('GStreamerFilter', { bin: 'videobalance saturation=0' });
    await viewer.endpoint.delete();
    await standing(page, '');
    await endpoint.connect(filter, { kind: 'video' });
    const filtered = await see(stage, t, room, filter, {});
    await filtered.page.run(() => isWide(640));
  });
});
