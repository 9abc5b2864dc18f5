// SPDX-License-Identifier: Apache-2.0
// The servers under test, of the build of KMS_BUILD: kms-server, and the example rtc_sfu. Both on free ports of loopback.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const build = process.env.KMS_BUILD ?? path.join(root, 'build/release');
const longestStart = 30_000; // milliseconds

export class Server {
  #process;
  #exited;
  #lines = []; // of its log
  #waiting = new Set();

  // `more(folder)` gives further lines of configuration; the folder is the server's own.
  static async kms(t, more = () => '') {
    const folder = await mkdtemp(path.join(tmpdir(), 'kms-e2e-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const config = path.join(folder, 'kms.yaml');
    await writeFile(config, `rtc:\n  whip: true\n  announced: [127.0.0.1]\n${more(folder)}`);
    return Server.#start(t, 'kms-server', ['--config', config, '--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'], / http=(\S+)/);
  }

  static example(t) {
    return Server.#start(t, 'rtc_sfu', ['127.0.0.1:0'], /http:\/\/([^/\s]+)/);
  }

  static async #start(t, name, given, says) {
    const server = new Server();
    server.#process = spawn(path.join(build, name), given, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    server.#exited = once(server.#process, 'exit');
    t.after(() => server.stop());
    createInterface({ input: server.#process.stderr }).on('line', (line) => server.#take(line));
    const timer = setTimeout(() => server.#process.kill('SIGKILL'), longestStart);
    const lines = createInterface({ input: server.#process.stdout });
    const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close').then(() => [''])]);
    clearTimeout(timer);
    const found = says.exec(line);
    if (!found) throw new Error(`${name} did not say where it listens, but "${line}"\n${server.#lines.join('\n')}`);
    server.url = `http://${found[1]}`;
    server.grpc = / grpc=(\S+)/.exec(line)?.[1];
    return server;
  }

  async stop() {
    this.#process.kill('SIGTERM');
    await this.#exited;
  }

  get pid() {
    return this.#process.pid;
  }

  // How many lines the log has: what came later has a higher place.
  get place() {
    return this.#lines.length;
  }

  // The first line of the log from `place` on with all these words; rejects after `seconds`.
  logged(words, { place = 0, seconds = 40 } = {}) {
    const has = (line) => words.every((word) => line.includes(word));
    const before = this.#lines.slice(place).find(has);
    if (before) return Promise.resolve(before);
    return new Promise((resolve, reject) => {
      const end = (finish, value) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        finish(value);
      };
      const look = (line) => has(line) && end(resolve, line);
      const timer = setTimeout(() => end(reject, new Error(`not logged within ${seconds} s: ${words.join(' ')}\n${this.#lines.slice(place).join('\n')}`)), seconds * 1000);
      this.#waiting.add(look);
    });
  }

  #take(line) {
    this.#lines.push(line);
    for (const look of this.#waiting) look(line);
  }
}
