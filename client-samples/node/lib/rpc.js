// SPDX-License-Identifier: Apache-2.0
// One gRPC channel, called by the names in the protos: plain values in and out, KmsError when it fails.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { fromMessage } from './decode.js';
import { checkChoices } from './choices.js';
import { Encoded, toAny, toMessage } from './encode.js';
import { closed, fromGrpc, invalid, KmsError } from './errors.js';
import { nameOf } from './protos.js';
import { Sink } from './sink.js';
import { Stream } from './stream.js';

const attempts = 3;
const firstPause = 100; // milliseconds

export class Rpc {
  #root;
  #client;
  #timeout;
  closed = false;

  constructor(root, target, { credentials = grpc.credentials.createInsecure(), timeout = 30 } = {}) {
    refuseUrl(target);
    this.#root = root;
    this.#timeout = timeout;
    this.#client = new grpc.Client(target, credentials);
  }

  // Until the server can be reached.
  async ready(seconds) {
    try {
      await new Promise((resolve, reject) => {
        this.#client.waitForReady(Date.now() + seconds * 1000, (failure) => (failure ? reject(failure) : resolve()));
      });
    } catch (cause) {
      const details = `no kms server answers at ${this.#client.getChannel().getTarget()} within ${seconds} s`;
      throw new KmsError({ code: 'UNAVAILABLE', reason: 'NO_SERVER', details, cause });
    }
  }

  // `fields` are the library's; `more` are the caller's, who may not set the same. A request that has a request_id gets one,
  // and may therefore be sent again when the connection broke.
  async call(service, name, fields, options = {}, more = {}) {
    checkChoices(`the call of ${name}`, options, ['timeout', 'signal']);
    const method = this.#method(service, name);
    const type = method.resolvedRequestType;
    const repeatable = 'requestId' in type.fields;
    const own = repeatable ? { requestId: randomUUID(), ...fields } : fields;
    const message = { ...toMessage(type, more, '', Object.keys(own)), ...toMessage(type, own) };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return fromMessage(method.resolvedResponseType, await this.#once(method, message, options));
      } catch (failure) {
        if (!repeatable || attempt >= attempts || failure.reason !== 'UNAVAILABLE') throw failure;
        await delay(firstPause * attempt, undefined, { signal: options.signal });
      }
    }
  }

  // The server's messages as a Readable of protobuf messages; errors are gRPC's own (see `failure`).
  stream(service, name, request) {
    const method = this.#method(service, name);
    return this.#stream(method, toMessage(method.resolvedRequestType, request));
  }

  // A streaming command, under way. `fields` and `more` as in call().
  streamed(service, name, fields, { signal } = {}, more = {}) {
    const method = this.#method(service, name);
    const type = method.resolvedRequestType;
    const message = { ...toMessage(type, more, '', Object.keys(fields)), ...toMessage(type, fields) };
    return new Stream(this, this.#stream(method, message), signal);
  }

  // A command that takes a stream, under way; `fields` go with its first message.
  written(service, name, fields, { signal } = {}) {
    const method = this.#method(service, name);
    const type = method.resolvedRequestType;
    let first = toMessage(type, fields);
    const encode = (more) => {
      const message = { ...toMessage(type, more, '', Object.keys(fields)), ...first };
      first = {};
      return message;
    };
    const begin = (fulfil) => this.#client.makeClientStreamRequest(...codecs(method), new grpc.Metadata(), {},
      (error, answer) => (error ? fulfil(this.failure(error)) : fulfil(null, fromMessage(method.resolvedResponseType, answer))));
    return new Sink({ begin, encode }, signal);
  }

  // What of a method is a stream.
  streams(service, name) {
    const { requestStream, responseStream } = this.#method(service, name);
    return { up: Boolean(requestStream), down: Boolean(responseStream) };
  }

  // Part of a request, made on its own: what is refused in it is named as its caller knows it.
  part(type, fields, where = '') {
    return new Encoded(toMessage(this.#root.lookupType(type), fields, where));
  }

  // Options of an element, by the full name of their message.
  options(type, given) {
    if (typeof given !== 'object' || given === null) return this.part(type, given); // which refuses it
    return new Encoded(toAny(this.#root, { ...given, '@type': type }));
  }

  failure(error) {
    return fromGrpc(this.#root, error);
  }

  service(name) {
    return this.#root.lookupService(name);
  }

  close() {
    this.closed = true;
    this.#client.close();
  }

  #method(service, name) {
    if (this.closed) throw closed(name);
    const method = this.service(service).methods[name];
    if (!method) throw new TypeError(`${service} has no method ${name}`);
    return method;
  }

  #stream(method, message) {
    const call = this.#client.makeServerStreamRequest(...codecs(method), message, new grpc.Metadata());
    return { call, read: (answer) => fromMessage(method.resolvedResponseType, answer) };
  }

  // gRPC's own words for a deadline that the client kept do not say which call it was, nor how long it waited.
  #failureOf(method, error, timeout) {
    const failure = this.failure(error);
    if (failure.reason !== 'DEADLINE_EXCEEDED') return failure;
    return new KmsError({ ...failure, details: `${method.name} was not answered within ${timeout} s`, cause: error });
  }

  #once(method, message, { timeout = this.#timeout, signal } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const deadline = Date.now() + timeout * 1000;
      const call = this.#client.makeUnaryRequest(...codecs(method), message, new grpc.Metadata(), { deadline },
        (failure, response) => {
          signal?.removeEventListener('abort', cancel);
          if (failure) reject(signal?.aborted ? signal.reason : this.#failureOf(method, failure, timeout));
          else resolve(response);
        });
      const cancel = () => call.cancel();
      signal?.addEventListener('abort', cancel);
    });
  }
}

// A web address, as of a server that speaks JSON over a WebSocket, would be looked up as a name until `wait` is over.
function refuseUrl(target) {
  const [, scheme, rest] = /^(https?|wss?):\/\/([^/]*)/i.exec(target) ?? [];
  if (!scheme) return;
  throw invalid('INVALID_OPTIONS', `"${target}" is a web address; kms speaks gRPC: give host and port of grpc_listen alone, as "${rest}" or "127.0.0.1:50051"`,
    { field: 'target' });
}

function codecs(method) {
  const encode = (message) => Buffer.from(method.resolvedRequestType.encode(message).finish());
  const decode = (bytes) => method.resolvedResponseType.decode(bytes);
  return [`/${nameOf(method.parent)}/${method.name}`, encode, decode];
}
