// SPDX-License-Identifier: Apache-2.0
// Plain JavaScript values to protobuf messages, driven by the protos: durations are numbers of seconds, time stamps
// are Dates, enum values are their names in lower case without the enum's prefix, an Any is an object with '@type'.
// What does not fit is refused here, with the name of the field.
import protobuf from 'protobufjs';
import { refuseName } from './choices.js';
import { invalid } from './errors.js';
import { nameOf, typeOfUrl } from './protos.js';

const refuse = (field, message) => invalid('INVALID_OPTIONS', message, { field });

// A message, or a part of one, that was made already.
export class Encoded {
  constructor(message) {
    this.message = message;
  }
}

// A field that is undefined or null is left out. `except`: fields that are not the caller's to set.
export function toMessage(type, value = {}, where = '', except = []) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const names = Object.keys(type.fields).filter((name) => !except.includes(name));
    throw refuse(where, `${where || type.name} must be an object with the fields of ${nameOf(type)} (${names.join(', ')}), not ${kindOf(value)}`);
  }
  const message = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined && item !== null) message[key] = toField(fieldOf(type, key, where, except), item, where ? `${where}.${key}` : key);
  }
  onlyOneOfEach(type, message, where);
  return message;
}

function kindOf(value) {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function fieldOf(type, key, where, except) {
  const names = Object.keys(type.fields).filter((name) => !except.includes(name));
  if (names.includes(key)) return type.fields[key];
  throw refuseName(`${type.name} has no field`, key, names, where ? `${where}.${key}` : key);
}

function onlyOneOfEach(type, message, where) {
  for (const oneof of type.oneofsArray) {
    const given = oneof.oneof.filter((name) => name in message);
    if (given.length > 1) throw refuse(where, `${type.name} takes one of ${given.join(', ')}, not several`);
  }
}

function toField(field, value, where) {
  if (field.map) {
    const entries = Object.entries(value).map(([key, item]) => [key, toSingle(field, item, `${where}.${key}`)]);
    return Object.fromEntries(entries);
  }
  if (!field.repeated) return toSingle(field, value, where);
  if (!Array.isArray(value)) throw refuse(where, `${where} must be an array`);
  return value.map((item, index) => toSingle(field, item, `${where}[${index}]`));
}

const special = {
  'google.protobuf.Duration': (type, value, where) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw refuse(where, `${where} must be a number of seconds`);
    const seconds = Math.trunc(value);
    const nanos = Math.round((value - seconds) * 1e9);
    return Math.abs(nanos) < 1e9 ? { seconds, nanos } : { seconds: seconds + Math.sign(nanos), nanos: 0 };
  },
  'google.protobuf.Timestamp': (type, value, where) => {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) throw refuse(where, `${where} must be a valid Date`);
    const seconds = Math.floor(value.getTime() / 1000);
    return { seconds, nanos: (value.getTime() - seconds * 1000) * 1e6 };
  },
  'google.protobuf.Any': (type, value, where) => toAny(type.root, value, where),
};

// `value` is the message's fields and '@type', its full name.
export function toAny(root, { '@type': name, ...fields }, where = '') {
  const type = name && typeOfUrl(root, name);
  if (!type) throw refuse(where, `${where || 'Any'}: '@type' must name a message of the protos, not "${name ?? ''}"`);
  const value = type.encode(toMessage(type, fields, where)).finish();
  return { type_url: `type.googleapis.com/${nameOf(type)}`, value };
}

function toSingle(field, value, where) {
  if (value instanceof Encoded) return value.message;
  const type = field.resolvedType;
  if (!type) return toScalar(field.type, value, where);
  if (type instanceof protobuf.Enum) return toEnum(type, value, where);
  const make = special[nameOf(type)] ?? toMessage;
  return make(type, value, where);
}

// MEDIA_KIND_AUDIO of enum MediaKind -> audio
export function shortName(type, name) {
  const prefix = `${type.name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()}_`;
  return (name.startsWith(prefix) ? name.slice(prefix.length) : name).toLowerCase();
}

function toEnum(type, value, where) {
  const names = Object.keys(type.values);
  const name = names.find((candidate) => candidate === value || shortName(type, candidate) === value);
  if (name) return type.values[name];
  const known = names.map((candidate) => shortName(type, candidate)).filter((short) => short !== 'unspecified');
  throw refuse(where, `${where} must be one of ${known.join(', ')}, not ${JSON.stringify(value)}`);
}

const integer = (low, high) => ({ test: (v) => Number.isInteger(v) && v >= low && v <= high, is: `a whole number from ${low} to ${high}` });
const real = { test: (v) => typeof v === 'number', is: 'a number' };
const scalars = {
  string: { test: (v) => typeof v === 'string', is: 'a string' },
  bool: { test: (v) => typeof v === 'boolean', is: 'true or false' },
  bytes: { test: (v) => v instanceof Uint8Array, is: 'bytes (Uint8Array, another view, or an ArrayBuffer)' },
  double: real,
  float: real,
};
for (const name of ['int32', 'sint32', 'sfixed32']) scalars[name] = integer(-(2 ** 31), 2 ** 31 - 1);
for (const name of ['uint32', 'fixed32']) scalars[name] = integer(0, 2 ** 32 - 1);
for (const name of ['int64', 'sint64', 'sfixed64']) scalars[name] = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
for (const name of ['uint64', 'fixed64']) scalars[name] = integer(0, Number.MAX_SAFE_INTEGER);

// Bytes are whatever has them: a Buffer is a Uint8Array, a message of a page may be an ArrayBuffer.
function bytesOf(value) {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return ArrayBuffer.isView(value) && !(value instanceof Uint8Array) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value;
}

function toScalar(type, given, where) {
  const value = type === 'bytes' ? bytesOf(given) : given;
  if (!scalars[type].test(value)) throw refuse(where, `${where} must be ${scalars[type].is}, not ${JSON.stringify(value)}`);
  return value;
}
