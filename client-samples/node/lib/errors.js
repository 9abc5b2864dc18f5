// SPDX-License-Identifier: Apache-2.0
import { status } from '@grpc/grpc-js';

// What a call failed with. `code` is the gRPC code's name, `reason` the stable word of docs/errors.md; the message begins
// with it, `details` is the sentence alone.
export class KmsError extends Error {
  constructor({ code, reason, details, resource = '', metadata = {}, cause }) {
    super(`${reason}: ${details}`, cause && { cause });
    this.name = 'KmsError';
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.resource = resource;
    this.metadata = metadata;
  }
}

// A mistake found before anything was sent; reads like the server's own refusal of the same.
export function invalid(reason, details, metadata = {}) {
  return new KmsError({ code: 'INVALID_ARGUMENT', reason, details, metadata });
}

// A call of a client that was closed.
export function closed(method) {
  return new KmsError({ code: 'CANCELLED', reason: 'CLIENT_CLOSED', details: `${method}: this client was closed; connect() gives another` });
}

// The KmsError in a failed gRPC call: its trailer holds a kms.v1.RpcStatus with one kms.v1.ErrorDetail, which says all that
// the failure does. Only without it the failure stays as the cause.
export function fromGrpc(root, failure) {
  if (failure instanceof KmsError) return failure;
  const code = status[failure.code] ?? 'UNKNOWN';
  const detail = detailIn(root, failure.metadata?.get('grpc-status-details-bin')[0]);
  return new KmsError({
    code,
    reason: detail?.reason || code,
    details: failure.details || failure.message,
    resource: detail?.resource,
    metadata: { ...detail?.metadata },
    cause: detail ? undefined : failure,
  });
}

function detailIn(root, bytes) {
  const detailType = root.lookupType('kms.v1.ErrorDetail');
  try {
    const { details } = root.lookupType('kms.v1.RpcStatus').decode(bytes);
    const packed = details.find((any) => any.type_url.endsWith('/kms.v1.ErrorDetail'));
    return detailType.decode(packed.value);
  } catch {
    return undefined; // a proxy on the way, or no server at all, sends no details
  }
}
