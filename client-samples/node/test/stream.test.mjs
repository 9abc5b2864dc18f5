// SPDX-License-Identifier: Apache-2.0
// Streaming commands, as a WebRtcEndpoint's receiveData.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { connect } from '../lib/index.js';
import { FakeServer, failure } from './fake_server.mjs';

const kind = { kind: 'kms.webrtc.v1.WebRtcOptions', title: 'WebRtcEndpoint', service: 'kms.webrtc.v1.WebRtcService', available: true };
const message = (text) => ({ message: { channel: 1, text } });

// An element whose receiveData is what `serve` makes of the call.
async function peer(t, serve) {
  const server = await FakeServer.start({
    'kms.v1.ElementService.ListElementKinds': () => ({ kinds: [kind] }),
    'kms.webrtc.v1.WebRtcService.ReceiveData': serve,
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
