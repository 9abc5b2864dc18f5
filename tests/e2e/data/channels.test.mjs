// SPDX-License-Identifier: Apache-2.0
// Data channels between a real Chromium and the application, and from page to page through the graph.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { DataChannels } from '../../../client-samples/node/lib/index.js';
import { DataStage } from '../lib/data.mjs';
import { throughRelay } from '../lib/relay.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const suite = wholeSuite();
let stage;
before(async () => {
  stage = await DataStage.start(suite);
});

const echoes = (endpoint) => endpoint.connect(endpoint, { kind: 'data' });
const large = 256 * 1024;

// Until `count` messages have come; the data of each channel by its label.
async function receive(channels, count) {
  const got = {};
  let left = count;
  for await (const { channel, data } of channels) {
    if (data === undefined) continue;
    (got[channel.label] ??= []).push(typeof data === 'string' ? data : data.length);
    left -= 1;
    if (left === 0) break;
  }
  return got;
}

async function until(what, holds) {
  for (const end = Date.now() + 40_000; ;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within 40 s: ${what}`);
    await new Promise(setImmediate);
  }
}

test('messages of every size and kind come back through the graph as they were', async (t) => {
  const at = await stage.page(t);
  const endpoint = await stage.join(at, 'a', [['data']], echoes);

  const kinds = await at.page.run(async (size) => {
    const { channel, got } = peers.a.channels.data;
    const most = new Uint8Array(size).map((byte, at) => at % 251);
    for (const message of ['grüß 😀', '', new Uint8Array(), new Uint8Array([1, 2, 3]), most]) channel.send(message);
    await heard('a', 'data', 5);
    if (!new Uint8Array(got[4]).every((byte, at) => byte === at % 251)) throw new Error('the large one is another');
    return got.map((data) => (typeof data === 'string' ? data : `${data.byteLength} bytes`));
  }, large);

  assert.deepEqual(kinds, ['grüß 😀', '', '0 bytes', '3 bytes', `${large} bytes`]);
  const { dataChannels, sctpTransport } = await endpoint.getRtcStats();
  assert.deepEqual([dataChannels[0].messagesReceived, dataChannels[0].messagesSent], [5, 5]);
  assert.equal(sctpTransport.state, 'connected');
});

test('texts, bytes, empty messages and 256 KiB go between page and application both ways', async (t) => {
  const at = await stage.page(t);
  let channels;
  await stage.join(at, 'a', [['data']], async (endpoint) => (channels = await DataChannels.of(endpoint)));
  await at.page.run((size) => {
    for (const message of ['text', '', new Uint8Array(), new Uint8Array([1, 2]), new Uint8Array(size)]) peers.a.channels.data.channel.send(message);
  }, large);
  assert.deepEqual(await receive(channels, 5), { data: ['text', '', 0, 2, large] });

  const [channel] = channels.all;
  for (const message of ['text', '', new Uint8Array(), new Uint8Array([1, 2]), new Uint8Array(large)]) await channel.send(message);
  await assert.rejects(channel.send(new Uint8Array(large + 1)), { reason: 'MESSAGE_TOO_LARGE' });

  const got = await at.page.run(async () => {
    await heard('a', 'data', 5);
    return peers.a.channels.data.got.map((data) => (typeof data === 'string' ? data : data.byteLength));
  });
  assert.deepEqual(got, ['text', '', 0, 2, large]);
  const refused = await at.page.run((size) => {
    try {
      return peers.a.channels.data.channel.send(new Uint8Array(size + 1));
    } catch (failure) {
      return failure.name;
    }
  }, large);
  assert.equal(refused, 'TypeError'); // by a=max-message-size
});

const promises = [
  { label: 'all of it', protocol: '', unordered: false },
  { label: 'ünordered', protocol: 'chat.1', unordered: true },
  { label: 'two more', protocol: 'game', unordered: true, maxRetransmits: 2 },
  { label: 'brief', protocol: '', unordered: false, maxPacketLifeTime: 150 },
];

test('labels, protocols and what channels promise are told both ways', async (t) => {
  const at = await stage.page(t);
  const init = ({ protocol, unordered, maxRetransmits, maxPacketLifeTime }) => ({ protocol, ordered: !unordered, maxRetransmits, maxPacketLifeTime });
  const endpoint = await stage.join(at, 'a', promises.map((each) => [each.label, init(each)]));
  const told = ({ label, protocol, unordered, maxRetransmits, maxPacketLifeTime }) =>
    JSON.parse(JSON.stringify({ label, protocol, unordered, maxRetransmits, maxPacketLifeTime }));

  const { channels } = await until('all channels', async () => {
    const list = await endpoint.listDataChannels();
    return list.channels.length === promises.length && list;
  });
  assert.deepEqual(channels.map(told), promises);
  assert.ok(channels.every(({ openedByPeer, state }) => openedByPeer && state === 'open'));

  for (const { label, ...rest } of promises) await endpoint.createDataChannel({ label: `our ${label}`, ...rest });
  const seen = await at.page.run(async (labels) => {
    await until('all channels', () => labels.every((label) => peers.a.channels[label]));
    return labels.map((label) => {
      const { protocol, ordered, maxRetransmits, maxPacketLifeTime } = peers.a.channels[label].channel;
      return { label, protocol, ordered, maxRetransmits, maxPacketLifeTime };
    });
  }, promises.map(({ label }) => `our ${label}`));
  assert.deepEqual(seen, promises.map(({ label, protocol, unordered, maxRetransmits = null, maxPacketLifeTime = null }) =>
    ({ label: `our ${label}`, protocol, ordered: !unordered, maxRetransmits, maxPacketLifeTime })));
});

// Through a line that loses a tenth, there and back: 400 messages of 1 kB, the nth begins with n.
async function across(t, channels) {
  const at = await stage.page(t);
  let relay;
  await stage.join(at, 'a', channels, echoes, async (accepted) => (relay = await throughRelay(t, at.page, accepted)));
  await relay.weather('both', 'loss=0.1,delay=5ms');
  return { ...at, relay };
}

test('what is reliable comes back whole and in order through a line that loses a tenth, what is limited is lost, and nothing comes twice', async (t) => {
  const { page, relay } = await across(t, [['all'], ['some', { ordered: false, maxRetransmits: 0 }]]);

  const got = await page.run(async () => {
    const { all, some } = peers.a.channels;
    for (let n = 0; n < 400; ++n) {
      for (const { channel } of [some, all]) channel.send(new Uint32Array(250).fill(n));
      if (n % 20 === 0) await until('room', () => all.channel.bufferedAmount < 10_000 && some.channel.bufferedAmount < 10_000);
    }
    await heard('a', 'all', 400, 60);
    return [all, some].map((entry) => entry.got.map((data) => new Uint32Array(data)[0]));
  });

  const { up, down } = await relay.counts();
  assert.ok(up.lost > 0 && down.lost > 0, JSON.stringify({ up, down }));
  assert.deepEqual(got[0], [...Array(400).keys()]);
  assert.equal(new Set(got[1]).size, got[1].length);
  assert.ok(got[1].length > 100 && got[1].length < 400, `${got[1].length} of 400`);
});

test('channels are closed by either side and opened again, under the same name', async (t) => {
  const at = await stage.page(t);
  let channels;
  await stage.join(at, 'a', [['stays']], async (endpoint) => (channels = await DataChannels.of(endpoint)));
  const story = [];
  const told = (async () => {
    for await (const { channel, data, state } of channels) {
      if (channel.label !== 'stays') story.push(`${channel.label} ${data ?? state}`);
    }
  })();
  for (let round = 0; round < 10; ++round) {
    await at.page.run(async () => {
      peers.a.open('theirs');
      await isOpen('a', 'theirs');
      peers.a.channels.theirs.channel.send('hello');
      peers.a.channels.theirs.channel.close();
      await until('its end', () => peers.a.channels.theirs.channel.readyState === 'closed');
    });
    const ours = await channels.create('ours');
    await ours.send('hello');
    // A browser gives its page no message of a channel that is closing already.
    await at.page.run((count) => heard('a', 'ours', count), round + 1);
    await ours.close();
    await at.page.run(() => until('its end', () => peers.a.channels.ours.channel.readyState === 'closed'));
  }
  const count = (line) => story.filter((each) => each === line).length;
  await until('the last of it', () => count('ours closed') === 10 && count('theirs closed') === 10);
  assert.equal(count('theirs hello'), 10);
  assert.deepEqual(channels.all.map(({ label }) => label), ['stays']);
  channels.cancel();
  await told;
});

test('three hundred channels carry their messages each', async (t) => {
  const at = await stage.page(t);
  const [theirs, ours] = ['theirs', 'ours'].map((whose) => Array.from({ length: 150 }, (_, n) => `${whose} ${n}`));
  const endpoint = await stage.join(at, 'a', theirs.map((label) => [label]), echoes);
  for (const label of ours) await endpoint.createDataChannel({ label });

  const wrong = await at.page.run(async (labels) => {
    const open = () => Object.values(peers.a.channels).filter(({ channel }) => channel.readyState === 'open');
    const missing = () => labels.map((label) => `${label}: ${peers.a.channels[label]?.channel.readyState ?? 'none'}`).filter((line) => !line.endsWith(': open'));
    await until('all of them', () => open().length === 300).catch(({ message }) => Promise.reject(new Error(`${message}, but ${missing()}`)));
    const channels = open();
    for (const { channel } of channels) channel.send(channel.label);
    await until('all answers', () => channels.every(({ count }) => count === 1));
    return channels.filter(({ channel, got }) => got[0] !== channel.label).length;
  }, [...theirs, ...ours]).catch(async (failure) => {
    // What the page has not, the server may have: then it is the browser that lost it.
    const { channels } = await endpoint.listDataChannels();
    const states = channels.map(({ label, id, state }) => `${label} ${id} ${state}`);
    throw new Error(`${failure.message}; of the server's ${channels.length}: ${states.join(', ')}`);
  });

  assert.equal(wrong, 0);
});

// MB of memory that the server has.
async function memory() {
  const status = await readFile(`/proc/${stage.samples.server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
}

test('a flood is held up by an application that does not read, in bounded memory, and nothing of it is lost', async (t) => {
  const at = await stage.page(t);
  let channels;
  await stage.join(at, 'a', [['flood']], async (endpoint) => (channels = await DataChannels.of(endpoint)));
  const before = await memory();

  await at.page.run(async () => {
    globalThis.flood = pour(peers.a.channels.flood.channel, 1000, () => new Uint8Array(65_536));
    let [poured, turns] = [0, 0];
    await until('the browser to be held up', () => {
      const { channel } = peers.a.channels.flood;
      turns = channel.bufferedAmount > 0 && channel.poured === poured ? turns + 1 : 0;
      poured = channel.poured;
      return turns === 60;
    });
  });
  const held = await memory();
  t.diagnostic(`${(held - before).toFixed(1)} MB more with 64 MB held up`);
  assert.ok(held - before < 32, `${held - before} MB`);

  const { flood } = await receive(channels, 1000);
  assert.equal(flood.length, 1000);
  await at.page.run(() => flood);
});

test('a flood that goes through the graph to a page is held up by its way out, and nothing of it is lost', async (t) => {
  const at = await stage.page(t);
  const a = await stage.join(at, 'a', [['flood']]);
  const b = await stage.join(at, 'b', [['flood']], (endpoint) => a.connect(endpoint, { kind: 'data' }));
  const before = await memory();

  await at.page.run(async () => {
    peers.b.channels.flood.forgets = true;
    await pour(peers.a.channels.flood.channel, 300, () => new Uint8Array(65_536));
    await heard('b', 'flood', 300);
  });

  const { links } = await a.stats();
  t.diagnostic(`${((await memory()) - before).toFixed(1)} MB more; ${links[0].dropped} dropped`);
  assert.equal(links[0].dropped, 0);
  const { dataChannels } = await b.getRtcStats();
  assert.equal(dataChannels[0].messagesSent, 300);
});

test('an application sends a thousand messages by one call, which waits for the page', async (t) => {
  const at = await stage.page(t);
  let channels;
  await stage.join(at, 'a', [['data']], async (endpoint) => (channels = await DataChannels.of(endpoint)));
  const news = await channels.create('news', { protocol: 'bulk' });

  const sent = await news.sendAll(Array.from({ length: 1000 }, (_, n) => (n % 2 ? `${n}` : new Uint8Array(20_000))));

  assert.equal(sent, 1000);
  const got = await at.page.run(async () => {
    await heard('a', 'news', 1000);
    return peers.a.channels.news.got.map((data) => (typeof data === 'string' ? data : data.byteLength));
  });
  assert.deepEqual(got, Array.from({ length: 1000 }, (_, n) => (n % 2 ? `${n}` : 20_000)));
  channels.cancel();
});
