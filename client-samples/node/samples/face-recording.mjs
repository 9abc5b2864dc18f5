#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The main job, end to end: plays a clip through face detection into a recording, as fast as it goes.
// The last line of its output names the recording.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { connect } from '@kms/client';
import { Progress } from './progress.mjs';

const usage = `usage: face-recording.mjs --input CLIP --output RECORDING [--server HOST:PORT] [--every N]
  --input    clip to play: a path or an http(s) URL
  --output   file to write: .mp4, .mkv or .webm
  --server   default 127.0.0.1:50051
  --every    look for faces in every N-th frame; default 3
Paths must lie in the folders that the server's configuration allows (files.read, files.write).`;

function options() {
  const text = { type: 'string' };
  const { values } = parseArgs({ options: { input: text, output: text, server: text, every: { ...text, default: '3' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  if (!values.input || !values.output) throw new Error(usage);
  return values;
}

const uriOf = (place) => (/^https?:/.test(place) ? place : pathToFileURL(path.resolve(place)).href);

// Video through the filter, sound straight into the file.
function graph({ input, output, every }) {
  return {
    elements: {
      player: { kind: 'PlayerEndpoint', options: { uri: uriOf(input), unpaced: true } },
      faces: { kind: 'FaceDetectionFilter', options: { everyNthFrame: Number(every), drawing: { boxes: {} } } },
      recorder: { kind: 'RecorderEndpoint', options: { uri: uriOf(output), autostart: true, stopOnEndOfStream: true, overwrite: true } },
    },
    links: [
      { source: 'player', sink: 'faces', kind: 'video' },
      { source: 'faces', sink: 'recorder', kind: 'video' },
      { source: 'player', sink: 'recorder', kind: 'audio' },
    ],
  };
}

// Until the file is final; resolves to it.
async function finished(session, seen) {
  for await (const { type, elementId, data } of session.events()) {
    if (type === 'FacesDetected') seen.add(data);
    if (type === 'RecordingFinished') return data.recording;
    if (type === 'ElementError') throw new Error(`${elementId}: ${data.reason}: ${data.message}`);
  }
  throw new Error('the session was closed before the recording was finished');
}

class FacesSeen {
  pictures = 0;
  tracks = new Set();

  add({ faces }) {
    if (faces.length) this.pictures += 1;
    for (const face of faces) this.tracks.add(face.trackId);
  }

  toString() {
    return `${this.tracks.size} ${this.tracks.size === 1 ? 'face' : 'faces'}, found in ${this.pictures} pictures`;
  }
}

async function record(session, wanted) {
  const { elements: { player, recorder } } = await session.applyGraph(graph(wanted));
  const seen = new FacesSeen();
  const done = finished(session, seen);
  done.catch(() => {}); // play() may fail first; whichever does is reported
  await player.play();
  const progress = new Progress(session, player, recorder, seen);
  let recording;
  try {
    recording = await done;
    return { recording, seen };
  } finally {
    await progress.stop(recording);
  }
}

function summary({ recording, seen }, seconds) {
  const megabytes = (recording.sizeBytes / 1e6).toFixed(1);
  console.log(`faces      ${seen}`);
  console.log(`written    ${recording.duration.toFixed(2)} s, ${recording.videoFrames} video frames, `
    + `${recording.audioFrames} audio frames, ${megabytes} MB`);
  console.log(`took       ${seconds.toFixed(1)} s, ${(recording.duration / seconds).toFixed(1)} times as fast as it plays`);
  console.log(`recording  ${recording.uri}`);
}

async function main() {
  const wanted = options();
  const client = await connect(wanted.server);
  try {
    const session = await client.createSession({ displayName: 'face recording' });
    const begin = performance.now();
    try {
      summary(await record(session, wanted), (performance.now() - begin) / 1000);
    } finally {
      await session.close();
    }
  } finally {
    client.close();
  }
}

main().catch((failure) => {
  console.error(failure.message);
  process.exitCode = 1;
});
