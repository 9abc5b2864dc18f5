// SPDX-License-Identifier: Apache-2.0
// What the READMEs of elements and filters show works as it stands there.
import assert from 'node:assert/strict';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../../lib/index.js';
import { clipUri, KmsServer } from './kms_server.mjs';

const root = new URL('../../../../', import.meta.url);
const hat = 'file:///srv/media/hat.png';
const AsyncFunction = (async () => {}).constructor;

// {name, code} of each block of JavaScript.
async function samples() {
  const found = [];
  for (const parent of ['elements', 'filters']) {
    for (const folder of await readdir(new URL(parent, root))) {
      const text = await readFile(new URL(`${parent}/${folder}/README.md`, root), 'utf8').catch(() => '');
      for (const [, code] of text.matchAll(/^```js\n(.*?)^```$/gms)) found.push({ name: `${parent}/${folder}`, code });
    }
  }
  return found;
}

test('samples in the READMEs of elements run', async (t) => {
  const server = await KmsServer.start(t);
  await copyFile(fileURLToPath(new URL('client-samples/web/hat.png', root)), fileURLToPath(server.uri('hat.png')));
  const client = await connect(server.target);
  t.after(() => client.close());
  const all = await samples();
  assert.ok(all.length >= 4);
  for (const { name, code } of all) {
    await t.test(name, async () => {
      const session = await client.createSession();
      const player = await session.create('PlayerEndpoint', { uri: clipUri });
      const recorder = await session.create('RecorderEndpoint', { uri: server.uri(`${session.id}.webm`) });
      const run = new AsyncFunction('session', 'player', 'recorder',
        `{ ${code.replace('file:///srv/media/clip.mp4', clipUri).replace(hat, server.uri('hat.png'))} }`);
      await run(session, player, recorder);
      await session.close();
    });
  }
});
