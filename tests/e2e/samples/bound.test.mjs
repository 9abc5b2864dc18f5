// SPDX-License-Identifier: Apache-2.0
// A page's own connection with an endpoint that bounds what it wants to get.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../../client-samples/node/lib/index.js';
import { Chromium } from '../lib/chromium.mjs';
import { Server } from '../lib/server.mjs';

const bound = 150_000; // bits per second
const settles = 6; // seconds
const looks = 4;
const tries = 8;

// Bits per second that leave the page, over so many seconds: pictures with all that carries them.
async function leaves(page, seconds) {
  return page.run(async (length) => {
    const sum = async () => [...(await me.peer.getStats()).values()].find((each) => each.type === 'transport').bytesSent;
    const [begin, before] = [performance.now(), await sum()];
    await until('the end', () => performance.now() >= begin + 1000 * length, length + 5);
    return (8000 * ((await sum()) - before)) / (performance.now() - begin);
  }, seconds);
}

// Pictures only, of one page with one endpoint.
async function publish(t, browser, server, options) {
  const client = await connect(server.grpc);
  t.after(() => client.close());
  const session = await client.createSession({ lease: 60 });
  t.after(() => session.close());
  const endpoint = await session.create('WebRtcEndpoint', options);
  const page = await browser.open(`${server.url}/healthz`);
  const offer = await page.run(async () => {
    globalThis.me = new Participant();
    const media = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 } });
    me.peer.addTransceiver(media.getTracks()[0], { direction: 'sendonly', streams: [media] });
    await me.peer.setLocalDescription();
    return me.peer.localDescription.sdp;
  });
  const { answer } = await endpoint.processOffer({ offer });
  await page.run(async (sdp) => {
    await me.peer.setRemoteDescription({ type: 'answer', sdp });
    await until('media leaves', async () => (await me.rtp('outbound-rtp', 'video')).framesSent > 10);
  }, answer);
  return page;
}

test('a browser stays under max_receive_bps', async (t) => {
  const ends = [];
  t.after(async () => {
    for (const end of ends) await end();
  });
  const owner = { after: (end) => ends.unshift(end) };
  const server = await Server.kms(owner);
  const browser = await Chromium.start(owner);
  const [bounded, free] = [await publish(owner, browser, server, { maxReceiveBps: bound }), await publish(owner, browser, server, {})];
  await leaves(bounded, settles);
  let [rate, unbounded] = await Promise.all([leaves(bounded, looks), leaves(free, looks)]);
  await bounded.close();
  for (let i = 0; i < tries && unbounded <= 1.5 * bound; ++i) unbounded = await leaves(free, looks); // a busy browser takes its time

  t.diagnostic(`${Math.round(rate / 1000)} kbit/s with a bound of ${bound / 1000}, ${Math.round(unbounded / 1000)} without`);
  assert.ok(rate > bound / 3, 'it does send');
  assert.ok(rate <= bound, `${rate} bit/s`);
  assert.ok(unbounded > 1.5 * bound, `without a bound no more than ${unbounded} bit/s either`);
});
