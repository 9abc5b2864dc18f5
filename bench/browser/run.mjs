#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// From a viewer's offer to its first decoded picture, with a real Chromium and the example rtc_sfu of build/release:
//
//   bench/browser/run.mjs [watches, default 15]
//
// Publisher and viewer are pages of one browser on this machine, both loaded before the time is taken. Prints the median
// of each step and exits with 1 when the last is over the bar.
import { Chromium } from '../../tests/e2e/lib/chromium.mjs';
import { median, Stage, watchOnce } from '../../tests/e2e/lib/rooms.mjs';
import { Server } from '../../tests/e2e/lib/server.mjs';

const bar = 250; // milliseconds
const steps = ['offer', 'answer', 'ice connected', 'peer connected', 'first frame'];

const ends = [];
const owner = { after: (end) => ends.unshift(end) };
try {
  const stage = await Stage.of(owner, await Chromium.start(owner), await Server.example(owner));
  const viewer = await stage.page();
  const rounds = [];
  for (let round = 0; round < Number(process.argv[2] ?? 15); ++round) rounds.push(await watchOnce(viewer, 'hall'));
  const medians = steps.map((step) => median(rounds.map((times) => times[step])));
  steps.forEach((step, at) => console.log(`${step.padEnd(15)} ${medians[at].toFixed(0).padStart(5)} ms`));
  const worst = Math.max(...rounds.map((times) => times['first frame']));
  console.log(`bar ${bar} ms, worst ${worst.toFixed(0)} ms, ${rounds.length} watches`);
  process.exitCode = medians.at(-1) <= bar ? 0 : 1;
} finally {
  for (const end of ends) await end();
}
