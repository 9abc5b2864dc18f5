// SPDX-License-Identifier: Apache-2.0
// The API as data: every .proto below a folder, loaded once. Nothing here knows a single element.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

export const defaultProtoPath = fileURLToPath(new URL('../../../proto', import.meta.url));

const loaded = new Map();

// Files below `folder` with '/' between folders, sorted, relative to it.
export function protoFiles(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => name.split(path.sep).join('/'))
    .filter((name) => name.endsWith('.proto'))
    .sort();
}

export function loadProtos(folder = defaultProtoPath) {
  if (!loaded.has(folder)) {
    const root = new protobuf.Root();
    root.resolvePath = (_origin, target) => (path.isAbsolute(target) ? target : path.join(folder, target));
    root.loadSync(protoFiles(folder), { alternateCommentMode: true });
    loaded.set(folder, root.resolveAll());
  }
  return loaded.get(folder);
}

// 'kms.v1.Session' of a protobufjs type, service or enum.
export const nameOf = (thing) => thing.fullName.replace(/^\./, '');

// The message type of a google.protobuf.Any, or undefined when these protos do not have it.
export function typeOfUrl(root, url) {
  try {
    return root.lookupType(url.slice(url.lastIndexOf('/') + 1));
  } catch {
    return undefined;
  }
}
