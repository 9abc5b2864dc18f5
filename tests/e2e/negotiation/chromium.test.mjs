// SPDX-License-Identifier: Apache-2.0
// The table of offers and answers, between kms and a real Chromium: the browser offers first, then kms does.
import { readFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import { connect } from '../../../client-samples/node/lib/index.js';
import { Chromium } from '../lib/chromium.mjs';
import { Server } from '../lib/server.mjs';
import { Call } from './call.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const text = (name) => readFile(new URL(name, import.meta.url), 'utf8');
const { cases } = JSON.parse(await text('cases.json'));
const script = `() => { ${await text('caller.js')} }`;

// A call whose first offers are those of the role; it ends with `owner`.
async function start(owner, role) {
  const server = await Server.kms(owner);
  const browser = await Chromium.start(owner);
  const pages = {};
  for (const name of ['me', 'other']) {
    pages[name] = await browser.open(`${server.url}/healthz`);
    await pages[name].run(script);
  }
  const client = await connect(server.grpc);
  owner.after(() => client.close());
  const session = await client.createSession({ lease: 60 });
  owner.after(() => session.close());
  return Call.open(session, pages, role);
}

function play(role) {
  const suite = wholeSuite();
  let call;
  before(async () => {
    call = await start(suite, role);
  });
  for (const { name, steps } of cases) test(name, () => call.play(steps));
}

// Both at once, each in its order: much of it is waiting.
describe('offers and answers', { concurrency: true }, () => {
  for (const role of ['browser', 'kms']) describe(`${role} offers`, { concurrency: false }, () => play(role));
});
