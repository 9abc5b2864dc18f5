// SPDX-License-Identifier: Apache-2.0
// The one-file samples, Node's and Python's: a page sees itself, in colours and through the filter, and its session ends with it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { connect } from '../../../client-samples/node/lib/index.js';
import { Chromium } from '../lib/chromium.mjs';
import { Server } from '../lib/server.mjs';

const clients = fileURLToPath(new URL('../../../client-samples/', import.meta.url));
const samples = {
  'loopback.mjs': [process.execPath, path.join(clients, 'node/samples/loopback.mjs')],
  'loopback.py': ['/usr/bin/python3', '-B', path.join(clients, 'python/samples/loopback.py')],
};
const environment = { ...process.env, PYTHONPATH: path.join(clients, 'python') };

// Where it serves its page; ends with the test.
async function started(t, [program, ...given], target) {
  const sample = spawn(program, [...given, target, '0'], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(sample, 'exit');
  t.after(() => {
    sample.kill('SIGKILL');
    return exited;
  });
  const [line] = await Promise.race([once(createInterface({ input: sample.stdout }), 'line'), exited.then(() => ['nothing: it ended'])]);
  assert.match(line, /^http:/);
  return line;
}

// Until the fake camera's picture, green for the most part, is in colours (or is grey).
const looks = (page, wanted) => page.run((wanted) => {
  const view = document.querySelector('video');
  const context = new OffscreenCanvas(16, 12).getContext('2d', { willReadFrequently: true });
  return until(`a picture ${wanted}`, () => {
    if (!view.videoWidth) return false;
    context.drawImage(view, 0, 0, 16, 12);
    const points = context.getImageData(0, 0, 16, 12).data;
    const colour = Array.from({ length: 192 }, (_, at) => points.slice(4 * at, 4 * at + 3)).map((point) => Math.max(...point) - Math.min(...point));
    const mean = colour.reduce((sum, each) => sum + each, 0) / colour.length;
    return wanted === 'in colours' ? mean > 60 : mean < 10;
  });
}, wanted);
const click = (page) => page.run(() => document.querySelector('button').click());

async function sessions(client) {
  const names = [];
  for await (const { name } of client.listSessions()) names.push(name);
  return names;
}

// Why it was closed.
async function closed(session) {
  const signal = AbortSignal.timeout(40_000);
  for await (const { type, data } of session.events({ signal })) if (type === 'SessionClosed') return data.reason;
  return 'not closed';
}

test('the one-file samples switch a filter on and off while the page looks', { timeout: 300_000 }, async (t) => {
  const server = await Server.kms(t);
  const browser = await Chromium.start(t);
  const client = await connect(server.grpc);
  t.after(() => client.close());
  for (const [name, command] of Object.entries(samples)) {
    await t.test(name, async (t) => {
      const page = await browser.open(await started(t, command, server.grpc));
      await looks(page, 'in colours');
      await click(page);
      await looks(page, 'in grey');
      await click(page);
      await looks(page, 'in colours');
      const [visit, ...others] = await sessions(client);
      assert.deepEqual(others, []);
      const end = closed(await client.session(visit));

      await page.go('about:blank');
      assert.equal(await end, 'CLIENT_DELETED');
    });
  }
});

test('an offer that is none is refused with its reason, and leaves no session', { timeout: 300_000 }, async (t) => {
  const server = await Server.kms(t);
  const client = await connect(server.grpc);
  t.after(() => client.close());
  for (const command of Object.values(samples)) {
    const url = await started(t, command, server.grpc);
    const reply = await fetch(`${url}offer`, { method: 'POST', body: 'hello' });
    assert.match(`${reply.status} ${await reply.text()}`, /^400 SDP_/);
    assert.deepEqual(await sessions(client), []);
  }
});
