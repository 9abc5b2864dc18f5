// SPDX-License-Identifier: Apache-2.0
// The web samples without a media server: files, WebSockets, visits and their ends.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readdir } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../lib/index.js';
import { fileOf, pageServer } from '../samples/web/http.mjs';
import { Stage } from '../samples/web/stage.mjs';
import { Refusal, Visit } from '../samples/web/visit.mjs';
import { FakeServer } from './fake_server.mjs';

const pages = fileURLToPath(new URL('../../web/', import.meta.url));

// A page server on a free port; `sockets` are those that visited, with what they said.
async function serving(t) {
  const visits = new EventEmitter();
  const server = pageServer({ '/': pages, '/recordings/': '/nowhere/' }, (sample, socket) => visits.emit('visit', { sample, socket }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { visits, host: `127.0.0.1:${server.address().port}`, port: server.address().port };
}

class RawClient {
  #buffer = Buffer.alloc(0);
  #more = new EventEmitter();

  static async open(t, { port, host: own }, { host = own, origin = `http://${host}`, url = '/visits/hello-world' } = {}) {
    const client = new RawClient();
    client.socket = net.connect(port, '127.0.0.1');
    t.after(() => client.socket.destroy());
    client.socket.on('data', (bytes) => {
      client.#buffer = Buffer.concat([client.#buffer, bytes]);
      client.#more.emit('more');
    });
    client.socket.write(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
      + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
    client.head = (await client.#until((bytes) => bytes.includes('\r\n\r\n') && bytes.indexOf('\r\n\r\n') + 4)).toString();
    return client;
  }

  // A frame's opcode and payload; ours are masked, the server's are not.
  async frame() {
    const bytes = await this.#until((all) => all.length >= 2 && all.length >= 2 + all[1] && 2 + all[1]);
    return [bytes[0] & 0x0f, bytes.subarray(2)];
  }

  send(first, text, mask = [1, 2, 3, 4]) {
    const payload = Buffer.from(text);
    const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
    length[0] |= 0x80;
    this.socket.write(Buffer.from([first, ...length, ...mask, ...payload.map((byte, at) => byte ^ mask[at & 3])]));
  }

  async #until(length) {
    while (!length(this.#buffer)) await once(this.#more, 'more', { signal: AbortSignal.timeout(30_000) });
    const end = length(this.#buffer);
    const taken = this.#buffer.subarray(0, end);
    this.#buffer = this.#buffer.subarray(end);
    return taken;
  }
}

async function visited(t) {
  const server = await serving(t);
  const visit = once(server.visits, 'visit');
  const client = await RawClient.open(t, server);
  const [{ sample, socket }] = await visit;
  return { client, sample, socket };
}

test('a WebSocket is opened as RFC 6455 says, for the sample in its path', async (t) => {
  const { client, sample } = await visited(t);
  assert.match(client.head, /^HTTP\/1\.1 101 /);
  assert.match(client.head, /Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/); // the RFC's own example
  assert.equal(sample, 'hello-world');
});

test('a WebSocket is refused to the pages of other sites', async (t) => {
  const server = await serving(t);
  const elsewhere = { origin: 'http://elsewhere.example' };
  for (const other of [elsewhere, { ...elsewhere, host: 'elsewhere.example' }]) {
    const client = await RawClient.open(t, server, other);
    assert.match(client.head, /^HTTP\/1\.1 403 /);
  }
});

test('a WebSocket takes a text in pieces, with a ping between them', async (t) => {
  const { client, socket } = await visited(t);
  const text = once(socket, 'text');
  client.send(0x01, 'a'.repeat(200));
  client.send(0x89, 'there?');
  client.send(0x80, 'é');
  assert.deepEqual(await client.frame(), [10, Buffer.from('there?')]);
  assert.deepEqual(await text, [`${'a'.repeat(200)}é`]);
});

test('a WebSocket sends texts', async (t) => {
  const { client, socket } = await visited(t);
  socket.send('grüß');
  assert.deepEqual(await client.frame(), [1, Buffer.from('grüß')]);
});

for (const [what, bytes, code] of [['is not masked', [0x81, 1, 65], 1002], ['is too large', [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4], 1009],
  ['is binary', [0x82, 0x80, 1, 2, 3, 4], 1003]]) {
  test(`a WebSocket is closed with ${code} when a frame ${what}`, async (t) => {
    const { client, socket } = await visited(t);
    const end = once(socket, 'end');
    client.socket.write(Buffer.from(bytes));
    assert.deepEqual(await client.frame(), [8, Buffer.from([code >> 8, code & 0xff])]);
    client.socket.end();
    await end;
  });
}

test('a WebSocket ends when the page is gone without a word', async (t) => {
  const { client, socket } = await visited(t);
  const end = once(socket, 'end');
  client.socket.destroy();
  await end;
});

test('only files of the folders that are served have a URL', () => {
  const folders = { '/': '/pages', '/recordings/': '/recorded' };
  assert.equal(fileOf(folders, '/'), path.join('/pages', 'index.html'));
  assert.equal(fileOf(folders, '/magic-mirror.html?a=b'), path.join('/pages', 'magic-mirror.html'));
  assert.equal(fileOf(folders, '/recordings/a-1.webm'), path.join('/recorded', 'a-1.webm'));
  for (const url of ['/../secret.js', '/%2e%2e/secret.js', '/recordings/../secret.js', '/a/b.js', '/.bashrc', '/server.key', '/recordings/']) {
    const file = fileOf(folders, url);
    assert.ok(file === undefined || path.dirname(file) === '/pages', `${url} gives ${file}`);
  }
});

test('the index names every page, and what a page loads is there', async (t) => {
  const { host } = await serving(t);
  const get = async (url) => {
    const response = await fetch(`http://${host}/${url}`);
    assert.equal(response.status, 200, url);
    return response.text();
  };
  const names = (html) => [...html.matchAll(/(?:href|src)="([\w-]+\.\w+)"/g)].map((found) => found[1]);
  const index = names(await get(''));
  const there = (await readdir(pages)).filter((name) => name.endsWith('.html') && name !== 'index.html');
  assert.deepEqual(index.filter((name) => name.endsWith('.html')).sort(), there.sort());
  for (const name of index) for (const used of names(await get(name))) await get(used);
  assert.equal((await fetch(`http://${host}/nothing.html`)).status, 404);
});

class FakeSocket extends EventEmitter {
  sent = [];
  send(text) {
    this.sent.push(JSON.parse(text));
    this.emit('sent');
  }
  close() {}
  async says(fits) {
    while (!this.sent.some(fits)) await once(this, 'sent', { signal: AbortSignal.timeout(30_000) });
    return this.sent.find(fits);
  }
}

function refuse() {
  throw new Refusal('BUSY', 'not now');
}

test('a visit answers commands by their number and says why one fails', async () => {
  const socket = new FakeSocket();
  new Visit(socket, async () => ({ twice: ({ value }) => ({ value: 2 * value }), refuse }));
  const requests = [{ id: 1, command: 'twice', data: { value: 4 } }, { id: 2, command: 'refuse' }, { id: 3, command: 'toString' }];
  for (const request of requests) socket.emit('text', JSON.stringify(request));
  assert.deepEqual(await socket.says(({ id }) => id === 1), { id: 1, result: { value: 8 } });
  assert.deepEqual(await socket.says(({ id }) => id === 2), { id: 2, error: { reason: 'BUSY', message: 'not now' } });
  assert.equal((await socket.says(({ id }) => id === 3)).error.reason, 'UNKNOWN_COMMAND');
});

test('a visit tells the page when it could not begin', async () => {
  const socket = new FakeSocket();
  new Visit(socket, async () => refuse());
  assert.deepEqual((await socket.says(({ event }) => event === 'refused')).data, { reason: 'BUSY', message: 'not now' });
});

test('a visit ends once, backwards, and at once for what comes too late', async (t) => {
  t.mock.method(console, 'error', () => {});
  const socket = new FakeSocket();
  const done = [];
  const visit = new Visit(socket, async () => ({}));
  visit.onEnd(() => done.push('first'));
  visit.onEnd(refuse);
  visit.onEnd(() => done.push('third'));

  socket.emit('end');
  await visit.end();
  visit.onEnd(() => done.push('late'));

  assert.deepEqual(done, ['third', 'first', 'late']);
});

test('a stage tells the events of each element, and its session goes with it', async (t) => {
  const server = await FakeServer.start({
    'kms.v1.SessionService.SubscribeEvents': (call) => {
      call.write({ sequence: 1, source: 'sessions/made/elements/one', endOfStream: {} });
      call.write({ sequence: 2, source: 'sessions/made/elements/two', elementError: { reason: 'UNREADABLE', message: 'no' } });
      call.write({ sequence: 3, source: 'sessions/made', sessionClosed: { reason: 'SERVER_DRAINING' } });
      call.end();
    },
  });
  const client = await connect(server.target);
  t.after(() => {
    client.close();
    server.stop();
  });
  const heard = [];
  const stage = await Stage.open(client, 'test');
  const closed = new Promise((resolve) => stage.on(undefined, (type) => type === 'SessionClosed' && resolve()));
  stage.on('one', (type) => heard.push(['one', type]));
  stage.on('two', (type, data) => heard.push(['two', type, data.reason]));
  await closed;
  assert.deepEqual(heard, [['one', 'EndOfStream'], ['two', 'ElementError', 'UNREADABLE']]);

  await stage.close();
  assert.equal(server.requests('DeleteSession').length, 1);
});
