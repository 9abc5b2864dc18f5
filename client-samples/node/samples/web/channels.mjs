// SPDX-License-Identifier: Apache-2.0
import { DataChannels } from '../../lib/index.js';

// The data channels of a page's endpoint, by their labels.
export class Channels {
  #endpoint;
  #channels;

  // Calls `heard(label, data)`, where data is a text or bytes, for each message, and misses none of a page that has not been
  // answered yet. Ends with the endpoint.
  static async read(endpoint, heard = () => {}) {
    const channels = new Channels(endpoint, await DataChannels.of(endpoint));
    channels.#follow(heard).catch((failure) => console.error('data is not read any more:', failure.message));
    return channels;
  }

  constructor(endpoint, channels) {
    [this.#endpoint, this.#channels] = [endpoint, channels];
  }

  // False: there is no such channel, or it has no room. What is out of date the next moment need not wait for it, as it
  // would in DataChannel.send().
  async send(label, text) {
    const channel = this.#channels.find(label);
    if (!channel) return false;
    try {
      await this.#endpoint.sendData({ channel: channel.number, text });
      return true;
    } catch (failure) {
      if (['DATA_BUFFER_FULL', 'DATA_CHANNEL_CLOSED', 'DATA_CHANNEL_NOT_FOUND', 'PEER_CLOSED'].includes(failure.reason)) return false;
      throw failure;
    }
  }

  async #follow(heard) {
    for await (const { channel, data } of this.#channels) {
      if (data !== undefined) await heard(channel.label, data);
    }
  }
}
