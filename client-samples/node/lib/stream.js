// SPDX-License-Identifier: Apache-2.0

// What a streaming command tells, as an async iterable of plain values. The call begins at once; the server stops sending
// while nobody reads. Ends when the server ends it, after cancel(), and when the iteration is left.
export class Stream {
  #rpc;
  #call;
  #read;
  #error;
  #cancelled = false;

  constructor(rpc, { call, read }, signal) {
    this.#rpc = rpc;
    this.#call = call;
    this.#read = read;
    // Fulfilled once the server misses nothing, or refuses; the iteration throws why.
    this.started = new Promise((resolve) => {
      call.once('metadata', resolve);
      call.once('error', resolve);
    });
    call.on('error', (error) => (this.#error = error)); // perhaps before anybody iterates
    call.read(0); // until it is asked for a first message, grpc-js keeps whatever comes, without a bound
    if (signal?.aborted) this.cancel();
    signal?.addEventListener('abort', () => this.cancel(), { once: true });
  }

  cancel() {
    this.#cancelled = true;
    this.#call.cancel();
  }

  async* [Symbol.asyncIterator]() {
    try {
      for await (const message of this.#call) yield this.#read(message);
    } catch (error) {
      this.#error ??= error;
    } finally {
      this.#call.cancel();
    }
    if (this.#error && !this.#cancelled) throw this.#rpc.failure(this.#error);
  }
}
