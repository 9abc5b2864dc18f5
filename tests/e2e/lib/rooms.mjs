// SPDX-License-Identifier: Apache-2.0
// What tests and the bench do with a room.
import { Server } from './server.mjs';

// A server with a page that publishes in the room "hall", and the means to open more pages. All of it ends with `t`.
export class Stage {
  static async of(t, browser, server) {
    const stage = Object.assign(new Stage(), { t, browser, server: server ?? (await Server.kms(t)) });
    stage.publisher = await stage.page();
    await stage.publisher.run(async () => {
      globalThis.me = new Participant();
      await me.publish('hall');
      await until('media leaves', async () => (await me.rtp('outbound-rtp', 'video')).framesSent > 0);
    });
    await stage.server.logged(['publisher', 'connected']);
    return stage;
  }

  async page(browser = this.browser) {
    const page = await browser.open(`${this.server.url}/healthz`);
    this.t.after(() => page.close().catch(() => {})); // it may be gone
    return page;
  }

  // A page that watches and has seen its first picture.
  async viewer(browser = this.browser) {
    const [page, place] = [await this.page(browser), this.server.place];
    await page.run(async () => {
      globalThis.me = new Participant();
      await me.watch('hall');
      await me.firstFrame;
    });
    await this.server.logged(['viewer', 'connected'], { place });
    return page;
  }
}

// Watches until the first picture is shown, then leaves: milliseconds from before the offer to each step.
export function watchOnce(page, room) {
  return page.run(async (name) => {
    const me = new Participant();
    const steps = await me.watch(name);
    await me.firstFrame;
    await me.leave();
    return steps;
  }, room);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}
