// SPDX-License-Identifier: Apache-2.0
// A bad line between a page and the server: kms-relay (tests/support/relay), and the page's way through it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const build = process.env.KMS_BUILD ?? path.join(root, 'build/release');

export class Relay {
  #process;
  #lines;

  // To an address of the server. Ends with `t`.
  static async to(t, { ip, port, seed = 1 }) {
    const relay = new Relay();
    relay.#process = spawn(path.join(build, 'kms-relay'), ['--target-ip', ip, '--target-port', `${port}`, '--seed', `${seed}`],
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
}

// Runs in the page: of the server's candidates its peer connections use the first UDP one alone, with another address,
// once that is known.
function takeDetour() {
  let found, go;
  globalThis.server = new Promise((resolve) => (found = resolve));
  const relay = new Promise((resolve) => (go = resolve));
  globalThis.detour = { go };
  const candidate = /candidate:\S+ 1 udp (\d+) (\S+) (\d+) .*/i;

  async function detour(line) {
    const [, priority, ip, port] = candidate.exec(line) ?? [];
    if (!ip) return undefined;
    found({ ip, port });
    const [first, instead] = [await server, await relay];
    if (first.ip !== ip || first.port !== port) return undefined;
    return `candidate:1 1 udp ${priority} ${instead.ip} ${instead.port} typ host`;
  }

  const { addIceCandidate, setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.addIceCandidate = async function (given) {
    if (!given?.candidate) return addIceCandidate.call(this, given);
    const changed = await detour(given.candidate);
    return changed && addIceCandidate.call(this, { ...given, candidate: changed });
  };
  RTCPeerConnection.prototype.setRemoteDescription = async function ({ type, sdp }) {
    const lines = await Promise.all(sdp.split('\r\n').map(async (line) => {
      if (!line.startsWith('a=candidate:')) return line;
      const changed = await detour(line);
      return changed && `a=${changed}`;
    }));
    return setRemoteDescription.call(this, { type, sdp: lines.filter((line) => line !== undefined).join('\r\n') });
  };
}

// Runs `join` in the page, a function that connects it to the server, with a relay between them.
export async function throughRelay(t, page, join, options = {}) {
  await page.run(takeDetour);
  await page.run(`(() => { globalThis.joined = (${join})(); })`);
  const server = await page.run(() => Promise.race([globalThis.server, joined.then(() => globalThis.server)]));
  const relay = await Relay.to(t, { ...server, ...options });
  await page.run(async (address) => {
    detour.go(address);
    await joined;
  }, { ip: relay.ip, port: relay.port });
  return relay;
}
