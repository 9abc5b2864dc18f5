// SPDX-License-Identifier: Apache-2.0
// Packets that the kernel has thrown away because a socket had no room, as it does when a browser stands still for a moment: who
// counts sequence numbers misses them, and nobody has failed to send them.
import { readFile } from 'node:fs/promises';

export class Drops {
  #before;

  // From now on.
  static async watch() {
    const drops = new Drops();
    drops.#before = await drops.#now();
    return drops;
  }

  // Of the sockets that are there, since then.
  async count() {
    let sum = 0;
    for (const [socket, dropped] of await this.#now()) sum += dropped - (this.#before.get(socket) ?? 0);
    return sum;
  }

  // By socket.
  async #now() {
    const tables = await Promise.all(['udp', 'udp6'].map((table) => readFile(`/proc/net/${table}`, 'utf8')));
    const lines = tables.flatMap((text) => text.trimEnd().split('\n').slice(1)).map((line) => line.trim().split(/\s+/));
    return new Map(lines.map((line) => [line[9], Number(line.at(-1))])); // inode and drops
  }
}
