// SPDX-License-Identifier: Apache-2.0
// A server for tests of the client alone: handlers by 'Service.Method' take and give plain values, and keep what they got.
import grpc from '@grpc/grpc-js';
import { fromMessage } from '../lib/decode.js';
import { toMessage } from '../lib/encode.js';
import { loadProtos, nameOf } from '../lib/protos.js';

const root = loadProtos();

export const playerKind = {
  kind: 'kms.player.v1.PlayerOptions', title: 'PlayerEndpoint', service: 'kms.player.v1.PlayerService', available: true,
};

const defaults = {
  'kms.v1.ElementService.ListElementKinds': () => ({ kinds: [playerKind] }),
  'kms.v1.SessionService.CreateSession': ({ sessionId, lease }) => ({ session: { name: `sessions/${sessionId || 'made'}`, lease } }),
  'kms.v1.SessionService.KeepAlive': () => ({}),
  'kms.v1.SessionService.DeleteSession': () => ({}),
  'kms.v1.ElementService.CreateElement': ({ parent, element }) => ({
    element: { name: `${parent}/elements/${element.elementId || 'made'}`, kind: element.options['@type'], options: element.options },
  }),
};

// What a kms server sends for a failure.
export function failure(code, reason, { message = 'refused', resource = '', metadata = {} } = {}) {
  const detail = root.lookupType('kms.v1.ErrorDetail').encode({ reason, resource, metadata }).finish();
  const status = { code: grpc.status[code], message, details: [{ type_url: 'type.googleapis.com/kms.v1.ErrorDetail', value: detail }] };
  const trailer = new grpc.Metadata();
  trailer.set('grpc-status-details-bin', Buffer.from(root.lookupType('kms.v1.RpcStatus').encode(status).finish()));
  return Object.assign(new Error(message), { code: grpc.status[code], details: message, metadata: trailer });
}

function definition(service) {
  return Object.fromEntries(service.methodsArray.map((method) => [method.name, {
    path: `/${nameOf(service)}/${method.name}`,
    requestStream: Boolean(method.requestStream),
    responseStream: Boolean(method.responseStream),
    requestDeserialize: (bytes) => fromMessage(method.resolvedRequestType, method.resolvedRequestType.decode(bytes)),
    responseSerialize: (value) =>
      Buffer.from(method.resolvedResponseType.encode(toMessage(method.resolvedResponseType, value)).finish()),
  }]));
}

function unary(handler, name, calls) {
  return async (call, answer) => {
    calls.push({ name, request: call.request });
    try {
      answer(null, await handler(call.request));
    } catch (error) {
      answer(error);
    }
  };
}

// The handler gets the requests as an async iterable.
function taking(handler) {
  return async (call, answer) => {
    try {
      answer(null, await handler(call));
    } catch (error) {
      answer(error);
    }
  };
}

export class FakeServer {
  calls = [];
  #server = new grpc.Server();

  static async start(handlers = {}) {
    const fake = new FakeServer();
    fake.#serve({ ...defaults, ...handlers });
    await fake.#bind('127.0.0.1:0');
    return fake;
  }

  // Requests that came for 'Method'.
  requests(name) {
    return this.calls.filter((call) => call.name === name).map((call) => call.request);
  }

  stop() {
    this.#server.forceShutdown();
  }

  #serve(handlers) {
    const names = new Set(Object.keys(handlers).map((name) => name.slice(0, name.lastIndexOf('.'))));
    for (const name of names) {
      const service = root.lookupService(name);
      const implementation = service.methodsArray
        .filter((method) => handlers[`${name}.${method.name}`])
        .map((method) => [method.name, this.#method(method, handlers[`${name}.${method.name}`])]);
      this.#server.addService(definition(service), Object.fromEntries(implementation));
    }
  }

  #method(method, handler) {
    if (method.requestStream) return taking(handler);
    if (!method.responseStream) return unary(handler, method.name, this.calls);
    return (call) => {
      this.calls.push({ name: method.name, request: call.request });
      handler(call);
    };
  }

  #bind(address) {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, port) => {
        this.target = `127.0.0.1:${port}`;
        if (error) reject(error);
        else resolve();
      });
    });
  }
}
