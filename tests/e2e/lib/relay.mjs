// SPDX-License-Identifier: Apache-2.0
// A bad line between a page and the server: kms-relay (tests/support/relay), and the page's way through it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const build = process.env.KMS_BUILD ?? path.join(root, 'build/release');
const candidate = /^a=candidate:\S+ 1 (udp|tcp) \d+ (\S+) (\d+) .*\r?\n/gim;

export class Relay {
  #process;
  #lines;

  // To where the description says that the server is. Ends with `t`.
  static async to(t, sdp, { seed = 1 } = {}) {
    const [, , ip, port] = [...sdp.matchAll(candidate)].find(([, protocol]) => protocol.toLowerCase() === 'udp');
    const relay = new Relay();
    relay.#process = spawn(path.join(build, 'kms-relay'), ['--target-ip', ip, '--target-port', port, '--seed', `${seed}`],
      { stdio: ['pipe', 'pipe', 'inherit'] });
    const exited = once(relay.#process, 'exit');
    t.after(async () => {
      relay.#process.stdin.end();
      await exited;
    });
    relay.#lines = createInterface({ input: relay.#process.stdout })[Symbol.asyncIterator]();
    const { value } = await relay.#lines.next();
    [relay.ip, relay.port] = value.replace('relay=', '').split(':');
    return relay;
  }

  // "up loss=0.05", "down delay=20ms", "both loss=0.05,jitter=5ms", "counts".
  async order(text) {
    this.#process.stdin.write(`${text}\n`);
    return (await this.#lines.next()).value;
  }

  async weather(direction, weather) {
    const said = await this.order(`${direction} ${weather}`);
    if (said !== 'ok') throw new Error(said);
  }

  async counts() {
    return JSON.parse(await this.order('counts'));
  }

  // The server's description with the relay in the place of the server.
  detour(sdp) {
    let line;
    return sdp.replace(/^m=.*\r?\n/gm, (each) => `\0${each}`).split('\0').map((part) => {
      line = `a=candidate:1 1 udp 2130706431 ${this.ip} ${this.port} typ host\r\n`;
      return part.replace(candidate, () => {
        const once = line;
        line = '';
        return once;
      });
    }).join('');
  }
}

// Runs `join` in the page, a function that joins a room with the mangle it is given, and puts a relay into its answer.
export async function joinThroughRelay(t, page, join, options) {
  await page.run(`(() => {
    globalThis.answered = new Promise((take) => {
      const answer = (sdp) => new Promise((go) => take({ sdp, go }));
      globalThis.joined = (${join})({ answer });
    });
  })`);
  const sdp = await page.run(async () => (await Promise.race([answered, joined.then(() => answered)])).sdp);
  const relay = await Relay.to(t, sdp, options);
  await page.run(async (detour) => {
    (await answered).go(detour);
    await joined;
  }, relay.detour(sdp));
  return relay;
}
