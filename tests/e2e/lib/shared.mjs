// SPDX-License-Identifier: Apache-2.0
import { after, before } from 'node:test';
import { Chromium } from './chromium.mjs';

// What tests start by it stays for all tests of the file or describe() in which this is called, and ends after them, the latest first.
export function wholeSuite() {
  const owned = [];
  after(async () => {
    for (const end of owned) await end();
  });
  return { after: (end) => owned.unshift(end) };
}

// One Chromium for all tests of a describe(), in which this is called: it is there, as `browser`, when they run.
export function sharedChromium() {
  const shared = {};
  const suite = wholeSuite();
  before(async () => {
    shared.browser = await Chromium.start(suite);
  });
  return shared;
}
