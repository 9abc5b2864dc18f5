// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';

// What a command that takes a stream is given, message by message, at the server's pace. The call begins at once; the first
// message names the element.
export class Sink {
  #call;
  #encode;
  #answer;
  #failure;

  // `begin(fulfil)` begins the call and calls `fulfil(failure, answer)` at its end.
  constructor({ begin, encode }, signal) {
    this.#encode = encode;
    this.#answer = new Promise((resolve, reject) => {
      this.#call = begin((failure, answer) => (failure ? reject(failure) : resolve(answer)));
    });
    this.#answer.catch((failure) => (this.#failure = failure)); // perhaps before anybody asks
    this.#call.on('error', () => {}); // which the answer tells
    if (signal?.aborted) this.cancel();
    signal?.addEventListener('abort', () => this.cancel(), { once: true });
  }

  // Fulfilled when more may be written. Rejects with what has ended the call, which a message before this one may have done.
  async write(fields = {}) {
    if (this.#failure) throw this.#failure;
    if (!this.#call.write(this.#encode(fields))) await Promise.race([once(this.#call, 'drain'), this.#answer]);
  }

  // The server's answer, when it has taken all messages.
  end() {
    this.#call.end();
    return this.#answer;
  }

  cancel() {
    this.#call.cancel();
  }
}
