#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The magic mirror in a real Chromium, with kms-server of build/release (or KMS_BUILD):
//
//   bench/mirror/run.mjs [visits, default 11] [seconds of flashes and beeps, default 20]
//
// Prints figures and exits with 1 when one is over its bar.
import { Chromium } from '../../tests/e2e/lib/chromium.mjs';
import { median } from '../../tests/e2e/lib/rooms.mjs';
import { cameraFiles, Samples } from '../../tests/e2e/lib/samples.mjs';

const bars = { start: 300, sync: 40 }; // milliseconds
const settle = 6; // seconds until the browser has brought picture and sound together
const [visits, seconds] = [Number(process.argv[2] ?? 11), Number(process.argv[3] ?? 20)];

// From before the offer to the first decoded picture, with the camera on and the session there.
const startOnce = (page) => page.run(async () => {
  const { connectPeer, Visit } = await import('/kms-client.js');
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480, frameRate: 30 } });
  const visit = await Visit.open('magic-mirror');
  const view = document.getElementById('view');
  const first = new Promise((resolve) => view.requestVideoFrameCallback(resolve));
  const began = performance.now();
  const peer = await connectPeer(visit, { stream, view });
  const answered = performance.now() - began;
  await first;
  const shown = performance.now() - began;
  peer.close();
  visit.close();
  stream.getTracks().forEach((track) => track.stop());
  view.srcObject = null;
  return { answered, shown };
});

const syncInMirror = (page) => page.run(async (options) => {
  press('start');
  await inState('live');
  return syncOf(document.getElementById('view'), options);
}, { settle, wanted: seconds });

// What the browser itself, and this way to measure, put between picture and sound: two connections within the page.
const syncInBrowser = (page) => page.run(async (options) => {
  const peers = [new RTCPeerConnection(), new RTCPeerConnection()];
  peers.forEach((peer, at) => (peer.onicecandidate = ({ candidate }) => peers[1 - at].addIceCandidate(candidate ?? undefined)));
  const view = document.getElementById('view');
  peers[1].ontrack = ({ streams }) => (view.srcObject = streams[0]);
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480, frameRate: 30 } });
  for (const track of stream.getTracks()) peers[0].addTrack(track, stream);
  await peers[0].setLocalDescription();
  await peers[1].setRemoteDescription(peers[0].localDescription);
  await peers[1].setLocalDescription();
  await peers[0].setRemoteDescription(peers[1].localDescription);
  return syncOf(view, options);
}, { settle, wanted: seconds });

const inWords = ({ picture, sound, offset }) =>
  `picture ${picture.toFixed(0)} ms, sound ${sound.toFixed(0)} ms after the camera: the picture is ${Math.abs(offset).toFixed(0)} ms ${offset < 0 ? 'early' : 'late'}`;

async function onPage(samples, browser, work) {
  const page = await samples.page(browser, 'magic-mirror');
  try {
    return await work(page);
  } finally {
    await page.close();
  }
}

async function measure(samples, browser) {
  const rounds = await onPage(samples, browser, async (page) => {
    const all = [];
    for (let visit = 0; visit < visits; ++visit) all.push(await startOnce(page));
    return all;
  });
  const [answered, shown] = ['answered', 'shown'].map((step) => rounds.map((times) => times[step]));
  const start = median(shown);
  console.log(`offer to answer          median ${median(answered).toFixed(0)} ms`);
  console.log(`offer to first picture   median ${start.toFixed(0)} ms, worst ${Math.max(...shown).toFixed(0)} ms, ${visits} visits, bar ${bars.start} ms`);

  const own = await onPage(samples, browser, syncInBrowser);
  console.log(`the browser alone        ${inWords(own)}`);
  const mirror = await onPage(samples, browser, syncInMirror);
  console.log(`through the mirror       ${inWords(mirror)}`);
  const added = mirror.offset - own.offset;
  console.log(`of that by the mirror    ${added.toFixed(0)} ms, bar ${bars.sync} ms`);
  return start <= bars.start && Math.abs(added) <= bars.sync;
}

const ends = [];
const owner = { after: (end) => ends.unshift(end) };
try {
  const samples = await Samples.start(owner);
  const browser = await Chromium.start(owner, { camera: await cameraFiles() });
  process.exitCode = (await measure(samples, browser)) ? 0 : 1;
} finally {
  for (const end of ends) await end();
}
