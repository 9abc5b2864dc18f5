// SPDX-License-Identifier: Apache-2.0
// A web server for the files of a folder, and hls.js, on a free port of loopback.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const player = fileURLToPath(new URL('../../node/node_modules/hls.js/dist/hls.light.min.js', import.meta.url));
const types = { '.m3u8': 'application/vnd.apple.mpegurl', '.mp4': 'video/mp4', '.m4s': 'video/mp4', '.js': 'text/javascript' };
const page = '<!doctype html><video id="view" muted playsinline></video><script src="/hls.js"></script>';

async function answer(folder, url) {
  if (url === '/') return { type: 'text/html', body: page };
  const file = url === '/hls.js' ? player : path.join(folder, path.basename(url));
  return { type: types[path.extname(file)] ?? 'application/octet-stream', body: await readFile(file) };
}

// Its URL; ends with `t`.
export async function serveFolder(t, folder) {
  const server = createServer(async ({ url }, response) => {
    const found = await answer(folder, url.split('?')[0]).catch(() => null);
    response.writeHead(found ? 200 : 404, { 'Content-Type': found?.type ?? 'text/plain', 'Cache-Control': 'no-store' });
    response.end(found?.body ?? 'no such file');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}
