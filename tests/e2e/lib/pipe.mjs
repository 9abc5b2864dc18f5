// SPDX-License-Identifier: Apache-2.0
// The DevTools protocol over Chromium's pipe (--remote-debugging-pipe): JSON messages that end with a zero byte, written
// to its descriptor 3 and read from its descriptor 4.
const longestAnswer = 120_000; // milliseconds; what runs in a page waits for other things itself

export class DevTools {
  #out;
  #rest = '';
  #number = 0;
  #ended = false;
  #calls = new Map();
  #listeners = new Set();

  constructor(out, back) {
    this.#out = out;
    back.setEncoding('utf8');
    back.on('data', (text) => this.#take(text));
    back.on('close', () => this.#end());
    for (const stream of [out, back]) stream.on('error', () => {}); // a killed browser
  }

  // The result of a method; rejects with the browser's own words, or when it does not answer in time.
  call(method, params = {}, sessionId = undefined) {
    if (this.#ended) return Promise.reject(new Error(`${method}: the browser has ended`));
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#finish(id, { error: { message: 'no answer in time' } }), longestAnswer);
      this.#calls.set(id, { method, resolve, reject, timer });
      this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  // Calls `heard(params)` at each event of a page, until the function that is returned is called.
  each(method, sessionId, heard) {
    const listener = (message) => message.method === method && message.sessionId === sessionId && heard(message.params);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // The next event of a page.
  event(method, sessionId) {
    return new Promise((resolve) => {
      const stop = this.each(method, sessionId, (params) => {
        stop();
        resolve(params);
      });
    });
  }

  #take(text) {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop();
    for (const message of messages.map((each) => JSON.parse(each))) {
      if (message.id) this.#finish(message.id, message);
      else for (const listener of this.#listeners) listener(message);
    }
  }

  #finish(id, { result, error }) {
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    if (error) call.reject(new Error(`${call.method}: ${error.message}`));
    else call.resolve(result);
  }

  #end() {
    this.#ended = true;
    for (const id of [...this.#calls.keys()]) this.#finish(id, { error: { message: 'the browser has ended' } });
  }
}
