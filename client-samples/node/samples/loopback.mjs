// SPDX-License-Identifier: Apache-2.0
// The least with a browser, in one file: a page sees itself, and a filter between is switched on and off while it looks. Offer and
// answer go over plain HTTP, candidates stand in the answer.
//
//   node samples/loopback.mjs 127.0.0.1:50051 8095     then http://127.0.0.1:8095/
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { connect } from '@kms/client';

const [target = '127.0.0.1:50051', port = '8095'] = process.argv.slice(2);
const kms = await connect(target);
const peers = new Map(); // session id -> its WebRtcEndpoint
const filters = new Map(); // session id -> its filter, while it is on

async function begin(offer) {
  const session = await kms.createSession({ displayName: 'loopback', lease: 10 });
  try {
    const peer = await session.create('WebRtcEndpoint');
    await peer.connect(peer);
    const { answer } = await peer.processOffer({ offer });
    peers.set(session.id, peer);
    endWithItsPage(session).catch((failure) => console.error(failure.message));
    return { id: session.id, answer };
  } catch (failure) {
    await session.close();
    throw failure;
  }
}

// A page that is closed says goodbye; one whose browser died is missed after rtc.failed_after (30 s).
async function endWithItsPage(session) {
  try {
    for await (const { type, data } of session.events()) {
      if (type === 'ConnectionStateChanged' && ['closed', 'failed'].includes(data.state)) break;
    }
  } finally {
    for (const each of [peers, filters]) each.delete(session.id);
    await session.close();
  }
}

// Links may change at any time: a sink that is taken gets the new source in one step, and nothing is negotiated again.
async function filter(id, on) {
  const peer = peers.get(id);
  if (!peer) throw new Error(`there is no visit ${id}`);
  if (on && !filters.has(id)) {
    const grey = await peer.session.create('GStreamerFilter', { bin: 'videobalance saturation=0' });
    filters.set(id, grey);
    await peer.connect(grey);
    await grey.connect(peer);
  } else if (!on && filters.has(id)) {
    await peer.connect(peer); // sound and pictures, before the filter goes and takes its links with it
    await filters.get(id).delete();
    filters.delete(id);
  }
}

async function answer(request) {
  const [, command, id, on] = request.url.split('/');
  if (request.method === 'GET' && command === '') return readFile(new URL('../../loopback.html', import.meta.url));
  if (request.method === 'POST' && command === 'offer') return JSON.stringify(await begin(await text(request)));
  if (request.method === 'POST' && command === 'filter') return filter(id, on === 'on');
  throw new Error(`nothing is at ${request.method} ${request.url}`);
}

// Browsers give a camera to pages of this machine, and to those with TLS.
const server = createServer((request, response) => answer(request).then(
  (body) => response.end(body),
  (failure) => response.writeHead(400).end(failure.message), // of a KmsError: REASON: details
));
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
