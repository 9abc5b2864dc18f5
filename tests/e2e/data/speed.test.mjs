// SPDX-License-Identifier: Apache-2.0
// How fast messages go from a page to kms and from kms to a page, measured in the page: from one connection to another through
// the graph, so that each message goes both ways.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { DataStage } from '../lib/data.mjs';
import { wholeSuite } from '../lib/shared.mjs';

const tries = 6;
const suite = wholeSuite();
let stage;
before(async () => {
  stage = await DataStage.start(suite);
});

// Messages per second of a size that come out at the other connection.
async function through(t, size, count) {
  const at = await stage.page(t);
  const a = await stage.join(at, 'a', [['data']]);
  await stage.join(at, 'b', [['data']], (endpoint) => a.connect(endpoint, { kind: 'data' }));
  return at.page.run(async (bytes, wanted) => {
    const out = peers.b.channels.data;
    out.forgets = true;
    const message = new Uint8Array(bytes);
    const all = new Promise((resolve) => (out.heard = () => out.count === wanted && resolve()));
    const began = performance.now();
    await pour(peers.a.channels.data.channel, wanted, () => message);
    await all;
    return (1000 * wanted) / (performance.now() - began);
  }, size, count);
}

// The fastest of some tries, the rest of which are left out once one is fast enough: a busy machine looks like a slow one.
async function fastest(t, size, count, enough) {
  let best = 0;
  for (let i = 0; i < tries && best < enough; ++i) best = Math.max(best, await through(t, size, count));
  return best;
}

test('10,000 messages of 100 bytes a second', async (t) => {
  const perSecond = await fastest(t, 100, 30_000, 10_000);
  t.diagnostic(`${perSecond.toFixed(0)} messages/s of 100 bytes`);
  assert.ok(perSecond >= 10_000, `${perSecond}`);
});

test('60 Mbit/s of messages of 64 KiB', async (t) => {
  const bits = 65_536 * 8;
  const megabits = ((await fastest(t, 65_536, 400, 60e6 / bits)) * bits) / 1e6;
  t.diagnostic(`${megabits.toFixed(0)} Mbit/s`);
  assert.ok(megabits >= 60, `${megabits}`);
});
