// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once, EventEmitter } from 'node:events';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { connect } from '../lib/index.js';
import { FakeServer, failure } from './fake_server.mjs';

// A client of a fake server with `handlers`; both end with the test.
async function connected(t, handlers, options = {}) {
  const server = await FakeServer.start(handlers);
  const client = await connect(server.target, options);
  t.after(() => {
    client.close();
    server.stop();
  });
  return { server, client };
}

test('connecting to nobody fails in the given time and names the address', async () => {
  await assert.rejects(connect('127.0.0.1:1', { wait: 0.2 }), { code: 'UNAVAILABLE', reason: 'NO_SERVER', message: /127\.0\.0\.1:1 within 0.2 s/ });
});

test('a web address is refused at once, with the target that it would be', async () => {
  const refusal = (text) => ({ code: 'INVALID_ARGUMENT', reason: 'INVALID_OPTIONS', message: new RegExp(text), metadata: { field: 'target' } });
  await assert.rejects(connect('ws://127.0.0.1:8888/kurento'), refusal('"ws://127.0.0.1:8888/kurento" is a web address; .* as "127.0.0.1:8888" or'));
  await assert.rejects(connect('HTTP://kms.example:50051'), refusal('as "kms.example:50051"'));
});

test('a closed client says so, and ends the iterations of events', async (t) => {
  const { client } = await connected(t, { 'kms.v1.SessionService.SubscribeEvents': () => {} }); // never ends
  const session = await client.createSession();
  const reading = (async () => { for await (const event of session.events()) assert.fail(event.type); })();

  client.close();

  await reading;
  await assert.rejects(session.applyGraph({}),
    { code: 'CANCELLED', reason: 'CLIENT_CLOSED', message: /ApplyGraph: this client was closed; connect\(\) gives another/ });
  for await (const event of session.events()) assert.fail(event.type);
});

test('options are packed by the kind, found by its title', async (t) => {
  const { server, client } = await connected(t);
  const session = await client.createSession({ id: 'one' });

  const player = await session.create('PlayerEndpoint', { uri: 'file:///clip.mp4', unpaced: true }, { id: 'p', tags: { a: 'b' } });

  const [{ parent, element, requestId }] = server.requests('CreateElement');
  assert.equal(parent, 'sessions/one');
  const { '@type': type, uri, unpaced, autoplay } = element.options;
  assert.deepEqual([type, uri, unpaced, autoplay], ['kms.player.v1.PlayerOptions', 'file:///clip.mp4', true, false]);
  assert.deepEqual(element.tags, { a: 'b' });
  assert.match(requestId, /^[0-9a-f-]{36}$/);
  assert.deepEqual([player.id, player.name, player.title], ['p', 'sessions/one/elements/p', 'PlayerEndpoint']);
});

test('a session has the options that it was opened with', async (t) => {
  const { server, client } = await connected(t);
  await client.createSession({ id: 'one', refuseTranscoding: true, maxAudible: 3 });

  const [{ sessionId, refuseTranscoding, maxAudible }] = server.requests('CreateSession');
  assert.deepEqual([sessionId, refuseTranscoding, maxAudible], ['one', true, 3]);
});

test('what a crash left behind is asked of the server, not of an element', async (t) => {
  const failed = { element: 'sessions/one/elements/r', failure: 'MEDIA_ERROR' };
  const { client } = await connected(t, {
    'kms.recorder.v1.RecorderService.ListRecoveredRecordings': () => ({ recordings: [failed], working: true }),
  });

  const { recordings, working } = await client.recoveredRecordings();
  assert.deepEqual([recordings[0].element, recordings[0].failure, working], [failed.element, failed.failure, true]);
});

test('an unknown kind is refused with the kinds that the server has', async (t) => {
  const { client } = await connected(t);
  const session = await client.createSession();
  await assert.rejects(session.create('PlayerEndpont'), { reason: 'UNKNOWN_KIND', message: 'UNKNOWN_KIND: this server has no element "PlayerEndpont"; did you mean "PlayerEndpoint"? (it has: PlayerEndpoint)' });
  await assert.rejects(session.create('Camera'), { message: 'UNKNOWN_KIND: this server has no element "Camera" (it has: PlayerEndpoint)' });
  await assert.rejects(session.create(undefined), { reason: 'UNKNOWN_KIND' });
});

test('an element of another session is not taken for one of this', async (t) => {
  const { server, client } = await connected(t);
  const session = await client.createSession({ id: 'one' });
  await assert.rejects(session.element('sessions/two/elements/p'),
    { reason: 'INVALID_NAME', message: /"sessions\/two\/elements\/p" is no element of sessions\/one; client.session/ });
  assert.deepEqual(server.requests('GetElement'), []);
});

test('commands are methods that name their element', async (t) => {
  const { server, client } = await connected(t, {
    'kms.player.v1.PlayerService.Seek': () => ({}),
    'kms.player.v1.PlayerService.GetPosition': () => ({ position: 1.5, state: 'playing', seekable: true }),
  });
  const player = await (await client.createSession({ id: 'one' })).create('PlayerEndpoint', {}, { id: 'p' });

  await player.seek({ position: 1.5 });
  const { position, state, seekable } = await player.getPosition();

  assert.deepEqual(server.requests('Seek'), [{ name: 'sessions/one/elements/p', position: 1.5, toKeyFrame: false }]);
  assert.deepEqual({ position, state, seekable }, { position: 1.5, state: 'playing', seekable: true });
});

test('a graph is one call, with elements by id and links by element or id', async (t) => {
  const { server, client } = await connected(t, {
    'kms.v1.GraphService.ApplyGraph': ({ parent, elements }) => ({
      elements: elements.map((each) => ({ name: `${parent}/elements/${each.elementId}`, kind: each.options['@type'] })),
    }),
  });
  const session = await client.createSession({ id: 'one' });
  const taker = await session.create('PlayerEndpoint', {}, { id: 'taker' });

  const { elements } = await session.applyGraph({
    elements: { a: { kind: 'PlayerEndpoint', options: { uri: 'file:///a' } }, b: { kind: 'PlayerEndpoint' } },
    links: [{ source: 'a', sink: 'b' }, { source: 'a', sink: taker, kind: 'video' }],
  });

  const [request] = server.requests('ApplyGraph');
  assert.deepEqual(request.elements.map((each) => [each.elementId, each.options.uri]), [['a', 'file:///a'], ['b', '']]);
  assert.deepEqual(request.links.map(({ source, sink, kind }) => [source, sink, kind]),
    [['a', 'b', 'unspecified'], ['a', 'sessions/one/elements/taker', 'video']]);
  assert.equal(elements.b.name, 'sessions/one/elements/b');
});

test('a failed call is a KmsError with the reason from the trailer, first in its message', async (t) => {
  const where = { resource: 'sessions/one/elements/p', metadata: { uri: 'file:///x' } };
  const refused = failure('ALREADY_EXISTS', 'FILE_EXISTS', { message: 'there is one', ...where });
  const { client } = await connected(t, { 'kms.player.v1.PlayerService.Play': () => { throw refused; } });
  const player = await (await client.createSession()).create('PlayerEndpoint');

  const error = await player.play().catch((thrown) => thrown);
  const { name, message, code, reason, details, resource, metadata } = error;

  assert.deepEqual({ name, message, code, reason, details, resource, metadata }, { name: 'KmsError', message: 'FILE_EXISTS: there is one',
    code: 'ALREADY_EXISTS', reason: 'FILE_EXISTS', details: 'there is one', ...where });
  assert.match(inspect(error), /^KmsError: FILE_EXISTS: there is one\n/);
  assert.doesNotMatch(inspect(error), /Buffer|cause/); // all that gRPC's error has to say was read
});

test('a failure that is not of kms keeps its cause', async (t) => {
  const { client } = await connected(t, { 'kms.player.v1.PlayerService.Play': () => { throw new Error('odd'); } });
  const player = await (await client.createSession()).create('PlayerEndpoint');
  const error = await player.play().catch((thrown) => thrown);
  assert.deepEqual([error.reason, error.message, error.cause.details], ['UNKNOWN', 'UNKNOWN: odd', 'odd']);
});

test('a misspelled choice is refused before anything is sent', async (t) => {
  const { server, client } = await connected(t);
  const session = await client.createSession({ id: 'one' });
  const player = await session.create('PlayerEndpoint');
  const sent = server.calls.length;
  const link = { source: player, sink: 'f' };
  const refusals = [
    [() => player.connect('f', { port: 'video' }), 'port', 'connect has no choice "port" (it has: kind, sourcePort, sinkPort)'],
    [() => player.connect('f', { source_port: 'x' }), 'source_port', /connect .*; did you mean "sourcePort"\? \(/],
    [() => player.connect('f', 'video'), undefined, 'connect takes its choices in an object (kind, sourcePort, sinkPort), not as "video"'],
    [() => player.disconnect('f', { port: 'video' }), 'port', /^disconnect has no choice "port"/],
    [() => session.connect({ ...link, port: 'video' }), 'port', /^LinkSpec has no field "port" \(it has: source, sink, kind, /],
    [() => session.create('PlayerEndpoint', {}, { name: 'x' }), 'name', 'create has no choice "name" (it has: id, displayName, tags)'],
    [() => session.applyGraph({ element: {} }), 'element', /did you mean "elements"\?/],
    [() => session.applyGraph({ elements: { a: { kind: 'PlayerEndpoint', option: {} } } }), 'option', /^applyGraph's element "a" .*"options"\?/],
    [() => session.applyGraph({ links: [{ ...link, kinds: 'video' }] }), 'links[0].kinds', /did you mean "kind"\?/],
    [() => client.createSession({ sessionId: 'x' }), 'sessionId', /^createSession has no choice "sessionId" \(it has: id, /],
    [() => client.listSessions({ pagesize: 1 }).next(), 'pagesize', /did you mean "pageSize"\?/],
    [async () => session.events({ since: 1 }), 'since', 'events has no choice "since" (it has: after, signal)'],
    [() => player.play({}, { timeut: 1 }), 'timeut', 'the call of Play has no choice "timeut"; did you mean "timeout"? (it has: timeout, signal)'],
    [() => connect(server.target, { timeot: 1 }), 'timeot', /^connect .*did you mean "timeout"\?/],
  ];
  for (const [call, field, details] of refusals) {
    await assert.rejects(call, { code: 'INVALID_ARGUMENT', reason: 'INVALID_OPTIONS', metadata: field ? { field } : {}, details });
  }
  assert.equal(server.calls.length, sent);
});

test('a refusal names what the caller wrote, not what is made of it', async (t) => {
  const { client } = await connected(t);
  const session = await client.createSession();
  const player = await session.create('PlayerEndpoint');
  const refusals = [
    [() => session.create('PlayerEndpoint', { url: 'file:///a' }), 'url',
      /^PlayerOptions has no field "url"; did you mean "uri"\? \(it has: uri, autoplay, unpaced, loop, /],
    [() => session.create('PlayerEndpoint', 'file:///a'), '', /^PlayerOptions must be an object/],
    [() => session.create('PlayerEndpoint', {}, { id: 7 }), 'id', 'id must be a string, not 7'],
    [() => session.create('PlayerEndpoint', {}, { tags: { a: 1 } }), 'tags.a', 'tags.a must be a string, not 1'],
    [() => client.createSession({ id: 7 }), 'id', 'id must be a string, not 7'],
    [() => player.connect('f', { kind: 'vido' }), 'kind', /^kind must be one of audio, video, /],
    [() => player.seek({ positon: 1 }), 'positon', 'SeekRequest has no field "positon"; did you mean "position"? (it has: position, toKeyFrame)'],
    [() => player.seek({ name: 'sessions/two/elements/p' }), 'name', /^SeekRequest has no field "name"/],
  ];
  for (const [call, field, details] of refusals) await assert.rejects(call, { reason: 'INVALID_OPTIONS', metadata: { field }, details });
});

test('options of one element make another', async (t) => {
  const { server, client } = await connected(t);
  const session = await client.createSession();
  const { title, options } = await session.create('PlayerEndpoint', { uri: 'file:///a' });
  await session.create(title, options);
  assert.deepEqual(server.requests('CreateElement').map(({ element }) => element.options.uri), ['file:///a', 'file:///a']);
});

test('a call past its deadline and a cancelled call fail as such', async (t) => {
  const { client } = await connected(t, { 'kms.player.v1.PlayerService.Play': () => new Promise(() => {}) });
  const player = await (await client.createSession()).create('PlayerEndpoint');

  await assert.rejects(player.play({}, { timeout: 0.1 }),
    { code: 'DEADLINE_EXCEEDED', reason: 'DEADLINE_EXCEEDED', details: 'Play was not answered within 0.1 s' });
  await assert.rejects(player.play({}, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' });
});

test('a create whose connection broke is sent again with the same request id', async (t) => {
  let left = 2;
  const { server, client } = await connected(t, {
    'kms.v1.SessionService.CreateSession': () => {
      if (left-- > 0) throw failure('UNAVAILABLE', 'UNAVAILABLE');
      return { session: { name: 'sessions/late', lease: 30 } };
    },
  });

  assert.equal((await client.createSession()).id, 'late');

  const ids = server.requests('CreateSession').map((request) => request.requestId);
  assert.equal(ids.length, 3);
  assert.equal(new Set(ids).size, 1);
});

test('a draining server is not asked again', async (t) => {
  const { server, client } = await connected(t, {
    'kms.v1.SessionService.CreateSession': () => { throw failure('UNAVAILABLE', 'DRAINING'); },
  });
  await assert.rejects(client.createSession(), { reason: 'DRAINING' });
  assert.equal(server.requests('CreateSession').length, 1);
});

test('the lease is renewed until the session is closed, and closing twice is no error', { timeout: 40_000 }, async (t) => {
  const renewals = new EventEmitter();
  let deleted = 0;
  const { server, client } = await connected(t, {
    'kms.v1.SessionService.KeepAlive': () => { renewals.emit('renewed'); return {}; },
    'kms.v1.SessionService.DeleteSession': () => { if (deleted++) throw failure('NOT_FOUND', 'SESSION_NOT_FOUND'); return {}; },
  });
  const session = await client.createSession({ lease: 0.15 });
  const keepsTheTestAlive = setInterval(() => {}, 1000);
  t.after(() => clearInterval(keepsTheTestAlive));

  await once(renewals, 'renewed');
  await once(renewals, 'renewed');
  await session.close();
  await session.close();

  const renewed = () => once(renewals, 'renewed', { signal: AbortSignal.timeout(300) }).then(() => true, () => false);
  while (await renewed()) assert.ok(server.requests('KeepAlive').length < 100); // at most the one on its way
});
