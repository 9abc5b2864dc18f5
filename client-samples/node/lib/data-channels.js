// SPDX-License-Identifier: Apache-2.0
import { checkChoices } from './choices.js';

const channelChoices = ['protocol', 'unordered', 'maxRetransmits', 'maxPacketLifeTime', 'negotiatedId'];
const fieldsOf = (data) => (typeof data === 'string' ? { text: data } : { binary: data });

// One data channel of an endpoint: number, label, protocol, unordered, maxRetransmits, maxPacketLifeTime, negotiated,
// openedByPeer, state, and id once it is known, as in the proto.
export class DataChannel {
  #endpoint;
  #last = Promise.resolve();

  constructor(endpoint, info) {
    this.#endpoint = endpoint;
    Object.assign(this, info);
  }

  // Sends a text or bytes, after what was sent before, and waits while the channel has no room.
  send(data, call = undefined) {
    const sent = this.#last.then(() => this.#send(fieldsOf(data), call));
    this.#last = sent.catch(() => {});
    return sent;
  }

  // Sends all of an iterable, by one call; the number of messages, when all are on their way. Faster than one by one.
  async sendAll(messages, { signal } = {}) {
    await this.#last;
    const sink = this.#endpoint.sendDataStream({ signal });
    try {
      for await (const data of messages) await sink.write({ channel: this.number, ...fieldsOf(data) });
    } catch (failure) {
      sink.cancel();
      throw failure;
    }
    return (await sink.end()).messages;
  }

  // After what was sent before; its state tells the end.
  async close(call = undefined) {
    await this.#last;
    await this.#endpoint.closeDataChannel({ channel: this.number }, call);
  }

  async #send(fields, call) {
    const message = { channel: this.number, ...fields };
    try {
      await this.#endpoint.sendData(message, call);
    } catch (failure) {
      if (failure.reason !== 'DATA_BUFFER_FULL') throw failure;
      const sink = this.#endpoint.sendDataStream(call); // which is answered when there is room
      await sink.write(message);
      await sink.end();
    }
  }
}

// The data channels of a WebRtcEndpoint, and what comes over them: an async iterable of { channel, data }, where data is a
// text or bytes, and of { channel, state } when one is new or has another state, in the order in which they come. The peer is
// held up while nobody iterates.
export class DataChannels {
  #endpoint;
  #stream;
  #channels = new Map(); // by number

  // Misses nothing of a peer that has not been answered yet.
  static async of(endpoint, call = undefined) {
    const channels = new DataChannels(endpoint, endpoint.receiveData({}, call));
    await channels.#stream.started;
    return channels;
  }

  constructor(endpoint, stream) {
    this.#endpoint = endpoint;
    this.#stream = stream;
  }

  // Opens a channel to the peer, now or when the connection has an m-line for data.
  async create(label, choices = {}, call = undefined) {
    checkChoices('create', choices, channelChoices);
    const { channel } = await this.#endpoint.createDataChannel({ label, ...choices }, call);
    return this.#note(channel);
  }

  // Those that are not closed, as far as the iteration has come.
  get all() {
    return [...this.#channels.values()];
  }

  // The first of this label that is open; undefined when there is none.
  find(label) {
    return this.all.find((channel) => channel.label === label && channel.state === 'open');
  }

  // Reads no more; the channels stay as they are.
  cancel() {
    this.#stream.cancel();
  }

  async* [Symbol.asyncIterator]() {
    for await (const { channel, message } of this.#stream) {
      if (message) yield { channel: this.#channels.get(message.channel), data: message.text ?? message.binary };
      else yield { channel: this.#note(channel), state: channel.state };
    }
  }

  #note(info) {
    const channel = this.#channels.get(info.number) ?? new DataChannel(this.#endpoint, info);
    Object.assign(channel, info);
    if (info.state === 'closed') this.#channels.delete(info.number);
    else this.#channels.set(info.number, channel);
    return channel;
  }
}
