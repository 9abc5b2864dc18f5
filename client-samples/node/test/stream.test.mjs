// SPDX-License-Identifier: Apache-2.0
// Streaming commands, as a WebRtcEndpoint's receiveData and sendDataStream, and data channels as objects over them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { connect, DataChannels } from '../lib/index.js';
import { FakeServer, failure } from './fake_server.mjs';

const kind = { kind: 'kms.webrtc.v1.WebRtcOptions', title: 'WebRtcEndpoint', service: 'kms.webrtc.v1.WebRtcService', available: true };
const message = (text) => ({ message: { channel: 1, text } });

// An element whose receiveData is what `serve` makes of the call, and whose other methods are given.
async function peer(t, serve, methods = {}) {
  const others = Object.entries(methods).map(([name, handler]) => [`kms.webrtc.v1.WebRtcService.${name}`, handler]);
  const server = await FakeServer.start({
    'kms.v1.ElementService.ListElementKinds': () => ({ kinds: [kind] }),
    'kms.webrtc.v1.WebRtcService.ReceiveData': serve,
    ...Object.fromEntries(others),
  });
  const client = await connect(server.target);
  t.after(() => {
    client.close();
    server.stop();
  });
  return (await client.createSession({ id: 'one' })).create('WebRtcEndpoint', {}, { id: 'w' });
}

async function collect(stream) {
  const all = [];
  for await (const each of stream) all.push(each);
  return all;
}

test('a stream gives what the server sends, until its end', async (t) => {
  let asked;
  const element = await peer(t, (call) => {
    asked = call.request;
    call.write(message('hello'));
    call.write({ message: { channel: 1, binary: Buffer.from([1, 2]) } });
    call.end();
  });

  const got = await collect(element.receiveData());

  assert.deepEqual(asked, { name: 'sessions/one/elements/w' });
  assert.deepEqual(got[0], message('hello'));
  assert.deepEqual([...got[1].message.binary], [1, 2]);
});

test('started says when nothing is missed any more', async (t) => {
  const calls = [];
  const element = await peer(t, (call) => calls.push(call) && call.sendMetadata(new grpc.Metadata()));

  const stream = element.receiveData();
  await stream.started;

  calls[0].write(message('first'));
  calls[0].end();
  assert.deepEqual(await collect(stream), [message('first')]);
});

test('a server that is not read is held up', async (t) => {
  let sent = 0;
  const element = await peer(t, (call) => {
    const more = () => {
      do sent += 1;
      while (sent < 300 && call.write(message('x'.repeat(1_000_000))));
      if (sent < 300) call.once('drain', more);
      else call.end();
    };
    more();
  });

  const stream = element.receiveData();
  await stream.started;
  const turn = () => new Promise((resolve) => setImmediate(resolve, sent));
  for (let [before, same] = [0, 0]; same < 1000; ) {
    const now = await turn();
    same = now === before ? same + 1 : 0;
    before = now;
  }

  assert.ok(sent < 100, `${sent} MB were sent`);
  assert.equal((await collect(stream)).length, 299);
});

test('what is refused is thrown by the iteration', async (t) => {
  const element = await peer(t, (call) => call.emit('error', failure('RESOURCE_EXHAUSTED', 'SUBSCRIBER_QUOTA')));

  const stream = element.receiveData();
  await stream.started;

  await assert.rejects(collect(stream), { code: 'RESOURCE_EXHAUSTED', reason: 'SUBSCRIBER_QUOTA' });
});

test('a stream ends with cancel, with its signal, and when its loop is left', async (t) => {
  const calls = [];
  const element = await peer(t, (call) => calls.push(call) && call.write(message('first')));
  const abort = new AbortController();
  const ways = {
    cancel: { stream: element.receiveData(), end: (stream) => stream.cancel() },
    signal: { stream: element.receiveData({}, { signal: abort.signal }), end: () => abort.abort() },
  };

  for (const { stream, end } of Object.values(ways)) {
    const got = [];
    for await (const each of stream) {
      got.push(each);
      end(stream);
    }
    assert.deepEqual(got, [message('first')]);
  }
  const left = element.receiveData();
  await left.started;
  const gone = once(calls.at(-1), 'cancelled');
  for await (const each of left) {
    assert.deepEqual(each, message('first'));
    break;
  }
  await gone;
});

test('a sink gives the server what is written, and its first message names the element', async (t) => {
  const taken = [];
  const element = await peer(t, undefined, {
    SendDataStream: async (requests) => {
      for await (const { name, channel, text } of requests) taken.push([name, channel, text]);
      return { messages: taken.length };
    },
  });

  const sink = element.sendDataStream();
  for (let number = 0; number < 100; number += 1) await sink.write({ channel: 1, text: `${number}` });

  assert.deepEqual(await sink.end(), { messages: 100 });
  assert.equal(taken.length, 100);
  assert.deepEqual(taken[0], ['sessions/one/elements/w', 1, '0']);
  assert.deepEqual(taken[99], ['', 1, '99']);
});

test('what ends the call is thrown by a later write, and by the end', async (t) => {
  const element = await peer(t, undefined, {
    SendDataStream: async (requests) => {
      for await (const request of requests) throw failure('FAILED_PRECONDITION', 'DATA_CHANNEL_CLOSED', { message: request.text });
    },
  });
  const sink = element.sendDataStream();

  const writes = async () => {
    for (;;) await sink.write({ channel: 1, binary: Buffer.alloc(100_000) });
  };
  await assert.rejects(writes(), { reason: 'DATA_CHANNEL_CLOSED' });
  await assert.rejects(sink.end(), { reason: 'DATA_CHANNEL_CLOSED' });
});

test('a server that reads nothing holds up who writes, and cancel frees him', async (t) => {
  const element = await peer(t, undefined, { SendDataStream: () => new Promise(() => {}) });
  const sink = element.sendDataStream();
  let written = 0;
  const writes = (async () => {
    for (;; written += 1) await sink.write({ channel: 1, binary: Buffer.alloc(1_000_000) });
  })();

  const before = () => new Promise((resolve) => setImmediate(resolve, written));
  while (written === 0 || (await before()) !== written) await before();
  sink.cancel();

  await assert.rejects(writes, { code: 'CANCELLED' });
  assert.ok(written < 100, `${written} MB were taken`);
});

test('channels and messages come in order, and are told by their objects', async (t) => {
  const chat = (state) => ({ channel: { number: 7, label: 'chat', state } });
  const element = await peer(t, (call) => {
    call.sendMetadata(new grpc.Metadata());
    for (const told of [chat('open'), { message: { channel: 7, text: '' } }, { message: { channel: 7, binary: Buffer.from([1]) } }, chat('closed')]) call.write(told);
    call.end();
  });

  const channels = await DataChannels.of(element);
  const got = [];
  for await (const { channel, data, state } of channels) {
    if (state === 'open') assert.equal(channels.find('chat'), channel);
    got.push([channel.label, state ?? (typeof data === 'string' ? data : [...data])]);
  }

  assert.deepEqual(got, [['chat', 'open'], ['chat', ''], ['chat', [1]], ['chat', 'closed']]);
  assert.deepEqual(channels.all, []);
});

test('a channel sends texts and bytes in order, and waits where it finds no room', async (t) => {
  const sent = [];
  const take = ({ text, binary }) => sent.push(text ?? [...binary]);
  let full = true;
  const element = await peer(t, (call) => call.sendMetadata(new grpc.Metadata()), {
    CreateDataChannel: ({ label, unordered }) => ({ channel: { number: 3, label, unordered } }),
    SendData: (request) => {
      if (request.binary && full) throw failure('RESOURCE_EXHAUSTED', 'DATA_BUFFER_FULL');
      take(request);
      return {};
    },
    SendDataStream: async (requests) => {
      full = false;
      for await (const request of requests) take(request);
      return { messages: 2 };
    },
  });
  const channels = await DataChannels.of(element);
  t.after(() => channels.cancel());
  const channel = await channels.create('news', { unordered: true });

  await Promise.all([channel.send('first'), channel.send(new Uint8Array([1, 2])), channel.send('last')]);

  assert.equal(await channel.sendAll(['a', '']), 2);
  assert.deepEqual(sent, ['first', [1, 2], 'last', 'a', '']);
  assert.deepEqual([channel.label, channel.unordered], ['news', true]);
  await assert.rejects(channels.create('x', { ordered: true }), /ordered/);
});
