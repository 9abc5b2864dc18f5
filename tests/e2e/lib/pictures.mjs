// SPDX-License-Identifier: Apache-2.0
// Connections of a page for pictures alone, one way.
import { before } from 'node:test';
import { Chromium } from './chromium.mjs';
import { Samples } from './samples.mjs';
import { wholeSuite } from './shared.mjs';

// Runs in the page.
function connection() {
  globalThis.peer = new RTCPeerConnection();

  globalThis.offer = async () => {
    await peer.setLocalDescription();
    return peer.localDescription.sdp;
  };
  // What shows the pictures that come.
  globalThis.view = () => {
    const view = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted: true });
    document.body.append(view);
    peer.ontrack = ({ track }) => (view.srcObject = new MediaStream([track]));
    return view;
  };
  globalThis.statistics = async (type) => [...(await peer.getStats()).values()].filter((each) => each.type === type && each.kind === 'video');
  globalThis.seen = async () => (await statistics('inbound-rtp'))[0] ?? {};
  globalThis.isWide = (width) => until(`${width} pixels across`, async () => (await seen()).frameWidth === width, 40);
}

// kms-server and a Chromium for all tests of the file in which this is called. `pictures` runs in each page, after connection().
export function pictureStage(pictures) {
  const suite = wholeSuite();
  const stage = {
    async session(t) {
      const session = await stage.samples.client.createSession({ lease: 60 });
      t.after(() => session.close());
      return session;
    },
    // A page, and its endpoint in the session.
    async join(t, session) {
      const page = await stage.browser.open(`${stage.samples.url}index.html`);
      t.after(() => page.close());
      await page.run(connection);
      await page.run(pictures);
      return { page, endpoint: await session.create('WebRtcEndpoint') };
    },
  };
  before(async () => {
    stage.samples = await Samples.start(suite);
    stage.browser = await Chromium.start(suite);
  });
  return stage;
}
