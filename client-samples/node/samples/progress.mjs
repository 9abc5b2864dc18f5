// SPDX-License-Identifier: Apache-2.0
import { setTimeout as delay } from 'node:timers/promises';

// Shows how far a recording is, in one line that is written over on a terminal, in a line each two seconds elsewhere. A
// courtesy: when it fails, it says so and the recording goes on.
export class Progress {
  #stop = new AbortController();
  #seen;
  #ended;

  constructor(session, player, recorder, seen) {
    this.#seen = seen;
    this.#ended = this.#run(session, player, recorder, seen);
  }

  // With the recording that is finished, if it is: where it has come to is shown however short it was.
  async stop(recording) {
    this.#stop.abort();
    await this.#ended;
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    else if (recording) show(recording, recording, this.#seen);
  }

  async #run(session, player, recorder, seen) {
    const signal = this.#stop.signal;
    const pause = process.stdout.isTTY ? 250 : 2000;
    try {
      await this.#showWays(session, signal);
      while (!signal.aborted) {
        const [where, state] = await Promise.all([player.getPosition({}, { signal }), recorder.getRecording({}, { signal })]);
        show(where, state.recording, seen);
        await delay(pause, undefined, { signal });
      }
    } catch (failure) {
      if (!signal.aborted) console.log(`progress   is not known: ${failure.message}`);
    }
  }

  // What the server's planner chose, as soon as media runs everywhere.
  async #showWays(session, signal) {
    const short = (name) => name.slice(name.lastIndexOf('/') + 1);
    let links = [];
    while (links.length === 0 || links.some((link) => !link.way)) {
      await delay(50, undefined, { signal });
      links = await session.links({ signal });
    }
    for (const { source, sink, kind, way } of links) {
      console.log(`${`${short(source)} -> ${short(sink)}`.padEnd(20)} ${kind}: ${way}`);
    }
  }
}

// The position is that of the recording: the player runs ahead by what waits in front of the filter.
function show({ duration = 0 }, { duration: position = 0, sizeBytes = 0 } = {}, seen) {
  const line = `position   ${position.toFixed(1)} of ${duration.toFixed(1)} s; ${seen}; ${(sizeBytes / 1e6).toFixed(1)} MB written`;
  process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}
