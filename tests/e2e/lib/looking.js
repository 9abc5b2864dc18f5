// SPDX-License-Identifier: Apache-2.0
// Runs in the page: looks at what a video element shows and listens to what its stream holds.
(() => {
  const [across, down] = [320, 240];

  // The picture shown now, scaled to 320 x 240: red, green, blue, alpha.
  function picture(video) {
    const context = new OffscreenCanvas(across, down).getContext('2d', { willReadFrequently: true });
    context.drawImage(video, 0, 0, across, down);
    return context.getImageData(0, 0, across, down).data;
  }

  // Where the points of a part of the picture are in its data; the part is x, y, width and height as fractions.
  function* points([x, y, width, height]) {
    for (let row = Math.round(y * down); row < Math.round((y + height) * down); ++row) {
      for (let column = Math.round(x * across); column < Math.round((x + width) * across); ++column) yield 4 * (row * across + column);
    }
  }

  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  // Mean red, green and blue of a part of the picture.
  function colour(video, part) {
    const data = picture(video);
    return [0, 1, 2].map((of) => mean([...points(part)].map((at) => data[at + of])));
  }

  // How much neighbours differ in a part of the picture: 0 is one colour.
  function detail(video, part) {
    const data = picture(video);
    return mean([...points(part)].map((at) => Math.abs(data[at + 1] - data[at + 5])));
  }

  // The box around what is as green as the filter's boxes: x, y, width, height as fractions; null without any.
  function greenBox(video) {
    const data = picture(video);
    const [columns, rows] = [[], []];
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 1] - Math.max(data[at], data[at + 2]) < 70) continue;
      columns.push((at / 4) % across);
      rows.push(Math.floor(at / 4 / across));
    }
    if (columns.length < 20) return null;
    const [left, top] = [Math.min(...columns), Math.min(...rows)];
    return [left / across, top / down, (Math.max(...columns) + 1 - left) / across, (Math.max(...rows) + 1 - top) / down];
  }

  // Area in common by area of both, of two boxes.
  function overlap(one, other) {
    const common = [0, 1].map((at) => Math.max(0, Math.min(one[at] + one[at + 2], other[at] + other[at + 2]) - Math.max(one[at], other[at])));
    const both = common[0] * common[1];
    return both / (one[2] * one[3] + other[2] * other[3] - both);
  }

  // Whether the white square of the clip is lit, in the left lower corner, one twelfth of the height.
  const corner = globalThis.OffscreenCanvas && new OffscreenCanvas(4, 4).getContext('2d', { willReadFrequently: true });
  function isLit(video) {
    const side = video.videoHeight / 12;
    corner.drawImage(video, side / 4, video.videoHeight - 0.75 * side, side / 2, side / 2, 0, 0, 4, 4);
    return Math.min(...corner.getImageData(0, 0, 4, 4).data) > 180;
  }

  // Counts flashes of the square until there are `wanted` more.
  async function flashes(video, wanted, seconds) {
    let [count, lit] = [0, isLit(video)];
    await until(`${wanted} flashes`, () => {
      const now = isLit(video);
      if (now && !lit) ++count;
      lit = now;
      return count >= wanted;
    }, seconds);
  }

  // Whether pictures come: the number of frames shown grows by `wanted`.
  async function moves(video, wanted = 10) {
    const shown = () => video.getVideoPlaybackQuality().totalVideoFrames;
    const before = shown();
    await until(`${wanted} pictures`, () => shown() >= before + wanted);
    return [video.videoWidth, video.videoHeight];
  }

  // Waits for a tone in a stream, so many seconds at most, and gives its level, 0 to 1 (full scale): the loudest window of the
  // `span` that follows, as the first ones hold what was before the tone, and those after a pause of the machine what fills it.
  async function tone(stream, hertz, { least = 0.05, seconds, span = 0.25 } = {}) {
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0 });
    context.createMediaStreamSource(stream).connect(analyser);
    const [time, spectrum] = [new Float32Array(2048), new Float32Array(1024)];
    const bin = Math.round((hertz / context.sampleRate) * 2048);
    const isPeak = () => spectrum.every((value, at) => Math.abs(at - bin) < 3 || value < spectrum[bin] - 10);
    let [loudest, end] = [0, Infinity];
    try {
      return await until(`a tone of ${hertz} Hz`, () => {
        analyser.getFloatFrequencyData(spectrum);
        analyser.getFloatTimeDomainData(time);
        const level = Math.SQRT2 * Math.sqrt(time.reduce((sum, value) => sum + value * value, 0) / time.length);
        const heard = isPeak() && level > least;
        loudest = Math.max(loudest, heard ? level : 0);
        end = Math.min(end, heard ? context.currentTime + span : Infinity);
        return context.currentTime > end && loudest;
      }, seconds);
    } finally {
      await context.close();
    }
  }

  // The page's own words about where it is.
  const inState = (...states) => until(`state ${states}, not ${document.body.dataset.state}`, () => {
    const error = document.getElementById('error');
    if (!error.hidden) throw new Error(error.textContent);
    return states.includes(document.body.dataset.state);
  });
  const press = (id) => document.getElementById(id).click();

  // From now on traffic(), sentSize() and asLargeAsSent() know the page's last connection.
  let last;
  function keepConnections() {
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...given) {
        super(...given);
        last = this;
      }
    };
  }
  // What it has done so far: packets of sound and pictures that it has sent, and that have come.
  async function traffic() {
    const all = [...(await last.getStats()).values()];
    const of = (type, kind) => all.find((each) => each.type === type && each.kind === kind);
    const [sent, seen] = [of('outbound-rtp', 'video').framesSent, of('inbound-rtp', 'video').framesReceived];
    return { sound: of('outbound-rtp', 'audio').packetsSent, heard: of('inbound-rtp', 'audio').packetsReceived, sent, seen };
  }

  // Width and height of what is shown, if the browser says that it sends pictures of that size.
  async function asLargeAsSent(video) {
    const [width, height] = await sentSize();
    return video.videoWidth === width && video.videoHeight === height && [width, height];
  }
  async function sentSize() {
    const all = [...(await last.getStats()).values()];
    const { frameWidth, frameHeight } = all.find((each) => each.type === 'outbound-rtp' && each.kind === 'video') ?? {};
    return [frameWidth, frameHeight];
  }

  Object.assign(globalThis, { asLargeAsSent, colour, detail, flashes, greenBox, inState, isLit, keepConnections, moves, overlap, press, sentSize, tone, traffic });
})();
