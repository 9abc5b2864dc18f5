// SPDX-License-Identifier: Apache-2.0
// ffmpeg and Chromium send each other sound and pictures, through an RtpEndpoint and a WebRtcEndpoint: pictures go through
// as they are, and so does sound, since Chromium takes ffmpeg's G.711.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Chromium } from '../lib/chromium.mjs';
import { cameraFiles, Samples } from '../lib/samples.mjs';

// The bars in the middle of ffmpeg's test picture, an eighth of its width each, from the second on: red, green, blue.
const bars = [[0, 1, 1], [1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 0, 0]];
const [width, height, rate] = [160, 120, 8000];
// Of full scale.
const [beepOfClip, sineOfFfmpeg] = [0.3, 0.125];

// A port of loopback with its next one free, for RTP and RTCP. Below those that the kernel gives away (from 32768 on), among
// them those of Chromium, and above those of kms.
async function freePort() {
  for (let port = 20_000 + 2 * Math.floor(Math.random() * 5000); ; port += 2) {
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
}

async function isFree(port) {
  const socket = createSocket('udp4');
  const bound = once(socket, 'listening').then(() => true, () => false);
  socket.bind(port, '127.0.0.1');
  const free = await bound;
  if (free) socket.close();
  return free;
}

// Looked up and not tried: a port that is bound for a moment is not there for ffmpeg.
async function isListening(port) {
  const sockets = (await readFile('/proc/net/udp', 'utf8')) + (await readFile('/proc/net/udp6', 'utf8'));
  return sockets.includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);
}

async function until(what, holds) {
  const end = Date.now() + 40_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within 40 s: ${what}`);
  }
}

function ffmpeg(t, line) {
  const process = spawn('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...line.split(' ')], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(process, 'exit');
  t.after(async () => {
    process.kill('SIGKILL');
    await exited;
  });
  return exited;
}

// Writes what comes to the ports for some seconds: raw pictures and samples.
async function receive(t, folder, { audio, video }) {
  const sdp = path.join(folder, 'in.sdp');
  await writeFile(sdp, ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${audio} RTP/AVP 0`,
    `m=video ${video} RTP/AVP 96`, 'a=rtpmap:96 VP8/90000', ''].join('\r\n'));
  const [heard, seen] = [path.join(folder, 'heard'), path.join(folder, 'seen')];
  const ended = ffmpeg(t, `-protocol_whitelist file,udp,rtp -analyzeduration 3M -i ${sdp} -map 0:a -t 4 -ac 1 -ar ${rate} -f s16le ${heard} -map 0:v -t 4 -r 30 -s ${width}x${height} -pix_fmt rgb24 -f rawvideo ${seen}`);
  await until('ffmpeg listens', async () => (await isListening(audio)) && (await isListening(video)));
  return async () => {
    const [code] = await ended;
    assert.equal(code, 0);
    const samples = await readFile(heard);
    return { sound: Float32Array.from({ length: samples.length / 2 }, (none, at) => samples.readInt16LE(2 * at) / 32768), pictures: await readFile(seen) };
  };
}

// The tenth of a second with the purest tone of some loudness: its level, and what part of the power it is. The beep is
// as long, so it is looked for in small steps.
function toneIn(sound, hertz, least) {
  const [piece, best] = [rate / 10, { level: 0, share: 0 }];
  for (let begin = 0; begin + piece <= sound.length; begin += piece / 20) {
    let [cosine, sine, power] = [0, 0, 0];
    for (let at = begin; at < begin + piece; ++at) {
      cosine += sound[at] * Math.cos((2 * Math.PI * hertz * at) / rate);
      sine += sound[at] * Math.sin((2 * Math.PI * hertz * at) / rate);
      power += sound[at] ** 2;
    }
    const level = (2 * Math.hypot(cosine, sine)) / piece;
    const share = ((level ** 2 / 2) * piece) / power;
    if (level > least && share > best.share) Object.assign(best, { level, share });
  }
  return best;
}

// How bright the left lower corner of each picture is.
function corners(pictures) {
  const size = width * height * 3;
  const middle = (height - 4) * width + 4; // of the clip's square, a twelfth of the height
  return Array.from({ length: Math.floor(pictures.length / size) }, (none, at) => Math.min(...pictures.subarray(at * size + 3 * middle, at * size + 3 * middle + 3)));
}

// The page's own peer connection with the endpoint: sends its camera and microphone, shows what comes.
async function join(page, endpoint) {
  const offer = await page.run(async () => {
    globalThis.me = Object.assign(new Participant(), { began: performance.now(), steps: {} });
    globalThis.view = me.view;
    view.muted = true;
    me.note();
    const media = await navigator.mediaDevices.getUserMedia({ audio: { autoGainControl: false, noiseSuppression: false, echoCancellation: false }, video: { width: 640, height: 480 } });
    for (const track of media.getTracks()) me.peer.addTransceiver(track, { streams: [media] });
    await me.peer.setLocalDescription();
    return me.peer.localDescription.sdp;
  });
  const { answer } = await endpoint.processOffer({ offer });
  await page.run((sdp) => me.peer.setRemoteDescription({ type: 'answer', sdp }), answer);
}

test('ffmpeg and Chromium see and hear each other', async (t) => {
  const ends = [];
  t.after(async () => {
    for (const end of ends) await end();
  });
  const owner = { after: (end) => ends.unshift(end) };
  const folder = await mkdtemp(path.join(tmpdir(), 'kms-exchange-'));
  owner.after(() => rm(folder, { recursive: true, force: true }));
  const samples = await Samples.start(owner);
  const browser = await Chromium.start(owner, { camera: await cameraFiles() });
  const page = await browser.open(`${samples.url}index.html`);

  const to = { audio: await freePort(), video: await freePort() };
  const received = await receive(owner, folder, to);
  const session = await samples.client.createSession({ lease: 60 });
  owner.after(() => session.close());
  const rtp = await session.create('RtpEndpoint', {
    audio: { codec: 'PCMU', remoteAddress: '127.0.0.1', remotePort: to.audio },
    video: { codec: 'VP8', payloadType: 96, remoteAddress: '127.0.0.1', remotePort: to.video },
  });
  const endpoint = await session.create('WebRtcEndpoint');
  await rtp.connect(endpoint);
  await endpoint.connect(rtp);
  await join(page, endpoint);
  const { audioPort, videoPort } = await rtp.getLocalPorts();
  void ffmpeg(owner, `-re -f lavfi -i testsrc=size=640x480:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 -map 0:v -c:v libvpx -deadline realtime -cpu-used 8 -b:v 1M -g 30 -payload_type 96 -f rtp rtp://127.0.0.1:${videoPort} -map 1:a -c:a pcm_mulaw -ar 8000 -ac 1 -payload_type 0 -f rtp rtp://127.0.0.1:${audioPort}`);

  const seen = await page.run(async (count) => {
    await moves(view, 20);
    const colours = [];
    for (let bar = 0; bar < count; ++bar) colours.push(colour(view, [(bar + 1.3) / 8, 0.28, 0.05, 0.08]));
    return { colours, level: await tone(view.srcObject, 440, { span: 1 }) };
  }, bars.length);
  assert.ok(Math.abs(20 * Math.log10(seen.level / sineOfFfmpeg)) < 1, `a sine of ffmpeg is ${sineOfFfmpeg} of full scale, not ${seen.level}`);
  const isRight = (bar, at) => bar.every((full, part) => (full ? seen.colours[at][part] > 170 : seen.colours[at][part] < 90));
  assert.ok(bars.every(isRight), `${seen.colours.join(' | ')}`);

  const { links, transcoders } = await session.graph();
  const ways = links.filter(({ kind }) => kind === 'video').map(({ way }) => way);
  assert.deepEqual(ways, ['forward', 'forward'], 'pictures go through as packets');
  assert.deepEqual(transcoders.filter(({ sourcePort }) => sourcePort === 'video'), []);

  const { sound, pictures } = await received();
  const beep = toneIn(sound, 1000, beepOfClip / 2);
  const lit = corners(pictures);
  t.diagnostic(`at ffmpeg's end: beep ${beep.level.toFixed(3)} of full scale, ${(100 * beep.share).toFixed(0)} % of its power; ${lit.filter((each) => each > 180).length} of ${lit.length} pictures flash`);
  assert.ok(Math.abs(20 * Math.log10(beep.level / beepOfClip)) < 3 && beep.share > 0.8, JSON.stringify(beep));
  assert.ok(lit.length > 60, `${lit.length} pictures`);
  assert.ok(lit.some((each) => each > 180) && lit.some((each) => each < 90), `${lit}`);
});
