// SPDX-License-Identifier: Apache-2.0
// What docs/whip.md shows works as it stands there: the application that records a room, and the page that watches it.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { connect } from '../../../client-samples/node/lib/index.js';
import { Chromium } from '../lib/chromium.mjs';
import { Stage } from '../lib/rooms.mjs';
import { Server } from '../lib/server.mjs';

const AsyncFunction = (async () => {}).constructor;

// The one block of JavaScript of the document with this word, with other places in it.
async function block(word, [from, to]) {
  const text = await readFile(new URL('../../../docs/whip.md', import.meta.url), 'utf8');
  const found = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code).filter((code) => code.includes(word));
  assert.equal(found.length, 1, `blocks with ${word}`);
  assert.ok(found[0].includes(from));
  return found[0].replace(from, to);
}

async function recorded(session) {
  const signal = AbortSignal.timeout(40_000);
  for await (const { type } of session.events({ signal })) if (type === 'RecordingStarted') return true;
  return false;
}

test('a room is recorded and watched as docs/whip.md says', { timeout: 300_000 }, async (t) => {
  let recordings;
  const server = await Server.kms(t, (folder) => {
    recordings = path.join(folder, 'recordings');
    return `files:\n  write: ["${recordings}"]\n`;
  });
  await mkdir(recordings);
  const kms = await connect(server.grpc);
  t.after(() => kms.close());
  await new AsyncFunction('kms', await block('RecorderEndpoint', ['/srv/recordings', recordings]))(kms);
  const stage = await Stage.of(t, await Chromium.start(t), server);
  assert.ok(await recorded(await kms.session('hall')));

  const page = await stage.page();
  const watch = await block('/whep/', ['http://127.0.0.1:8080', server.url]);
  const pictures = await page.run(async (code) => {
    const view = Object.assign(document.createElement('video'), { autoplay: true, muted: true });
    document.body.append(view);
    await new (async () => {}).constructor(code)();
    return until('20 pictures', () => view.getVideoPlaybackQuality().totalVideoFrames > 20 && view.videoWidth);
  }, watch);
  assert.equal(pictures, 640);
});
