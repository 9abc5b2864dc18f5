// SPDX-License-Identifier: Apache-2.0
// Runs in the page: how much later than its own camera and microphone the page sees a flash and hears a beep of the clip
// in what comes back. The difference of both is what the way back adds between picture and sound, whatever there was
// between them before.
(() => {
  // Tells when a tone of 1 kHz begins: `currentTime` of its context. Looks at the last 512 samples every 128.
  const detector = `registerProcessor('beeps', class extends AudioWorkletProcessor {
    #last = new Float32Array(512);
    #quietSince = 0;
    process([[samples]]) {
      if (!samples) return true;
      this.#last.copyWithin(0, samples.length);
      this.#last.set(samples, this.#last.length - samples.length);
      if (!this.#isTone()) return true;
      if (currentTime - this.#quietSince > 0.4) this.port.postMessage(currentTime);
      this.#quietSince = currentTime;
      return true;
    }
    #isTone() {
      const step = (2 * Math.PI * 1000) / sampleRate;
      let [cosine, sine, power] = [0, 0, 0];
      this.#last.forEach((value, at) => {
        cosine += value * Math.cos(step * at);
        sine += value * Math.sin(step * at);
        power += value * value;
      });
      const [tone, all] = [2 * Math.hypot(cosine, sine) / 512, Math.sqrt(2 * power / 512)];
      return tone > 0.08 && tone > 0.8 * all;
    }
  });`;

  // Times of beeps in a stream, milliseconds of the context's clock.
  function beeps(context, stream) {
    const times = [];
    const node = new AudioWorkletNode(context, 'beeps', { channelCount: 1, channelCountMode: 'explicit' });
    node.port.onmessage = ({ data }) => times.push(1000 * data);
    context.createMediaStreamSource(stream).connect(node).connect(context.destination);
    return times;
  }

  // Times of flashes in a video element, milliseconds of the page's clock.
  function flashTimes(video) {
    const times = [];
    let lit = true;
    const look = (now, { expectedDisplayTime }) => {
      const is = isLit(video);
      if (is && !lit) times.push(expectedDisplayTime);
      lit = is;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    return times;
  }

  // How much later each of `back` is than the last of `there` before it.
  const delays = (there, back) => back.map((time) => time - there.findLast((each) => each <= time)).filter((delay) => delay < 950);
  const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

  // Medians over `wanted` seconds after `settle` seconds, in milliseconds: {picture, sound, offset}; `offset` is positive
  // when the picture is late.
  async function syncOf(view, { settle, wanted }) {
    const own = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 480, frameRate: 30 } });
    const preview = Object.assign(document.createElement('video'), { autoplay: true, muted: true, srcObject: own });
    preview.width = 160;
    document.body.append(preview);
    const context = new AudioContext();
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([detector], { type: 'text/javascript' })));
    await flashes(view, settle, 3 * settle + 15);
    const seen = { there: flashTimes(preview), back: flashTimes(view) };
    const heard = { there: beeps(context, own), back: beeps(context, view.srcObject) };
    await until(`${wanted} flashes and beeps`, () => Math.min(seen.back.length, heard.back.length) > wanted, 3 * wanted + 15);
    await context.close();
    const [picture, sound] = [delays(seen.there, seen.back), delays(heard.there, heard.back)].map(middle);
    return { picture, sound, offset: picture - sound };
  }

  Object.assign(globalThis, { syncOf });
})();
