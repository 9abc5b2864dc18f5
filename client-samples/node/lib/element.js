// SPDX-License-Identifier: Apache-2.0

import { checkChoices } from './choices.js';

const linkChoices = ['kind', 'sourcePort', 'sinkPort'];

// An element of a session. Its commands are the methods of the service in its proto, with their names beginning in
// lower case (player.play(), recorder.stop()), added when the object is made.
export class Element {
  #rpc;
  #session;
  #service;

  constructor(rpc, session, kind, info) {
    this.#rpc = rpc;
    this.#session = session;
    this.#service = kind.service;
    Object.assign(this, { name: info.name, kind: info.kind, title: kind.title, options: info.options, ports: info.ports });
    this.id = info.name.slice(info.name.lastIndexOf('/') + 1);
    if (kind.service) this.#addCommands();
  }

  // Of which it is a part.
  get session() {
    return this.#session;
  }

  // A command by its name in the proto; also reaches one whose name an Element has for itself. A streaming one gives a
  // Stream, one that takes a stream a Sink and has no fields here, the others a promise.
  command(name, fields = {}, call = undefined) {
    const { up, down } = this.#rpc.streams(this.#service, name);
    if (up) return this.#rpc.written(this.#service, name, { name: this.name }, fields);
    if (down) return this.#rpc.streamed(this.#service, name, { name: this.name }, call, fields);
    return this.#rpc.call(this.#service, name, { name: this.name }, call, fields);
  }

  async connect(sink, choices = {}, call = undefined) {
    checkChoices('connect', choices, linkChoices);
    return this.#session.connect({ source: this, sink, ...choices }, call);
  }

  // Without a sink: from every taker.
  async disconnect(sink, choices = {}, call = undefined) {
    checkChoices('disconnect', choices, linkChoices);
    return this.#session.disconnect({ source: this, sink, ...choices }, call);
  }

  stats(call) {
    return this.#rpc.call('kms.v1.GraphService', 'GetStats', { name: this.name }, call);
  }

  async get(call) {
    return (await this.#rpc.call('kms.v1.ElementService', 'GetElement', { name: this.name }, call)).element;
  }

  async update(changes, call) {
    return (await this.#rpc.call('kms.v1.ElementService', 'UpdateElement', { name: this.name }, call, changes)).element;
  }

  async delete(call) {
    await this.#rpc.call('kms.v1.ElementService', 'DeleteElement', { name: this.name }, call);
  }

  #addCommands() {
    for (const { name, resolvedRequestType } of this.#rpc.service(this.#service).methodsArray) {
      const own = name[0].toLowerCase() + name.slice(1);
      if ('name' in resolvedRequestType.fields && !(own in this)) { // others are the server's, not the element's
        Object.defineProperty(this, own, { value: (fields, call) => this.command(name, fields, call) });
      }
    }
  }
}
