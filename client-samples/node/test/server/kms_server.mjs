// SPDX-License-Identifier: Apache-2.0
// The real server (KMS_SERVER) on free ports, with a folder of its own to write to; plays from the folder of KMS_CLIP.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

export const clip = path.resolve(process.env.KMS_CLIP ?? '../../build/media/demo.mp4');
export const clipUri = pathToFileURL(clip).href;
const binary = path.resolve(process.env.KMS_SERVER ?? '../../build/release/kms-server');
const longestStart = 30_000; // milliseconds

export class KmsServer {
  // Ends with the test or suite `t`.
  static async start(t) {
    const server = new KmsServer();
    server.folder = await mkdtemp(path.join(tmpdir(), 'kms-client-'));
    const config = path.join(server.folder, 'kms.yaml');
    await writeFile(config, `files:\n  read: ["${path.dirname(clip)}", "${server.folder}"]\n  write: ["${server.folder}"]\n`);
    server.process = spawn(binary, ['--config', config, '--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    server.exited = once(server.process, 'exit');
    t.after(() => server.stop());
    server.target = await server.#listening();
    return server;
  }

  uri(name) {
    return pathToFileURL(path.join(this.folder, name)).href;
  }

  // Exit code after SIGTERM.
  async stop() {
    this.process.kill('SIGTERM');
    const [code] = await this.exited;
    await rm(this.folder, { recursive: true, force: true });
    return code;
  }

  // The server's one line on stdout says where it listens.
  async #listening() {
    const timer = setTimeout(() => this.process.kill('SIGKILL'), longestStart);
    const lines = createInterface({ input: this.process.stdout });
    const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close').then(() => [''])]);
    clearTimeout(timer);
    const found = / grpc=(\S+)/.exec(line);
    if (!found) throw new Error(`kms-server did not say where it listens, but "${line}"`);
    return found[1];
  }
}
