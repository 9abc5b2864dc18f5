// SPDX-License-Identifier: Apache-2.0
// Runs in the page: one peer connection, whose lines have names that its mids do not depend on.
(() => {
  const rate = 15; // pictures per second

  // Pictures of one colour, in which something moves.
  function pictures(colour) {
    const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 120 });
    const context = canvas.getContext('2d');
    let at = 0;
    const draw = () => {
      context.fillStyle = colour;
      context.fillRect(0, 0, 160, 120);
      context.fillStyle = 'black';
      context.fillRect((at += 4) % 150, 100, 10, 20);
    };
    draw();
    setInterval(draw, 1000 / rate);
    return canvas.captureStream(rate).getVideoTracks()[0];
  }

  function sound() {
    const context = new AudioContext();
    const [tone, end] = [new OscillatorNode(context), context.createMediaStreamDestination()];
    tone.connect(end);
    tone.start();
    return end.stream.getAudioTracks()[0];
  }

  // One for all connections of the page.
  const made = {};
  const track = (name) => (made[name] ??= name === 'audio' ? sound() : pictures(name));
  const trackOf = (kind, colour = 'red') => track(kind === 'audio' ? kind : colour);
  const sends = (direction) => direction.startsWith('send');

  function speakOnly(transceiver, codec) {
    const { codecs } = RTCRtpReceiver.getCapabilities(transceiver.receiver.track.kind);
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType === codec));
  }

  class Caller {
    #lines = new Map(); // transceivers by name
    #candidates = [];

    constructor() {
      this.peer = new RTCPeerConnection();
      this.peer.onicecandidate = ({ candidate }) => this.#candidates.push(candidate ? candidate.toJSON() : null);
    }

    add({ line, kind, direction = 'sendrecv', codec, colour }) {
      const transceiver = this.peer.addTransceiver(sends(direction) ? trackOf(kind, colour) : kind, { direction });
      if (codec) speakOnly(transceiver, codec);
      this.#lines.set(line, transceiver);
    }

    async direct({ line, to }) {
      const transceiver = this.#lines.get(line);
      await transceiver.sender.replaceTrack(trackOf(transceiver.receiver.track.kind));
      transceiver.direction = to;
    }

    remove({ line }) {
      this.peer.removeTrack(this.#lines.get(line).sender);
    }

    stop({ line }) {
      this.#lines.get(line).stop();
    }

    forget({ line }) {
      this.#lines.delete(line);
    }

    replace({ line, colour }) {
      return this.#lines.get(line).sender.replaceTrack(track(colour));
    }

    restart() {
      this.peer.restartIce();
    }

    async offer() {
      await this.peer.setLocalDescription();
      return this.peer.localDescription.sdp;
    }

    async accept(sdp) {
      await this.peer.setRemoteDescription({ type: 'answer', sdp });
    }

    // `fresh` are the lines that come with the offer, in their order: with a name, a direction, and perhaps the
    // only codec that is spoken there: one that is not offered refuses the line.
    async answer(sdp, fresh) {
      await this.peer.setRemoteDescription({ type: 'offer', sdp });
      const known = [...this.#lines.values()];
      const added = this.peer.getTransceivers().filter((each) => each.mid !== null && !known.includes(each));
      for (const [at, { line, direction = 'sendrecv', codec }] of fresh.entries()) {
        this.#lines.set(line, added[at]);
        if (codec) speakOnly(added[at], codec);
        if (sends(direction)) await added[at].sender.replaceTrack(trackOf(added[at].receiver.track.kind));
        added[at].direction = direction;
      }
      return this.offer();
    }

    // An offer of either side, and back.
    async takeBack(sdp) {
      if (sdp) {
        await this.peer.setRemoteDescription({ type: 'offer', sdp });
        return this.peer.setRemoteDescription({ type: 'rollback' });
      }
      const transceiver = this.peer.addTransceiver('video');
      await this.peer.setLocalDescription();
      await this.peer.setLocalDescription({ type: 'rollback' });
      transceiver.stop();
    }

    // A candidate of this side, in turn; null: there are no more.
    async candidate() {
      await until('a candidate', () => this.#candidates.length > 0);
      return this.#candidates.shift();
    }

    async addCandidate({ candidate, sdpMid, sdpMLineIndex }) {
      await this.peer.addIceCandidate(candidate ? { candidate, sdpMid, sdpMLineIndex } : null);
    }

    mids() {
      const all = [...this.#lines].filter(([, { mid, direction }]) => mid !== null && direction !== 'stopped');
      return Object.fromEntries(all.map(([line, { mid }]) => [line, mid]));
    }

    describe() {
      const [local, remote] = [this.peer.localDescription.sdp, this.peer.remoteDescription.sdp];
      const ufrag = (sdp) => /a=ice-ufrag:(\S+)/.exec(sdp)[1];
      return { mlines: local.match(/^m=/gm).length, ufrags: [ufrag(local), ufrag(remote)], state: this.peer.signalingState };
    }

    // What was received, by mid: pictures that were decoded, packets of sound.
    async received() {
      await new Promise(requestAnimationFrame);
      const all = [...(await this.peer.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
      return Object.fromEntries(all.map((each) => [each.mid, each.kind === 'video' ? (each.framesDecoded ?? 0) : each.packetsReceived]));
    }

    // Whether the pictures of a line become such ones: red, green and blue, from 0 to 255.
    async shows({ line, colour: wanted }) {
      this.view ??= Object.assign(document.createElement('video'), { autoplay: true, muted: true });
      this.view.srcObject = new MediaStream([this.#lines.get(line).receiver.track]);
      await until(`pictures of ${wanted}`, () => {
        if (!this.view.videoWidth) return false;
        const seen = colour(this.view, [0.1, 0.1, 0.8, 0.5]);
        return seen.every((value, at) => Math.abs(value - wanted[at]) < 60);
      });
    }

    close() {
      this.peer.close();
      if (this.view) this.view.srcObject = null;
    }
  }

  globalThis.Caller = Caller;
})();
