// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { clip, clipUri, KmsServer } from './kms_server.mjs';
import { probe, run } from './probe.mjs';

const sample = (name) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));

async function assertIsTheClip(uri) {
  const [made, original] = [await probe(uri), await probe(clipUri)];
  assert.equal(made.video.frames, original.video.frames);
  assert.ok(made.audio.frames > 0);
  assert.ok(Math.abs(made.duration - original.duration) < 0.2, `${made.duration} s instead of ${original.duration} s`);
}

test('the fifteen lines record the clip, also over an older recording, and tell of its face', async (t) => {
  const server = await KmsServer.start(t);
  await writeFile(fileURLToPath(server.uri('fifteen.mp4')), 'of the last time');
  const { stdout } = await run('node', [sample('fifteen-lines.mjs'), server.target, clipUri, server.uri('fifteen.mp4')]);
  assert.match(stdout, /^faces FacesDetected/m);
  assert.match(stdout, /^recorder RecordingFinished/m);
  assert.doesNotMatch(stdout, /ElementError/);
  await assertIsTheClip(server.uri('fifteen.mp4'));
});

test('the demo shows progress and ends with the name of the recording', async (t) => {
  const server = await KmsServer.start(t);
  const output = fileURLToPath(server.uri('demo.mp4'));
  const { stdout } = await run('node', [sample('face-recording.mjs'), '--server', server.target, '--input', clip, '--output', output, '--every', '10']);
  const lines = stdout.trimEnd().split('\n');
  assert.match(stdout, /^position .* MB written$/m);
  assert.match(stdout, /^faces +1 face, found in \d\d+ pictures$/m);
  assert.equal(lines.at(-1), `recording  ${server.uri('demo.mp4')}`);
  await assertIsTheClip(server.uri('demo.mp4'));
});

test('the demo fails with the reason when the clip is not there', async (t) => {
  const server = await KmsServer.start(t);
  const output = fileURLToPath(server.uri('none.mp4'));
  const failing = run('node', [sample('face-recording.mjs'), '--server', server.target, '--input', `${clip}.none`, '--output', output]);
  await assert.rejects(failing, { code: 1, stderr: /NOT_FOUND/ });
});
