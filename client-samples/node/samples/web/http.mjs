// SPDX-License-Identifier: Apache-2.0
// The pages over HTTP, recordings as downloads, and a WebSocket per visit at /visits/{sample}. For browsers of this machine.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { WebSocket } from './websocket.mjs';

const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.png': 'image/png', '.webm': 'video/webm' };

// Serves the files of `folders` ({'/': pages, '/recordings/': ...}); calls `visited(sample, socket)` for each WebSocket.
export function pageServer(folders, visited) {
  const server = createServer((request, response) => serve(folders, request, response));
  server.on('upgrade', (request, socket, head) => {
    const sample = /^\/visits\/([a-z-]+)$/.exec(request.url)?.[1];
    if (!sample || !isOwn(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    const accepted = WebSocket.accept(request, socket, head);
    if (accepted) visited(sample, accepted);
  });
  return server;
}

// Other sites' pages may open WebSockets to this machine, too, also under a name of theirs that leads here: only our own
// may give commands.
function isOwn({ headers }) {
  return headers.origin === `http://${headers.host}` && /^(127\.0\.0\.1|localhost):\d+$/.test(headers.host);
}

async function serve(folders, request, response) {
  const file = fileOf(folders, request.url);
  const found = file && (await stat(file).catch(() => null));
  if (!found?.isFile() || !['GET', 'HEAD'].includes(request.method)) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such page.\n');
    return;
  }
  response.writeHead(200, { 'Content-Type': types[path.extname(file)], 'Content-Length': found.size, 'Cache-Control': 'no-store' });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file).on('error', () => response.destroy()).pipe(response);
}

// The file that a URL names, of a type that is served; undefined when there can be none.
export function fileOf(folders, url) {
  let { pathname } = new URL(url, 'http://localhost');
  if (pathname === '/') pathname = '/index.html';
  const prefix = Object.keys(folders).sort((a, b) => b.length - a.length).find((each) => pathname.startsWith(each));
  const name = prefix === undefined ? '' : pathname.slice(prefix.length);
  return /^[\w-]+\.\w+$/.test(name) && path.extname(name) in types ? path.join(folders[prefix], name) : undefined;
}
