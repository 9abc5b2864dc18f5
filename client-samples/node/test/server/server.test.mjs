// SPDX-License-Identifier: Apache-2.0
// The library against the real server: what a fake one cannot prove.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../lib/index.js';
import { loadProtos, nameOf } from '../../lib/protos.js';
import { clipUri, KmsServer } from './kms_server.mjs';

async function connected(t) {
  const server = await KmsServer.start(t);
  const client = await connect(server.target);
  t.after(() => client.close());
  return { server, client };
}

async function first(session, type) {
  for await (const event of session.events({ signal: AbortSignal.timeout(40_000) })) if (event.type === type) return event;
  throw new Error(`no ${type} within 40 s`);
}

test('every kind of the server is in the protos with the title that its types have', async (t) => {
  const { client } = await connected(t);
  const root = loadProtos();
  const kinds = await client.elementKinds();
  assert.ok(kinds.length >= 5);
  for (const { kind, title, service, events } of kinds) {
    assert.match(root.lookupType(kind).comment, new RegExp(`^${title}: `), kind);
    if (service) assert.equal(nameOf(root.lookupService(service)), service);
    for (const event of events) assert.match(root.lookupType(event).comment, /^Event: /, event);
  }
});

test('options, ports, tags and names come back as they were given', async (t) => {
  const { client } = await connected(t);
  const session = await client.createSession({ id: 'mine', displayName: 'Mine', tags: { room: '7' } });
  const player = await session.create('PlayerEndpoint', { uri: clipUri, unpaced: true }, { id: 'p', displayName: 'Player' });

  assert.deepEqual([player.name, player.title, player.options.uri], ['sessions/mine/elements/p', 'PlayerEndpoint', clipUri]);
  assert.deepEqual(player.ports.map((port) => `${port.direction} ${port.kind}`).sort(), ['source audio', 'source video']);
  assert.equal((await player.update({ setTags: { a: 'b' } })).tags.a, 'b');
  assert.deepEqual((await session.elements()).map((element) => element.id), ['p']);
  assert.equal((await session.get()).tags.room, '7');
  const names = [];
  for await (const each of client.listSessions({ pageSize: 1 })) names.push(each.name);
  assert.deepEqual(names, ['sessions/mine']);
});

test('what a crash left behind is asked of the server', async (t) => {
  const { server, client } = await connected(t);
  const session = await client.createSession();
  const recorder = await session.create('RecorderEndpoint', { uri: server.uri('call.webm') });

  assert.equal(recorder.listRecoveredRecordings, undefined);
  assert.deepEqual(await client.recoveredRecordings(), { recordings: [], working: false });
});

test('errors say the reason, the resource and the field', async (t) => {
  const { client } = await connected(t);
  const session = await client.createSession({ id: 'mine' });
  await assert.rejects(session.element('nobody'), { code: 'NOT_FOUND', reason: 'ELEMENT_NOT_FOUND', resource: 'sessions/mine/elements/nobody' });
  await assert.rejects(session.create('PlayerEndpoint', { uri: 'file:///etc/passwd' }), { code: 'PERMISSION_DENIED', reason: 'URI_NOT_ALLOWED' });
  await assert.rejects(session.create('FaceDetectionFilter', { smoothing: 2 }), { reason: 'INVALID_OPTIONS', metadata: { field: 'smoothing' } });
  await session.create('PassThrough', {}, { id: 'twice' });
  await assert.rejects(session.create('PassThrough', {}, { id: 'twice' }), { code: 'ALREADY_EXISTS', reason: 'ELEMENT_EXISTS' });
});

test('links are made, listed, drawn and removed', async (t) => {
  const { client } = await connected(t);
  const session = await client.createSession();
  const { elements: { player, through } } = await session.applyGraph({
    elements: { player: { kind: 'PlayerEndpoint', options: { uri: clipUri } }, through: { kind: 'PassThrough' } },
  });

  const made = await player.connect(through, { kind: 'video' });
  assert.deepEqual(made.map(({ source, sink, kind }) => [source, sink, kind]), [[player.name, through.name, 'video']]);
  const other = await session.create('PlayerEndpoint', { uri: clipUri });
  await assert.rejects(player.connect(other), { code: 'INVALID_ARGUMENT', reason: 'NO_COMMON_KIND' });

  assert.equal((await session.links()).length, 1);
  assert.match((await session.graph()).graphviz, /digraph/);
  assert.equal((await session.stats()).links.length, 1);
  assert.equal(await player.disconnect(through), 1);
  assert.deepEqual(await session.links(), []);
});

test('a player tells where it is, and events arrive while it plays', async (t) => {
  const { client } = await connected(t);
  const session = await client.createSession();
  const player = await session.create('PlayerEndpoint', { uri: clipUri, unpaced: true });
  const through = await session.create('PassThrough');
  await player.connect(through);
  await player.play();
  assert.ok((await player.getPosition()).duration > 1);
  assert.equal((await first(session, 'EndOfStream')).source, player.name);
});

test('closing a session ends its events with the reason', async (t) => {
  const { client } = await connected(t);
  const session = await client.createSession();
  await session.create('PassThrough');
  const reasons = [];
  for await (const { type, data } of session.events({ signal: AbortSignal.timeout(40_000) })) {
    if (type === 'ElementCreated') await session.close(); // which is after the subscription
    if (type === 'SessionClosed') reasons.push(data.reason);
  }
  assert.deepEqual(reasons, ['CLIENT_DELETED']);
  await session.close();
});

test('a session lives as long as its client keeps it, and lapses when it lets go', async (t) => {
  const { client } = await connected(t);
  const kept = await client.createSession({ lease: 3 }); // a renewal may be late by two seconds
  const left = await client.createSession({ lease: 3 }); // later than the other, so that its end is after the other's first lease

  left.release();

  const isGone = () => left.get().then(() => false, (failure) => failure.reason === 'SESSION_NOT_FOUND');
  const deadline = Date.now() + 40_000;
  while (!(await isGone())) assert.ok(Date.now() < deadline, 'the session outlived its lease');
  assert.equal((await kept.get()).name, kept.name);
});
