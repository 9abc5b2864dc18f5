#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Serves the sample pages of client-samples/web and runs their sessions on a kms server.
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '@kms/client';
import { Broadcast } from './broadcast.mjs';
import { Calls } from './call.mjs';
import { Conference } from './conference.mjs';
import { Studio } from './director.mjs';
import { GroupCall } from './group-call.mjs';
import { helloWorld } from './hello-world.mjs';
import { pageServer } from './http.mjs';
import { magicMirror } from './magic-mirror.mjs';
import { recordAndPlay } from './record-and-play.mjs';
import { rtpReceiver } from './rtp-receiver.mjs';
import { sendData } from './send-data.mjs';
import { showData } from './show-data.mjs';
import { Refusal, Visit } from './visit.mjs';

const usage = `usage: main.mjs --recordings FOLDER [--server HOST:PORT] [--listen PORT]
  --recordings  where recordings go; the server's configuration must allow to write and to read there
  --server      the gRPC address of kms-server, which runs on this machine; default 127.0.0.1:50051
  --listen      port of the pages on 127.0.0.1, 0 for a free one; default 8090
The image of the mirror is in client-samples/web: the server's configuration must allow to read there (files.read).`;

const pages = fileURLToPath(new URL('../../../web/', import.meta.url));

function options() {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: { recordings: text, server: text, listen: { ...text, default: '8090' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  if (!values.recordings) throw new Error(usage);
  return { ...values, recordings: path.resolve(values.recordings) };
}

// How each page's visit is opened, by the page's name.
function samples(kms) {
  const [camera, screen, calls] = [new Broadcast(kms, 'one to many'), new Broadcast(kms, 'screen share'), new Calls(kms)];
  const [conference, groupCall, studio] = [new Conference(kms), new GroupCall(kms), new Studio(kms)];
  return {
    'magic-mirror': (visit) => magicMirror(kms, visit),
    'hello-world': (visit) => helloWorld(kms, visit),
    'one-to-many': (visit) => camera.open(visit),
    'screen-share': (visit) => screen.open(visit),
    call: (visit) => calls.open(visit),
    conference: (visit) => conference.open(visit),
    'group-call': (visit) => groupCall.open(visit),
    director: (visit) => studio.open(visit),
    'record-and-play': (visit) => recordAndPlay(kms, visit),
    'rtp-receiver': (visit) => rtpReceiver(kms, visit),
    'send-data': (visit) => sendData(kms, visit),
    'show-data': (visit) => showData(kms, visit),
  };
}

async function main() {
  const { server, recordings, listen } = options();
  const client = await connect(server);
  const kms = { client, recordings, image: pathToFileURL(path.join(pages, 'hat.png')).href };
  const opens = samples(kms);
  const visits = new Set();
  const http = pageServer({ '/': pages, '/recordings/': recordings }, (sample, socket) => {
    const unknown = async () => {
      throw new Refusal('UNKNOWN_SAMPLE', `there is no sample "${sample}"`);
    };
    const visit = new Visit(socket, Object.hasOwn(opens, sample) ? opens[sample] : unknown);
    visits.add(visit);
    visit.onEnd(() => visits.delete(visit));
  });
  http.listen(Number(listen), '127.0.0.1');
  await once(http, 'listening');
  console.log(`http://127.0.0.1:${http.address().port}/`);

  const end = async () => {
    http.close();
    http.closeIdleConnections();
    await Promise.all([...visits].map((visit) => visit.end()));
    client.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, end);
}

main().catch((failure) => {
  console.error(failure.message);
  process.exitCode = 1;
});
