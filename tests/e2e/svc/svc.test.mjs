// SPDX-License-Identifier: Apache-2.0
// Temporal and spatial layers as Chromium sends them: what its viewer sees while the application bounds them.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { pictureStage } from '../lib/pictures.mjs';

// Runs in the page.
function pictures() {
  const only = (transceiver, codec, of) =>
    transceiver.setCodecPreferences(of.getCapabilities('video').codecs.filter(({ mimeType }) => mimeType === codec || mimeType === 'video/rtx'));

  globalThis.offerToSend = async (codec, encoding, size) => {
    const media = await navigator.mediaDevices.getUserMedia({ video: { ...size, frameRate: 20 } });
    const transceiver = peer.addTransceiver(media.getVideoTracks()[0], { direction: 'sendonly', sendEncodings: [encoding] });
    only(transceiver, codec, RTCRtpSender);
    await transceiver.sender.setParameters({ ...transceiver.sender.getParameters(), degradationPreference: 'maintain-resolution' });
    return offer();
  };

  globalThis.offerToSee = async (codec) => {
    view();
    only(peer.addTransceiver('video', { direction: 'recvonly' }), codec, RTCRtpReceiver);
    return offer();
  };

  // Chromium looks for room beginning with 300 kbit/s, and sends all spatial layers only where there is more.
  globalThis.accept = (sdp) => peer.setRemoteDescription({ type: 'answer', sdp: sdp.replace(/^(a=fmtp:\d+ (?!apt=).*)$/gm, '$1;x-google-start-bitrate=2000') });

  globalThis.encoded = async () => (await statistics('outbound-rtp'))[0].framesEncoded;
}

const stage = pictureStage(pictures);

// A page that sees what comes from an element.
async function see(t, session, from, codec) {
  const { page, endpoint } = await stage.join(t, session);
  await from.connect(endpoint, { kind: 'video' });
  const { answer } = await endpoint.processOffer({ offer: await page.run((mime) => offerToSee(mime), codec) });
  await page.run((sdp) => accept(sdp), answer);
  await page.run(() => until('pictures', async () => (await seen()).framesDecoded > 20, 40));
  return { page, endpoint };
}

// A page that sends, and one that sees it.
async function show(t, codec, encoding, size) {
  const session = await stage.session(t);
  const { page: publisher, endpoint: source } = await stage.join(t, session);
  const { answer } = await source.processOffer({ offer: await publisher.run((...all) => offerToSend(...all), codec, encoding, size) });
  await publisher.run((sdp) => accept(sdp), answer);
  const { page, endpoint } = await see(t, session, source, codec);
  return { page, publisher, bound: (layers) => endpoint.setPreferredLayers(layers), numbers: () => endpoint.getRtcStats(), source, session };
}

const statsOf = (page) => page.run(() => seen());
// What part of the next pictures that the publisher encodes, however many it makes a second, the page decodes.
async function partOf(publisher, page, pictures = 100) {
  const before = await counts(publisher, page);
  await publisher.run((least) => until('pictures', async () => (await encoded()) >= least), before.made + pictures);
  const after = await counts(publisher, page);
  return (after.decoded - before.decoded) / (after.made - before.made);
}
// What one has encoded and the other decoded at the same time, or nearly: the best of some looks.
async function counts(publisher, page) {
  const decoded = async () => (await statsOf(page)).framesDecoded;
  let best = { between: Infinity };
  for (let look = 0; look < 10 && best.between > 1; ++look) {
    const [before, made, after] = [await decoded(), await publisher.run(() => encoded()), await decoded()];
    if (after - before < best.between) best = { between: after - before, made, decoded: after };
  }
  return best;
}
const sentLayers = async (numbers) => {
  const { spatialLayer, temporalLayer } = (await numbers()).outboundRtp.find(({ kind }) => kind === 'video');
  return { spatialLayer, temporalLayer };
};

async function eventually(what, holds) {
  for (const end = Date.now() + 30_000; ;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within 30 s: ${what}`);
    await new Promise(setImmediate);
  }
}

test('of VP8 with temporal layers a viewer sees a quarter or a half of the pictures, without asking for anything', async (t) => {
  const { page, publisher, bound, numbers } = await show(t, 'video/VP8', { scalabilityMode: 'L1T3', maxBitrate: 500_000 }, { width: 640, height: 480 });
  await eventually('all three layers', async () => (await sentLayers(numbers)).temporalLayer === 2);
  const before = await statsOf(page);

  const parts = [];
  for (const maximumTemporalLayer of [0, 1, undefined]) {
    await bound({ ...(maximumTemporalLayer !== undefined && { maximumTemporalLayer }) });
    await eventually('what was asked for', async () => (await sentLayers(numbers)).temporalLayer === (maximumTemporalLayer ?? 2));
    parts.push(await partOf(publisher, page));
  }

  const after = await statsOf(page);
  t.diagnostic(`parts of the pictures: ${parts.map((part) => part.toFixed(2)).join(', ')}; freezes ${after.freezeCount - before.freezeCount}`);
  assert.ok(parts[0] > 0.15 && parts[0] < 0.35, `${parts}`);
  assert.ok(parts[1] > 0.35 && parts[1] < 0.65, `${parts}`);
  assert.ok(parts[2] > 0.75, `${parts}`);
  assert.deepEqual([after.pliCount, after.nackCount, after.keyFramesDecoded], [before.pliCount, before.nackCount, before.keyFramesDecoded]);
});

test('of VP9 SVC a viewer sees the spatial layer that it is bounded to', async (t) => {
  const { page, publisher, bound, numbers, source } = await show(t, 'video/VP9', { scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }, { width: 960, height: 540 });
  await page.run(() => isWide(960));
  const inbound = (await source.getRtcStats()).inboundRtp.find(({ kind }) => kind === 'video');
  assert.deepEqual([inbound.spatialLayers, inbound.temporalLayers], [3, 3]);
  const before = await statsOf(page);

  await bound({ maximumLayer: 0 });
  await page.run(() => isWide(240));
  const small = await statsOf(page);
  assert.equal(small.keyFramesDecoded, before.keyFramesDecoded, 'it went down without a key frame');
  const often = await partOf(publisher, page, 300); // each layer of a picture counts
  await bound({ maximumLayer: 0, maximumTemporalLayer: 0 });
  await eventually('the base', async () => (await sentLayers(numbers)).temporalLayer === 0);
  const seldom = await partOf(publisher, page, 300);

  await bound({ preferredLayer: 1 });
  await page.run(() => isWide(480));
  await bound({});
  await page.run(() => isWide(960));
  const after = await statsOf(page);
  t.diagnostic(`small ones of ${often.toFixed(2)} of the pictures, then of ${seldom.toFixed(2)}; freezes ${after.freezeCount - before.freezeCount}`);
  assert.ok(seldom > often * 0.15 && seldom < often * 0.4, `${often} ${seldom}`);
  assert.equal(after.pliCount, before.pliCount, 'the viewer never had to ask');
});

// libvpx decodes all layers of a picture and gives the largest.
test('of VP9 SVC a filter and a recording get whole pictures', async (t) => {
  const { page, source, session } = await show(t, 'video/VP9', { scalabilityMode: 'L3T3_KEY', maxBitrate: 1_500_000 }, { width: 960, height: 540 });
  await page.run(() => isWide(960));
  const file = path.join(stage.samples.recordings, 'layers.webm');
  const recorder = await session.create('RecorderEndpoint', { uri: pathToFileURL(file).href, autostart: true });
  await source.connect(recorder, { kind: 'video' });
  const filter = await session.create('GStreamerFilter', { bin: 'videobalance saturation=0' });
  await source.connect(filter, { kind: 'video' });

  const { page: filtered } = await see(t, session, filter, 'video/VP8');
  await filtered.run(() => isWide(960));
  await recorder.stop();

  const player = await session.create('PlayerEndpoint', { uri: pathToFileURL(file).href, loop: true, autoplay: true });
  const grey = await session.create('GStreamerFilter', { bin: 'videobalance saturation=0' });
  await player.connect(grey, { kind: 'video' });
  const { page: played } = await see(t, session, grey, 'video/VP8');
  await played.run(() => isWide(960));
});
