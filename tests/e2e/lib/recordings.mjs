// SPDX-License-Identifier: Apache-2.0
// Looks into recorded files by decoding them.
import { pathToFileURL } from 'node:url';
import { probe as probeUri, run } from '../../../client-samples/node/test/server/probe.mjs';
import './looking.js'; // for `overlap`; the rest of it is for pages

// What a file holds: {video, audio, duration}, with codec and decoded frames per track.
export const probe = (file) => probeUri(pathToFileURL(file));

// Fails unless nine in ten pictures have a green box around the face, {x, y, width, height} as fractions.
export async function greenBoxIn(file, { face, least }) {
  const filter = 'scale=320:240,format=rgba,colorkey=0x00FF00:0.35:0,alphaextract,negate,bbox=min_val=128,metadata=print:file=-';
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-an', '-vf', filter, '-f', 'null', '-'], { maxBuffer: 1 << 26 });
  const pictures = stdout.split(/^frame:/m).slice(1);
  const right = pictures.filter((text) => globalThis.overlap(boxOf(text), face) >= least);
  if (!pictures.length || right.length < 0.9 * pictures.length) {
    throw new Error(`the face is marked in ${right.length} of ${pictures.length} pictures of ${file}`);
  }
}

function boxOf(text) {
  const edge = Object.fromEntries([...text.matchAll(/^lavfi\.bbox\.(\w+)=(\d+)$/gm)].map((found) => [found[1], Number(found[2])]));
  return 'x1' in edge ? [edge.x1 / 320, edge.y1 / 240, (edge.x2 + 1 - edge.x1) / 320, (edge.y2 + 1 - edge.y1) / 240] : [0, 0, 0, 0];
}
