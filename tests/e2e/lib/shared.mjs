// SPDX-License-Identifier: Apache-2.0
import { after, before } from 'node:test';
import { Chromium } from './chromium.mjs';

// One Chromium for all tests of a describe(), in which this is called: it is there, as `browser`, when they run.
export function sharedChromium() {
  const shared = {};
  const owned = [];
  before(async () => {
    shared.browser = await Chromium.start({ after: (end) => owned.push(end) });
  });
  after(async () => {
    for (const end of owned) await end();
  });
  return shared;
}
