// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { connect } from '../lib/index.js';
import { FakeServer, failure } from './fake_server.mjs';

const time = new Date(0);
const end = (sequence) => ({ sequence, time, source: 'sessions/one/elements/p', endOfStream: {} });
const closed = (sequence) => ({ sequence, time, source: 'sessions/one', sessionClosed: { reason: 'CLIENT_DELETED' } });
const broken = (reason = 'UNAVAILABLE') => failure(reason === 'UNAVAILABLE' ? 'UNAVAILABLE' : 'RESOURCE_EXHAUSTED', reason);

const lease = 30; // seconds

// What a server does that has nothing to tell for longer than the lease, by a clock that is put forward, and then is gone.
function quietThenGone(t) {
  const now = Date.now.bind(Date);
  return [(call) => {
    call.sendMetadata(new grpc.Metadata());
    t.mock.method(Date, 'now', () => now() + 2 * lease * 1000);
    call.emit('error', broken());
  }];
}

// A session whose n-th event stream is the n-th script: events to send, then an Error to fail with, 'stay', a function of
// the call, or nothing to end. `streams` tells when a stream that stays is 'cancelled'.
async function scripted(t, ...scripts) {
  return scriptedFor(t, lease, scripts);
}

async function scriptedFor(t, kept, scripts) {
  const streams = new EventEmitter();
  const server = await FakeServer.start({
    'kms.v1.SessionService.SubscribeEvents': (call) => {
      const script = scripts.shift() ?? [failure('NOT_FOUND', 'SESSION_NOT_FOUND')];
      const last = script.at(-1);
      for (const event of script.filter((step) => step.sequence)) call.write(event);
      if (last instanceof Error) call.emit('error', last);
      else if (typeof last === 'function') last(call);
      else if (last === 'stay') call.on('cancelled', () => streams.emit('cancelled'));
      else call.end();
    },
  });
  const client = await connect(server.target);
  t.after(() => {
    client.close();
    server.stop();
  });
  return { server, streams, session: await client.createSession({ id: 'one', lease: kept }) };
}

async function collect(events) {
  const seen = [];
  for await (const event of events) seen.push(event);
  return seen;
}

test('events come in order and unpacked, until the session is closed', async (t) => {
  const faces = { '@type': 'kms.face_detection.v1.FacesDetected', frame: 7, frameTime: 0.25, faces: [{ x: 0.5, trackId: 3 }] };
  const { session } = await scripted(t, [end(1), { sequence: 2, time, source: 'sessions/one/elements/f', elementEvent: faces }, closed(3)]);

  const seen = await collect(session.events());

  assert.deepEqual(seen.map((event) => [event.sequence, event.type, event.elementId]),
    [[1, 'EndOfStream', 'p'], [2, 'FacesDetected', 'f'], [3, 'SessionClosed', undefined]]);
  assert.equal(seen[1].typeName, 'kms.face_detection.v1.FacesDetected');
  assert.deepEqual([seen[1].data.frame, seen[1].data.frameTime, seen[1].data.faces[0].trackId], [7, 0.25, 3]);
  assert.deepEqual(seen[2].data, { reason: 'CLIENT_DELETED' });
});

test('a stream that breaks is resumed after the last event seen', async (t) => {
  const { server, session } = await scripted(t, [end(1), end(2), broken()], [broken()], [end(3), closed(4)]);

  const seen = await collect(session.events());

  assert.deepEqual(seen.map((event) => event.sequence), [1, 2, 3, 4]);
  assert.deepEqual(server.requests('SubscribeEvents').map((request) => request.afterSequence), [0, 2, 2]);
});

test('a stream that was quiet for longer than the lease is resumed like any other', async (t) => {
  const { session } = await scripted(t, quietThenGone(t), [broken()], [end(1), closed(2)]);
  assert.deepEqual((await collect(session.events())).map((event) => event.sequence), [1, 2]);
});

test('a stream that opens ends the time out of reach, though it tells nothing', async (t) => {
  const { session } = await scripted(t, [broken()], quietThenGone(t), [broken()], [closed(1)]);
  assert.equal((await collect(session.events())).length, 1);
});

test('a server that stays out of reach for longer than the lease is an error', async (t) => {
  const { server, session } = await scriptedFor(t, 0.4, Array.from({ length: 100 }, () => [broken()]));
  await assert.rejects(collect(session.events()), { code: 'UNAVAILABLE' });
  assert.ok(server.requests('SubscribeEvents').length > 1);
});

test('a reader that was too slow is resumed, too', async (t) => {
  const { session } = await scripted(t, [end(1), broken('SUBSCRIBER_TOO_SLOW')], [closed(2)]);
  assert.equal((await collect(session.events())).length, 2);
});

test('a reader that was cut off without a detail is resumed, and one too many is not', async (t) => {
  const cutOff = Object.assign(new Error('SUBSCRIBER_TOO_SLOW'), { code: grpc.status.RESOURCE_EXHAUSTED, details: 'SUBSCRIBER_TOO_SLOW' });
  const { session } = await scripted(t, [end(1), cutOff], [end(2), broken('SUBSCRIBER_QUOTA')]);
  const seen = [];
  const reading = async () => {
    for await (const event of session.events()) seen.push(event.sequence);
  };
  await assert.rejects(reading(), { reason: 'SUBSCRIBER_QUOTA' });
  assert.deepEqual(seen, [1, 2]);
});

test('events that are lost, and a session that is gone, are errors', async (t) => {
  const { session } = await scripted(t, [failure('OUT_OF_RANGE', 'EVENTS_LOST', { metadata: { oldest: '9' } })]);
  await assert.rejects(collect(session.events({ after: 4 })), { code: 'OUT_OF_RANGE', reason: 'EVENTS_LOST', metadata: { oldest: '9' } });
  await assert.rejects(collect(session.events()), { reason: 'SESSION_NOT_FOUND' });
});

test('leaving the loop ends the subscription', async (t) => {
  const { streams, session } = await scripted(t, [end(1), 'stay']);
  const cancelled = once(streams, 'cancelled', { signal: AbortSignal.timeout(30_000) });
  for await (const event of session.events()) if (event.type === 'EndOfStream') break;
  await cancelled;
});

test('an abort ends the iteration without an error', async (t) => {
  const { session } = await scripted(t, [end(1), 'stay']);
  const stop = new AbortController();
  const seen = [];
  for await (const event of session.events({ signal: stop.signal })) {
    seen.push(event.sequence);
    stop.abort();
  }
  assert.deepEqual(seen, [1]);
});
