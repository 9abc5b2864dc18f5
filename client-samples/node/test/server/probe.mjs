// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);

// What a file holds, by decoding all of it: {video, audio, duration}, with codec and decoded frames per track.
export async function probe(uri) {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-count_frames', '-of', 'json', '-show_entries',
    'stream=codec_type,codec_name,nb_read_frames:format=duration', fileURLToPath(uri)]);
  const { streams, format } = JSON.parse(stdout);
  const track = (kind) => {
    const stream = streams.find((each) => each.codec_type === kind);
    return stream && { codec: stream.codec_name, frames: Number(stream.nb_read_frames) };
  };
  return { video: track('video'), audio: track('audio'), duration: Number(format.duration) };
}
