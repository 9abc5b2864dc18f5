// SPDX-License-Identifier: Apache-2.0
// Peer connections of a page for data alone, with endpoints of kms.
import { Samples } from './samples.mjs';
import { Chromium } from './chromium.mjs';

// Runs in the page: functions that all work on a connection's channels, which are in peers[id].
function dataPeers() {
  globalThis.peers = {};

  // What came over each channel: by label, {channel, got}; a new one takes the place of the last of its label.
  function note(channels, channel) {
    const known = channels[channel.label];
    channel.binaryType = 'arraybuffer';
    const entry = { channel, got: [], count: known?.count ?? 0, opened: (known?.opened ?? 0) + 1 };
    channel.onmessage = ({ data }) => {
      entry.count += 1;
      if (!entry.forgets) entry.got.push(data);
      entry.heard?.();
    };
    channels[channel.label] = entry;
  }

  globalThis.offerOf = async (id, wanted) => {
    const peer = new RTCPeerConnection();
    const channels = {};
    for (const [label, init] of wanted) note(channels, peer.createDataChannel(label, init));
    peer.ondatachannel = ({ channel }) => note(channels, channel);
    peers[id] = { peer, channels, open: (label, init) => note(channels, peer.createDataChannel(label, init)) };
    await peer.setLocalDescription();
    return peer.localDescription.sdp;
  };

  // Two connections of this page with each other: a channel `data` from peers[one] to peers[other].
  globalThis.joined = async (one, other) => {
    const offer = await offerOf(one, [['data']]);
    const peer = new RTCPeerConnection();
    peers[other] = { peer, channels: {} };
    peer.ondatachannel = ({ channel }) => note(peers[other].channels, channel);
    const tells = (from, to) => (from.onicecandidate = ({ candidate }) => to.addIceCandidate(candidate));
    await peer.setRemoteDescription({ type: 'offer', sdp: offer });
    tells(peers[one].peer, peer);
    tells(peer, peers[one].peer);
    await peer.setLocalDescription();
    await peers[one].peer.setRemoteDescription(peer.localDescription);
    await Promise.all([isOpen(one, 'data'), isOpen(other, 'data')]);
  };

  globalThis.isOpen = (id, label) => until(`an open channel ${label}`, () => peers[id].channels[label]?.channel.readyState === 'open');

  globalThis.heard = (id, label, count, seconds) =>
    until(`${count} messages on ${label}`, () => peers[id].channels[label]?.count >= count, seconds);

  // Sends as fast as the browser's own buffer empties; `message(n)` makes the nth, and `channel.poured` tells how many.
  globalThis.pour = async (channel, count, message) => {
    channel.bufferedAmountLowThreshold = 512 * 1024;
    for (let sent = 0; sent < count; ++sent) {
      if (channel.bufferedAmount > 2 * channel.bufferedAmountLowThreshold) await new Promise((resolve) => (channel.onbufferedamountlow = resolve));
      channel.send(message(sent));
      channel.poured = sent + 1;
    }
  };
}

export class DataStage {
  // kms-server with its Node client, and a browser. Ends with the suite.
  static async start(suite) {
    const stage = new DataStage();
    stage.samples = await Samples.start(suite);
    stage.browser = await Chromium.start(suite);
    return stage;
  }

  // A page with the functions above, and a session.
  async page(t) {
    const page = await this.browser.open(`${this.samples.url}index.html`);
    t.after(() => page.close());
    await page.run(dataPeers);
    const session = await this.samples.client.createSession({ lease: 60 });
    t.after(() => session.close());
    return { page, session };
  }

  // An endpoint `id` of the session, and a connection with it that begins with `channels`: pairs of label and init. `before` is
  // done with the endpoint before it answers; `enter` runs `accepted` in the page, which connects.
  async join({ page, session }, id, channels, before = async () => {}, enter = (accepted) => page.run(accepted)) {
    const endpoint = await session.create('WebRtcEndpoint', {}, { id });
    await before(endpoint);
    const offer = await page.run((name, wanted) => offerOf(name, wanted), id, channels);
    const { answer } = await endpoint.processOffer({ offer });
    await page.run((...given) => (globalThis.answered = given), id, answer, channels[0][0]);
    await enter(async () => {
      const [name, sdp, label] = answered;
      await peers[name].peer.setRemoteDescription({ type: 'answer', sdp });
      await isOpen(name, label);
    });
    return endpoint;
  }
}
