#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Writes lib/api.d.ts from the protos: every message as it looks in JavaScript (see lib/encode.js), a class type per
// element with its options and commands, and the union of all events. With --check it only says whether the file is
// what it would write.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { shortName } from '../lib/encode.js';
import { loadProtos, nameOf } from '../lib/protos.js';

const target = fileURLToPath(new URL('../lib/api.d.ts', import.meta.url));

const scalars = { string: 'string', bool: 'boolean', bytes: 'Uint8Array' };
const special = {
  'google.protobuf.Duration': 'Seconds',
  'google.protobuf.Timestamp': 'Date',
  'google.protobuf.Any': 'Any',
};

// kms.v1 -> v1, kms.face_detection.v1 -> face_detection
const namespaceOf = (thing) => nameOf(thing.parent).split('.').slice(1, 2)[0];
// A type within a message is called by both names: OfferedLine.Kind -> OfferedLineKind
const typeName = (type) => (type.parent instanceof protobuf.Type ? typeName(type.parent) : '') + type.name;
const withNested = (thing) => [thing, ...(thing.nestedArray ?? []).flatMap(withNested)];
const referenceTo = (type) => special[nameOf(type)] ?? `${namespaceOf(type)}.${typeName(type)}`;
const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1);

function doc(comment, indent) {
  if (!comment) return '';
  const lines = comment.split('\n').map((line) => line.trim());
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function typeOfField(field) {
  const single = field.resolvedType ? referenceTo(field.resolvedType) : (scalars[field.type] ?? 'number');
  if (field.map) return `Record<string, ${single}>`;
  return field.repeated ? `${single}[]` : single;
}

function isOptional(field) {
  if (field.repeated || field.map) return false;
  return Boolean(field.partOf) || field.resolvedType instanceof protobuf.Type;
}

function messageType(type) {
  const fields = type.fieldsArray.map((field) =>
    `${doc(field.comment, '    ')}    ${field.name}${isOptional(field) ? '?' : ''}: ${typeOfField(field)};\n`);
  return `${doc(type.comment, '  ')}  interface ${typeName(type)} {${fields.length ? `\n${fields.join('')}  ` : ''}}\n`;
}

function enumType(type) {
  const names = Object.keys(type.values).map((name) => `'${shortName(type, name)}'`);
  return `${doc(type.comment, '  ')}  type ${typeName(type)} = ${names.join(' | ')};\n`;
}

function namespaceText(name, things) {
  const texts = things.map((thing) => (thing instanceof protobuf.Enum ? enumType(thing) : messageType(thing)));
  return `export namespace ${name} {\n${texts.join('\n')}}\n`;
}

// The protos' convention: the comment of an options message begins with the element's title and a colon.
function elementsIn(types) {
  return types.filter((type) => type.name.endsWith('Options')).map((options) => {
    const title = /^(\w+):/.exec(options.comment ?? '')?.[1];
    if (!title) throw new Error(`${nameOf(options)}: its comment must begin with the element's title and a colon`);
    const service = options.parent.nestedArray.find((thing) => thing instanceof protobuf.Service);
    return { title, options, service };
  });
}

function commandText(method) {
  const request = method.resolvedRequestType;
  const response = method.resolvedResponseType;
  if (method.requestStream) {
    const taken = `Sink<Input<Omit<${referenceTo(request)}, 'name'>>, ${referenceTo(response)}>`;
    return `${doc(method.comment, '  ')}  ${lowerFirst(method.name)}(call?: Pick<CallOptions, 'signal'>): ${taken};\n`;
  }
  // The protos' convention: the comment of a field that may be left out tells its default.
  const fields = request.fieldsArray.filter((field) => field.name !== 'name');
  const mark = fields.every((field) => /\bdefault\b/i.test(field.comment ?? '')) ? '?' : '';
  const parameter = fields.length ? `fields${mark}: Input<Omit<${referenceTo(request)}, 'name'>>` : 'fields?: {}';
  const given = `${method.responseStream ? 'Stream' : 'Promise'}<${referenceTo(response)}>`;
  return `${doc(method.comment, '  ')}  ${lowerFirst(method.name)}(${parameter}, call?: CallOptions): ${given};\n`;
}

function elementText({ title, options, service }) {
  const ofElement = (method) => 'name' in method.resolvedRequestType.fields;
  const commands = service ? service.methodsArray.filter(ofElement).map(commandText).join('') : '';
  return `${doc(options.comment, '')}export interface ${title} extends Element<${referenceTo(options)}> {${commands && `\n${commands}`}}\n`;
}

function kindsText(elements) {
  const rows = elements.map(({ title, options }) => `  ${title}: { options: Input<${referenceTo(options)}>; element: ${title} };\n`);
  return `/** Kinds of elements by title: what create() takes and gives. */\nexport interface ElementKinds {\n${rows.join('')}}\n`;
}

function eventText(type) {
  return `  | EventOf<'${type.name}', '${nameOf(type)}', ${referenceTo(type)}>\n`;
}

// Members of Event's oneof, and in the elements' protos the messages whose comment begins with "Event:".
function eventTypes(root, types) {
  const members = root.lookupType('kms.v1.Event').oneofs.payload.fieldsArray.map((field) => field.resolvedType);
  const own = types.filter((type) => type.comment?.startsWith('Event:'));
  return [...members.filter((type) => !special[nameOf(type)]), ...own];
}

function generate() {
  const root = loadProtos();
  const packages = root.lookup('kms').nestedArray
    .map((thing) => (thing.name === 'v1' ? thing : thing.get('v1')))
    .sort((a, b) => (a.fullName < b.fullName ? -1 : 1));
  const things = packages.map((each) => each.nestedArray.filter((thing) => !(thing instanceof protobuf.Service)).flatMap(withNested));
  const types = things.flat().filter((thing) => thing instanceof protobuf.Type);
  const elements = elementsIn(types);
  return `// SPDX-License-Identifier: Apache-2.0
// Written by tools/generate-types.mjs from the protos; do not edit, run \`npm run types\`.
import type { Any, CallOptions, Element, EventOf, Input, Seconds, Sink, Stream } from './index.js';

${packages.map((each, index) => namespaceText(namespaceOf({ parent: each }), things[index])).join('\n')}
${elements.map(elementText).join('\n')}
${kindsText(elements)}
/** Whatever a session can tell; \`type\` says which it is. */
export type Event =
${eventTypes(root, types).map(eventText).join('').trimEnd()};
`;
}

function main([option]) {
  const text = generate();
  if (option !== '--check') return writeFileSync(target, text);
  if (readFileSync(target, 'utf8') === text) return undefined;
  console.error('lib/api.d.ts is not what the protos say: run `npm run types` in client-samples/node');
  process.exitCode = 1;
  return undefined;
}

main(process.argv.slice(2));
