// SPDX-License-Identifier: Apache-2.0
// One gRPC channel, called by the names in the protos: plain values in and out, KmsError when it fails.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { fromMessage } from './decode.js';
import { toMessage } from './encode.js';
import { fromGrpc, KmsError } from './errors.js';
import { nameOf } from './protos.js';

const attempts = 3;
const firstPause = 100; // milliseconds

export class Rpc {
  #root;
  #client;
  #timeout;

  constructor(root, target, { credentials = grpc.credentials.createInsecure(), timeout = 30 } = {}) {
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
      const message = `no kms server answers at ${this.#client.getChannel().getTarget()} within ${seconds} s`;
      throw new KmsError({ code: 'UNAVAILABLE', reason: 'NO_SERVER', message, cause });
    }
  }

  // A request that has a request_id gets one, and may therefore be sent again when the connection broke.
  async call(service, name, request, options = {}) {
    const method = this.#method(service, name);
    const repeatable = 'requestId' in method.resolvedRequestType.fields;
    const full = repeatable ? { requestId: randomUUID(), ...request } : request;
    const message = toMessage(method.resolvedRequestType, full);
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
    const call = this.#client.makeServerStreamRequest(
      ...codecs(method), toMessage(method.resolvedRequestType, request), new grpc.Metadata());
    return { call, read: (message) => fromMessage(method.resolvedResponseType, message) };
  }

  failure(error) {
    return fromGrpc(this.#root, error);
  }

  service(name) {
    return this.#root.lookupService(name);
  }

  close() {
    this.#client.close();
  }

  #method(service, name) {
    const method = this.service(service).methods[name];
    if (!method) throw new TypeError(`${service} has no method ${name}`);
    return method;
  }

  #once(method, message, { timeout = this.#timeout, signal } = {}) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const deadline = Date.now() + timeout * 1000;
      const call = this.#client.makeUnaryRequest(...codecs(method), message, new grpc.Metadata(), { deadline },
        (failure, response) => {
          signal?.removeEventListener('abort', cancel);
          if (failure) reject(signal?.aborted ? signal.reason : this.failure(failure));
          else resolve(response);
        });
      const cancel = () => call.cancel();
      signal?.addEventListener('abort', cancel);
    });
  }
}

function codecs(method) {
  const encode = (message) => Buffer.from(method.resolvedRequestType.encode(message).finish());
  const decode = (bytes) => method.resolvedResponseType.decode(bytes);
  return [`/${nameOf(method.parent)}/${method.name}`, encode, decode];
}
