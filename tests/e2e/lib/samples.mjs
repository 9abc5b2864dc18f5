// SPDX-License-Identifier: Apache-2.0
// The sample pages: kms-server, the Node application that serves them, and what a camera would see.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect } from '../../../client-samples/node/lib/index.js';
import { Server } from './server.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const application = path.join(root, 'client-samples/node/samples/web/main.mjs');
const run = promisify(execFile);

// Files of a camera and a microphone: a photographed face that keeps still, a white square that flashes and a beep, each
// second. `face` is its place in the picture: x, y, width and height as fractions.
export async function cameraFiles() {
  const file = (ending) => path.join(root, `build/media/camera.${ending}`);
  for (const ending of ['mjpeg', 'wav']) await run(path.join(root, 'tools/make-demo-clip'), ['--size', '640x480', '--still', file(ending)]);
  return { video: file('mjpeg'), audio: file('wav') };
}
export const face = [0.416, 0.345, 0.167, 0.27];

// Where a hat is drawn, above the face.
export const aboveFace = [face[0] + face[2] * 0.3, face[1] - face[3] * 0.62, face[2] * 0.4, face[3] * 0.15];
// Eyes and mouth, which the brim leaves free.
export const lowerFace = [face[0], face[1] + face[3] * 0.4, face[2], face[3] * 0.5];

export class Samples {
  #process;
  #exited;

  // Ends with the test or suite `t`.
  static async start(t) {
    const samples = new Samples();
    samples.server = await Server.kms(t, (folder) => {
      samples.recordings = path.join(folder, 'recordings');
      return `files:\n  read: ["${root}client-samples/web", "${samples.recordings}"]\n  write: ["${samples.recordings}"]\n`;
    });
    await mkdir(samples.recordings, { recursive: true });
    await samples.#serve(t);
    samples.client = await connect(samples.server.grpc);
    t.after(() => samples.client.close());
    return samples;
  }

  // Names of the sessions on the server.
  async sessions() {
    const names = [];
    for await (const { name } of this.client.listSessions()) names.push(name);
    return names;
  }

  // Until the server has `wanted` sessions; an empty one has none of a page that is gone.
  async hasSessions(wanted) {
    const deadline = Date.now() + 40_000;
    let now = await this.sessions();
    while (now.length !== wanted) {
      if (Date.now() > deadline) throw new Error(`${now.length} sessions, not ${wanted}: ${now}`);
      now = await this.sessions();
    }
  }

  async page(browser, name) {
    return browser.open(`${this.url}${name}.html`);
  }

  async #serve(t) {
    const given = ['--server', this.server.grpc, '--recordings', this.recordings, '--listen', '0'];
    this.#process = spawn(process.execPath, [application, ...given], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#exited = once(this.#process, 'exit');
    t.after(() => this.stop());
    const [line] = await once(createInterface({ input: this.#process.stdout }), 'line', { signal: AbortSignal.timeout(40_000) });
    this.url = line;
  }

  // Its exit code.
  async stop() {
    this.#process.kill('SIGTERM');
    const [code] = await this.#exited;
    return code;
  }
}
