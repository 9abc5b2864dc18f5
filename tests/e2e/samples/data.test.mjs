// SPDX-License-Identifier: Apache-2.0
// Data channels in a real Chromium: what the server says over one, what the page says, and how much of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { cameraFiles, face, Samples } from '../lib/samples.mjs';

const owned = [];
const suite = { after: (end) => owned.unshift(end) };
let samples, browser;
before(async () => {
  samples = await Samples.start(suite);
  browser = await Chromium.start(suite, { camera: await cameraFiles() });
});
after(async () => {
  for (const end of owned) await end();
});

async function live(t, name) {
  const page = await samples.page(browser, name);
  t.after(() => page.close());
  await page.run(async () => {
    press('start');
    await inState('live');
    globalThis.view = document.getElementById('view');
    await moves(view);
  });
  return page;
}

test('the server says where the face is, and the page draws it there', async (t) => {
  const page = await live(t, 'send-data');

  await page.run(async (face) => {
    const box = () => {
      const [all, one] = [document.getElementById('faces').getBoundingClientRect(), document.querySelector('.face')?.getBoundingClientRect()];
      return one ? [(one.x - all.x) / all.width, (one.y - all.y) / all.height, one.width / all.width, one.height / all.height] : [0, 0, 0, 0];
    };
    await until('a box at the face', () => overlap(box(), face) > 0.5, 20);
    if (greenBox(view)) throw new Error('the server has drawn it, too');
  }, face);
});

test('what the page says is written over its picture', async (t) => {
  const page = await live(t, 'show-data');

  await page.run(async () => {
    const where = [0.2, 0.8, 0.6, 0.15];
    const say = (words) => {
      document.getElementById('words').value = words;
      document.getElementById('say').requestSubmit();
    };
    await moves(view, 15); // until the picture is as sharp as it gets
    const bare = detail(view, where);
    say('MMMMMMMM');
    await until('the answer', () => document.getElementById('shown').textContent === 'Shown: MMMMMMMM');
    await until(`letters in the picture, where there was ${bare}`, () => detail(view, where) > bare + 5);
    say('');
    await until('no letters any more', () => detail(view, where) < bare + 3);
  });
});

// A connection of a page with an endpoint that is its own, with a channel "data" that gives back what comes.
async function echo(t, init = {}) {
  const page = await browser.open(`${samples.url}index.html`);
  t.after(() => page.close());
  const session = await samples.client.createSession({ lease: 60 });
  t.after(() => session.close());
  const endpoint = await session.create('WebRtcEndpoint');
  await endpoint.connect(endpoint, { kind: 'data' });
  const offer = await page.run(async (options) => {
    globalThis.peer = new RTCPeerConnection();
    globalThis.channel = peer.createDataChannel('data', options);
    channel.binaryType = 'arraybuffer';
    globalThis.got = [];
    channel.onmessage = ({ data }) => got.push(data);
    await peer.setLocalDescription();
    return peer.localDescription.sdp;
  }, init);
  const { answer } = await endpoint.processOffer({ offer });
  await page.run(async (sdp) => {
    await peer.setRemoteDescription({ type: 'answer', sdp });
    await until('an open channel', () => channel.readyState === 'open');
  }, answer);
  return { page, endpoint };
}

test('messages of every size and kind come back as they were', async (t) => {
  const { page, endpoint } = await echo(t);

  const kinds = await page.run(async () => {
    const large = new Uint8Array(256 * 1024).map((byte, at) => at % 251);
    for (const message of ['grüß 😀', '', new Uint8Array(), new Uint8Array([1, 2, 3]), large]) channel.send(message);
    await until('all of it', () => got.length === 5);
    if (!new Uint8Array(got[4]).every((byte, at) => byte === at % 251)) throw new Error('the large one is another');
    return got.map((data) => (typeof data === 'string' ? data : `${data.byteLength} bytes`));
  });

  assert.deepEqual(kinds, ['grüß 😀', '', '0 bytes', '3 bytes', `${256 * 1024} bytes`]);
  const { dataChannels, sctpTransport } = await endpoint.getRtcStats();
  assert.deepEqual([dataChannels[0].messagesReceived, dataChannels[0].messagesSent], [5, 5]);
  assert.equal(sctpTransport.state, 'connected');
});

test('many small messages and large ones go there and back', async (t) => {
  const { page } = await echo(t);

  const [perSecond, bitsPerSecond] = await page.run(async () => {
    const through = async (count, size) => {
      const [began, message, before] = [performance.now(), new Uint8Array(size), got.length];
      for (let sent = 0; sent < count; ++sent) {
        // What waits is bounded at both ends: the echo drops what finds no room.
        await until('room', () => sent - (got.length - before) < 500 && channel.bufferedAmount < 256 * 1024);
        channel.send(message);
      }
      await until('the last of it', () => got.length === before + count, 20);
      return (1000 * count) / (performance.now() - began);
    };
    return [await through(10_000, 100), 8 * 16_384 * await through(1000, 16_384)];
  });

  t.diagnostic(`${perSecond.toFixed(0)} messages of 100 bytes and ${(bitsPerSecond / 1e6).toFixed(0)} Mbit/s of 16 KiB, there and back`);
  assert.ok(perSecond > 2000, `${perSecond} messages`);
  assert.ok(bitsPerSecond > 20e6, `${bitsPerSecond} bits`);
});

test('what the application sends comes out, on a channel of its own', async (t) => {
  const { page, endpoint } = await echo(t);
  await page.run(() => {
    globalThis.theirs = new Promise((resolve) => (peer.ondatachannel = ({ channel: opened }) => {
      opened.onmessage = ({ data }) => resolve([opened.label, opened.ordered, opened.maxRetransmits, data]);
    }));
  });

  const { channel } = await endpoint.createDataChannel({ label: 'news', unordered: true, maxRetransmits: 2 });
  await endpoint.sendData({ channel: channel.number, text: 'hello' });

  assert.deepEqual(await page.run(() => theirs), ['news', false, 2, 'hello']);
  await endpoint.closeDataChannel({ channel: channel.number });
});
