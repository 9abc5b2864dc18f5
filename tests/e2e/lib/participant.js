// SPDX-License-Identifier: Apache-2.0
// Runs in the page: publishes and watches over WHIP and WHEP, and says what arrives.
(() => {
  const eachSecondHas = 1000;

  // Milliseconds in which the page was awake. They do not go on while it stands still, as on a machine that does: then it saw
  // no pictures, but none were missing.
  const longestTurn = 100;
  let [slept, woke] = [0, performance.now()];
  setInterval(() => {
    const now = performance.now();
    [slept, woke] = [slept + Math.max(0, now - woke - longestTurn), now];
  }, 20);
  const awake = () => performance.now() - slept - Math.max(0, performance.now() - woke - longestTurn);

  class Participant {
    constructor() {
      this.peer = new RTCPeerConnection();
      this.view = document.createElement('video');
      Object.assign(this.view, { autoplay: true, playsInline: true });
      document.body.append(this.view);
    }

    // Sends the camera and the microphone to a room. `mangle.offer` and `mangle.answer` may change the texts; with
    // `encodings`, pictures are sent as simulcast; with `sound` ("audio/red"), the browser prefers it.
    async publish(room, { mangle, encodings, sound } = {}) {
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480 } });
      for (const track of media.getTracks()) {
        const sendEncodings = track.kind === 'video' ? encodings : undefined;
        const line = this.peer.addTransceiver(track, { direction: 'sendonly', streams: [media], ...(sendEncodings && { sendEncodings }) });
        if (sound && track.kind === 'audio') prefer(line, sound);
        if (track.kind === 'video') await keepSize(line.sender);
      }
      await this.join(`/whip/${room}`, mangle);
    }

    // Gives the milliseconds from before the offer was made to each step.
    async watch(room, { mangle } = {}) {
      this.began = performance.now();
      this.steps = {};
      this.note();
      for (const kind of ['audio', 'video']) this.peer.addTransceiver(kind, { direction: 'recvonly' });
      await this.join(`/whep/${room}`, mangle);
      return this.steps;
    }

    step(name) {
      this.steps[name] ??= performance.now() - this.began;
    }

    note() {
      this.firstFrame = new Promise((resolve) => {
        this.view.requestVideoFrameCallback((now, frame) => {
          this.step('first frame');
          resolve({ width: frame.width, height: frame.height });
        });
      });
      this.peer.ontrack = ({ streams }) => (this.view.srcObject = streams[0]);
      this.peer.oniceconnectionstatechange = () => this.step(`ice ${this.peer.iceConnectionState}`);
      this.peer.onconnectionstatechange = () => this.step(`peer ${this.peer.connectionState}`);
    }

    async join(door, { offer = (sdp) => sdp, answer = (sdp) => sdp } = {}) {
      await this.peer.setLocalDescription();
      this.steps && this.step('offer');
      const headers = { 'Content-Type': 'application/sdp' };
      const reply = await fetch(door, { method: 'POST', headers, body: offer(this.peer.localDescription.sdp) });
      const text = await reply.text();
      if (reply.status !== 201) throw new Error(`${door}: ${reply.status} ${text}`);
      this.session = reply.headers.get('Location');
      this.steps && this.step('answer');
      await this.peer.setRemoteDescription({ type: 'answer', sdp: answer(text) });
      this.steps && this.step('answer taken');
    }

    // The RTP statistics of a kind: 'inbound-rtp' or 'outbound-rtp', 'audio' or 'video'.
    async rtp(type, kind) {
      const all = [...(await this.peer.getStats()).values()];
      return all.find((each) => each.type === type && each.kind === kind) ?? {};
    }

    // How many pictures leave in so many seconds.
    async sends(seconds) {
      const sent = async () => (await this.rtp('outbound-rtp', 'video')).framesSent;
      const [before, end] = [await sent(), performance.now() + seconds * eachSecondHas];
      await until('the end', () => performance.now() >= end);
      return (await sent()) - before;
    }

    // The most milliseconds (awake) between two of the next `pictures` that are decoded.
    async longestPause(pictures) {
      const decoded = async () => (await this.rtp('inbound-rtp', 'video')).framesDecoded;
      let [count, last, longest] = [await decoded(), undefined, 0];
      const end = count + pictures;
      await until(`${pictures} more pictures`, async () => {
        const now = await decoded();
        if (now === count) return false;
        longest = Math.max(longest, last === undefined ? 0 : awake() - last);
        [count, last] = [now, awake()];
        return count >= end;
      });
      return longest;
    }

    // A grid of the picture shown now: red, green, blue of 16 x 12 points.
    pixels() {
      const canvas = new OffscreenCanvas(16, 12);
      const context = canvas.getContext('2d');
      context.drawImage(this.view, 0, 0, 16, 12);
      return [...context.getImageData(0, 0, 16, 12).data].filter((value, at) => at % 4 !== 3);
    }

    // Looks at the pictures for so many seconds: how many were decoded, and the longest time (milliseconds awake) without a new one.
    async look(seconds) {
      const before = await this.rtp('inbound-rtp', 'video');
      const [end, times] = [performance.now() + seconds * eachSecondHas, [awake()]];
      while (performance.now() < end) {
        await Promise.race([this.nextFrame(), until('the end', () => performance.now() >= end)]);
        times.push(awake());
      }
      const after = await this.rtp('inbound-rtp', 'video');
      const longest = Math.max(...times.slice(1).map((time, at) => time - times[at]));
      return { decoded: after.framesDecoded - before.framesDecoded, longest, before, after };
    }

    nextFrame() {
      return new Promise((resolve) => this.view.requestVideoFrameCallback(resolve));
    }

    async leave() {
      this.peer.close();
      if (this.session) await fetch(this.session, { method: 'DELETE' });
    }
  }

  // A busy browser sends fewer pictures, not smaller ones.
  async function keepSize(sender) {
    await sender.setParameters({ ...sender.getParameters(), degradationPreference: 'maintain-resolution' });
  }

  function prefer(line, mimeType) {
    const { codecs } = RTCRtpSender.getCapabilities('audio');
    const first = codecs.filter((codec) => codec.mimeType === mimeType);
    line.setCodecPreferences([...first, ...codecs.filter((codec) => codec.mimeType !== mimeType)]);
  }

  // The track of a camera that sees noise: an encoder makes as many bits of it as it may.
  function noise(width, height) {
    const [tile, view] = [new OffscreenCanvas(2 * width, 2 * height), document.createElement('canvas')];
    Object.assign(view, { width, height });
    const points = new ImageData(tile.width, tile.height);
    points.data.forEach((value, at) => (points.data[at] = at % 4 === 3 ? 255 : 256 * Math.random()));
    tile.getContext('2d').putImageData(points, 0, 0);
    const context = view.getContext('2d');
    const draw = () => {
      context.drawImage(tile, -width * Math.random(), -height * Math.random());
      requestAnimationFrame(draw);
    };
    draw();
    return view.captureStream(30).getTracks()[0];
  }

  // Asks again at each of the page's turns until `holds` gives something, or fails after `seconds`.
  async function until(what, holds, seconds = 40) {
    const end = performance.now() + seconds * eachSecondHas;
    for (;;) {
      const found = await holds();
      if (found) return found;
      if (performance.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
      await new Promise((resolve) => {
        requestAnimationFrame(resolve);
        setTimeout(resolve, longestTurn); // a page that nothing is drawn of has no other turns
      });
    }
  }

  // What may be changed on the way between page and server.
  const mangles = {
    // The certificate is not that of the offer: the last digit of each a=fingerprint line is another one.
    falseFingerprint: { offer: (sdp) => sdp.replace(/^(a=fingerprint:.*)(.)$/gm, (line, head, digit) => head + (digit === '0' ? '1' : '0')) },
    // The browser knows no RED (RFC 2198), as others do not.
    noRed: {
      offer: (sdp) => {
        const [, type] = /^a=rtpmap:(\d+) red\/48000/m.exec(sdp);
        return sdp.replace(new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${type} .*\r\n`, 'gm'), '').replace(new RegExp(`^(m=audio .*) ${type}\\b`, 'm'), '$1');
      },
    },
    // FlexFEC is offered as well, as Chromium does when told to.
    flexFec: {
      offer: (sdp) =>
        sdp.replace(/^m=video .*$/m, '$& 48').replace(/^a=rtpmap:96 /m, 'a=rtpmap:48 flexfec-03/90000\r\na=fmtp:48 repair-window=10000000\r\n$&'),
    },
    // UDP is blocked: only the server's TCP candidates are known.
    onlyTcp: { answer: (sdp) => sdp.replace(/^a=candidate:\S+ 1 udp .*\r\n/gm, '') },
    // A browser on a busy machine may take TCP, if that answers first.
    onlyUdp: { answer: (sdp) => sdp.replace(/^a=candidate:\S+ 1 tcp .*\r\n/gm, '') },
  };

  Object.assign(globalThis, { awake, Participant, mangles, noise, until });
})();
