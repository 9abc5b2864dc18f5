// SPDX-License-Identifier: Apache-2.0
// A session's events as an async iterator that survives a lost stream.
import { setTimeout as delay } from 'node:timers/promises';

const firstPause = 100; // milliseconds
const longestPause = 2000;
const lost = new Set(['UNAVAILABLE', 'INTERNAL', 'UNKNOWN', 'CANCELLED', 'DEADLINE_EXCEEDED']);
// The second: no detail, of a reader that was cut off because it did not even read that it was too slow.
const tooSlow = new Set(['SUBSCRIBER_TOO_SLOW', 'RESOURCE_EXHAUSTED']);

// Yields each event once and in order, until the session is closed. A stream that breaks is opened again after the last
// event seen; events that the server no longer has make it throw EVENTS_LOST. Gives up when the server stays out of
// reach for as long as the session's lease.
export async function* events(rpc, session, { after = 0, signal } = {}) {
  const state = { after, lostSince: undefined, pause: firstPause, closed: false };
  while (!state.closed) {
    try {
      yield* oneStream(rpc, session, state, signal);
      state.closed = true; // the server ends a stream only after SessionClosed
    } catch (error) {
      if (signal?.aborted || rpc.closed) return;
      await beforeRetry(rpc.failure(error), session, state, signal);
    }
  }
}

async function beforeRetry(failure, session, state, signal) {
  state.lostSince ??= Date.now(); // not the last event: a session may have nothing to tell for hours
  const outOfReach = Date.now() - state.lostSince > session.lease * 1000;
  if (!tooSlow.has(failure.reason) && (!lost.has(failure.code) || outOfReach)) throw failure;
  await delay(state.pause, undefined, { signal }).catch(() => {});
  state.pause = Math.min(state.pause * 2, longestPause);
}

async function* oneStream(rpc, session, state, signal) {
  const { call, read } = rpc.stream('kms.v1.SessionService', 'SubscribeEvents', { name: session.name, afterSequence: state.after });
  const cancel = () => call.cancel();
  const reached = (after = state.after) => Object.assign(state, { after, lostSince: undefined, pause: firstPause });
  call.on('metadata', () => reached()); // the server's word that it has the subscription
  call.on('error', () => {}); // the iterator below throws it; after a cancel nobody waits for it
  signal?.addEventListener('abort', cancel);
  try {
    signal?.throwIfAborted();
    for await (const message of call) {
      const event = present(read(message));
      reached(event.sequence);
      yield event;
    }
  } finally {
    signal?.removeEventListener('abort', cancel);
    call.cancel();
  }
}

const base = ['sequence', 'time', 'source'];

// {sequence, time, source, type: 'EndOfStream', typeName: 'kms.v1.EndOfStream', data: {...}}; an element's own event is
// unpacked and looks the same.
function present(event) {
  const [member] = Object.keys(event).filter((key) => !base.includes(key));
  const { '@type': packed, ...data } = event[member] ?? {};
  const typeName = packed ?? `kms.v1.${(member ?? 'unknown').replace(/^./, (first) => first.toUpperCase())}`;
  const elementId = event.source.split('/')[3];
  return { sequence: event.sequence, time: event.time, source: event.source, elementId,
    type: typeName.slice(typeName.lastIndexOf('.') + 1), typeName, data };
}
