// SPDX-License-Identifier: Apache-2.0
// Protobuf messages to plain JavaScript values, the other way round than encode.js. Scalars, lists and maps are always
// there; messages, optional fields and members of a oneof only when they are set.
import protobuf from 'protobufjs';
import { shortName } from './encode.js';
import { nameOf, typeOfUrl } from './protos.js';

export function fromMessage(type, message) {
  const value = {};
  for (const field of type.fieldsArray) {
    if (isPresent(field, message)) value[field.name] = fromField(field, message[field.name]);
  }
  return value;
}

function isPresent(field, message) {
  if (field.repeated || field.map) return true;
  const optional = field.partOf || field.resolvedType instanceof protobuf.Type;
  return !optional || (Object.hasOwn(message, field.name) && message[field.name] !== null);
}

function fromField(field, value) {
  if (field.repeated) return value.map((item) => fromSingle(field, item));
  if (!field.map) return fromSingle(field, value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromSingle(field, item)]));
}

const special = {
  'google.protobuf.Duration': (type, value) => Number(value.seconds) + value.nanos / 1e9,
  'google.protobuf.Timestamp': (type, value) => new Date(Number(value.seconds) * 1000 + value.nanos / 1e6),
  'google.protobuf.Any': (type, value) => fromAny(type.root, value),
};

// The fields of the packed message and its full name as '@type'; the bytes as `value` when the protos do not have it.
function fromAny(root, any) {
  const type = typeOfUrl(root, any.type_url);
  const name = any.type_url.slice(any.type_url.lastIndexOf('/') + 1);
  return { '@type': name, ...(type ? fromMessage(type, type.decode(any.value)) : { value: any.value }) };
}

function fromSingle(field, value) {
  const type = field.resolvedType;
  if (!type) return field.long ? Number(value) : value;
  if (type instanceof protobuf.Enum) {
    const name = type.valuesById[value];
    return name === undefined ? String(value) : shortName(type, name);
  }
  const make = special[nameOf(type)] ?? fromMessage;
  return make(type, value);
}
