// SPDX-License-Identifier: Apache-2.0
// One visit of a page: its commands and their answers, events for it, and what ends with it.
//
//   page -> server   {id, command, data}
//   server -> page   {id, result} or {id, error: {reason, message}}, and {event, data}

// A refusal of our own; reads like one of kms.
export class Refusal extends Error {
  constructor(reason, message) {
    super(message);
    this.reason = reason;
  }
}

export class Visit {
  #socket;
  #ends = [];
  #ended = null;

  // Serves the commands that `open(visit)` resolves to. What fails there is told to the page.
  constructor(socket, open) {
    this.#socket = socket;
    const opened = open(this).then((commands) => {
      this.send('open');
      return commands;
    });
    opened.catch((failure) => this.send('refused', told(failure)));
    socket.on('text', (text) => this.#serve(text, opened));
    socket.on('end', () => this.end());
  }

  send(event, data = {}) {
    this.#socket.send(JSON.stringify({ event, data }));
  }

  // What is to be done when the page is gone, in reverse order; at once if it is gone already.
  onEnd(work) {
    if (this.#ended) return work();
    this.#ends.unshift(work);
    return undefined;
  }

  end() {
    this.#ended ??= this.#finish();
    return this.#ended;
  }

  async #finish() {
    this.#socket.close();
    for (const work of this.#ends) {
      await Promise.resolve()
        .then(work)
        .catch((failure) => console.error('a visit did not end well:', failure.message));
    }
  }

  async #serve(text, opened) {
    let id;
    try {
      const request = JSON.parse(text);
      id = request.id;
      const commands = await opened;
      if (!Object.hasOwn(commands, request.command)) throw new Refusal('UNKNOWN_COMMAND', `there is no command "${request.command}"`);
      const result = await commands[request.command](request.data ?? {});
      this.#socket.send(JSON.stringify({ id, result: result ?? {} }));
    } catch (failure) {
      this.#socket.send(JSON.stringify({ id, error: told(failure) }));
    }
  }
}

function told(failure) {
  if (!failure.reason) console.error(failure);
  return { reason: failure.reason ?? 'INTERNAL', message: failure.details ?? failure.message };
}
