// SPDX-License-Identifier: Apache-2.0
import { checkChoices, checkId } from './choices.js';
import { Element } from './element.js';
import { invalid } from './errors.js';
import { events } from './events.js';
import { Lease } from './lease.js';

const elementService = 'kms.v1.ElementService';
const graphService = 'kms.v1.GraphService';
const idOf = (element) => element?.name ?? element;

// One application's graph on the server. Lives until close(); when the process dies, until its lease ends.
export class Session {
  #rpc;
  #kinds;
  #lease;
  #released;

  // `released` is called once this client no longer keeps the lease.
  constructor(rpc, kinds, info, released) {
    this.#rpc = rpc;
    this.#kinds = kinds;
    this.#released = released;
    Object.assign(this, { name: info.name, lease: info.lease, displayName: info.displayName, tags: info.tags });
    this.id = info.name.slice(info.name.lastIndexOf('/') + 1);
    this.#lease = new Lease(rpc, this);
  }

  // Creates one element, e.g. create('PlayerEndpoint', { uri }).
  async create(kind, options = {}, naming = {}, call = undefined) {
    checkChoices('create', naming, ['id', 'displayName', 'tags']);
    const { id, ...rest } = naming;
    const spec = await this.#spec(id, { kind, options, ...rest });
    const { element } = await this.#rpc.call(elementService, 'CreateElement', { parent: this.name, element: spec }, call);
    return this.#element(element);
  }

  // Creates elements, given by id, and links, as a whole or not at all.
  async applyGraph(graph, call = undefined) {
    checkChoices('applyGraph', graph, ['elements', 'links']);
    const { elements = {}, links = [] } = graph;
    for (const [id, plan] of Object.entries(elements)) {
      checkChoices(`applyGraph's element "${id}"`, plan, ['kind', 'options', 'displayName', 'tags']);
    }
    const specs = await Promise.all(Object.entries(elements).map(([id, plan]) => this.#spec(id, plan)));
    const specsOfLinks = links.map((link, index) => this.#link(link, `links[${index}]`));
    const request = { parent: this.name, elements: specs, links: specsOfLinks };
    const made = await this.#rpc.call(graphService, 'ApplyGraph', request, call);
    const objects = await Promise.all(made.elements.map((info) => this.#element(info)));
    return { elements: Object.fromEntries(objects.map((element) => [element.id, element])), links: made.links };
  }

  async element(id, call) {
    const name = id.includes('/') ? id : `${this.name}/elements/${id}`;
    if (!name.startsWith(`${this.name}/`)) throw invalid('INVALID_NAME', `"${name}" is no element of ${this.name}; client.session(id) gives another session`);
    return this.#element((await this.#rpc.call(elementService, 'GetElement', { name }, call)).element);
  }

  async elements(call) {
    const { elements } = await this.#rpc.call(elementService, 'ListElements', { parent: this.name }, call);
    return Promise.all(elements.map((info) => this.#element(info)));
  }

  async connect(link, call) {
    return (await this.#rpc.call(graphService, 'Connect', { parent: this.name, link: this.#link(link) }, call)).links;
  }

  async disconnect(link, call) {
    return (await this.#rpc.call(graphService, 'Disconnect', { parent: this.name, link: this.#link(link) }, call)).removed;
  }

  async links(call) {
    return (await this.#rpc.call(graphService, 'ListLinks', { parent: this.name }, call)).links;
  }

  graph(call) {
    return this.#rpc.call(graphService, 'GetGraph', { name: this.name }, call);
  }

  stats(call) {
    return this.#rpc.call(graphService, 'GetStats', { name: this.name }, call);
  }

  async get(call) {
    return (await this.#rpc.call('kms.v1.SessionService', 'GetSession', { name: this.name }, call)).session;
  }

  events(options = {}) {
    checkChoices('events', options, ['after', 'signal']);
    return events(this.#rpc, this, options);
  }

  // Ends the session; returns when recordings are finished and everything is released. Closing twice is no error.
  async close(call) {
    this.release();
    try {
      await this.#rpc.call('kms.v1.SessionService', 'DeleteSession', { name: this.name }, call);
    } catch (failure) {
      if (failure.code !== 'NOT_FOUND') throw failure;
    }
  }

  // Lets go without ending it: nobody here keeps the lease any more.
  release() {
    this.#lease.stop();
    this.#released(this);
  }

  async #spec(elementId, { kind, options = {}, displayName, tags }) {
    checkId(elementId);
    const packed = this.#rpc.options((await this.#kinds.find(kind)).kind, options);
    return this.#rpc.part('kms.v1.ElementSpec', { elementId, options: packed, displayName, tags });
  }

  #link({ source, sink, ...rest }, where = '') {
    return this.#rpc.part('kms.v1.LinkSpec', { source: idOf(source), sink: idOf(sink), ...rest }, where);
  }

  async #element(info) {
    return new Element(this.#rpc, this, await this.#kinds.find(info.kind), info);
  }
}

if (Symbol.asyncDispose) {
  Session.prototype[Symbol.asyncDispose] = function dispose() {
    return this.close();
  };
}
