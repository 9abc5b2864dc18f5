// SPDX-License-Identifier: Apache-2.0
// How fast messages go between a page and kms. What a browser can do depends on the machine: beside each figure stands what
// two connections of one page do without kms, in the same minute.
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

// Messages per second of a size from peers[from] to peers[to], both of the page.
function poured(page, from, to, size, count) {
  return page.run(async (source, sink, bytes, wanted) => {
    const out = peers[sink].channels.data;
    out.forgets = true;
    const last = out.count + wanted;
    const message = new Uint8Array(bytes);
    const all = new Promise((resolve) => (out.heard = () => out.count === last && resolve()));
    const began = performance.now();
    await pour(peers[source].channels.data.channel, wanted, () => message);
    await all;
    return (1000 * wanted) / (performance.now() - began);
  }, from, to, size, count);
}

// From one connection to another through the graph, so that each message goes both ways, and straight from one to the other.
class Pair {
  static async of(t) {
    const pair = Object.assign(new Pair(), await stage.page(t));
    const a = await stage.join(pair, 'a', [['data']]);
    await stage.join(pair, 'b', [['data']], (endpoint) => a.connect(endpoint, { kind: 'data' }));
    await pair.page.run(() => joined('c', 'd'));
    return pair;
  }

  through = (size, count) => poured(this.page, 'a', 'b', size, count);
  alone = (size, count) => poured(this.page, 'c', 'd', size, count);
}

// The fastest of some tries, the rest of which are left out once one is fast enough: a busy machine looks like a slow one.
// Where the machine is too slow for `bar`, that `part` of what the browser does alone is enough.
async function isFast(t, pair, { size, count, bar, part, show }) {
  let [best, alone] = [0, 0];
  for (let i = 0; i < tries && best < Math.min(bar, part * alone || bar); ++i) {
    best = Math.max(best, await pair.through(size, count));
    if (best < bar) alone = Math.max(alone, await pair.alone(size, count));
  }
  t.diagnostic(show(best) + (alone ? `; the browser alone: ${show(alone)}` : ''));
  assert.ok(best >= Math.min(bar, part * alone || bar), `${show(best)} of ${show(bar)}; the browser alone: ${show(alone)}`);
}

test('10,000 messages of 100 bytes a second', async (t) => {
  const show = (perSecond) => `${perSecond.toFixed(0)} messages/s`;
  await isFast(t, await Pair.of(t), { size: 100, count: 30_000, bar: 10_000, part: 0.5, show });
});

test('60 Mbit/s of messages of 64 KiB', async (t) => {
  const bits = 65_536 * 8;
  const show = (perSecond) => `${((perSecond * bits) / 1e6).toFixed(0)} Mbit/s`;
  // Alone, the browser's one thread sends no more than it reads; what kms sends overflows its receive buffer, and of a window
  // that is halved again and again a third of that is left. A fifth is no aim; it shows when less goes through than did.
  await isFast(t, await Pair.of(t), { size: 65_536, count: 400, bar: 60e6 / bits, part: 0.2, show });
});
