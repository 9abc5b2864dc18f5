// SPDX-License-Identifier: Apache-2.0
// The data channels of a page's endpoint, by their labels.
export class Channels {
  #endpoint;
  #numbers = new Map(); // label -> number, of those that are open

  // Calls `heard(label, data)`, where data is a text or bytes, for each message, and misses none of a page that has not been
  // answered yet. Ends with the endpoint.
  static async read(endpoint, heard = () => {}) {
    const channels = new Channels(endpoint);
    const stream = endpoint.receiveData();
    await stream.started;
    channels.#follow(stream, heard).catch((failure) => console.error('data is not read any more:', failure.message));
    return channels;
  }

  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  // False: there is no such channel, or it has no room. What is out of date the next moment need not wait for it.
  async send(label, text) {
    const channel = this.#numbers.get(label);
    if (channel === undefined) return false;
    try {
      await this.#endpoint.sendData({ channel, text });
      return true;
    } catch (failure) {
      if (['DATA_BUFFER_FULL', 'DATA_CHANNEL_CLOSED', 'DATA_CHANNEL_NOT_FOUND', 'PEER_CLOSED'].includes(failure.reason)) return false;
      throw failure;
    }
  }

  async #follow(stream, heard) {
    const labels = new Map(); // number -> label
    for await (const { channel, message } of stream) {
      if (message) await heard(labels.get(message.channel), message.text ?? message.binary);
      else this.#note(channel, labels);
    }
  }

  #note({ number, label, state }, labels) {
    labels.set(number, label);
    if (state === 'open') this.#numbers.set(label, number);
    else if (this.#numbers.get(label) === number) this.#numbers.delete(label);
    if (state === 'closed') labels.delete(number);
  }
}
