// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromMessage } from '../lib/decode.js';
import { toAny, toMessage } from '../lib/encode.js';
import { loadProtos } from '../lib/protos.js';

const root = loadProtos();

// There and back over the wire.
function roundTrip(name, value) {
  const type = root.lookupType(name);
  return fromMessage(type, type.decode(type.encode(toMessage(type, value)).finish()));
}

const refusal = (field, words) => ({ code: 'INVALID_ARGUMENT', reason: 'INVALID_OPTIONS', metadata: { field }, details: words });

test('durations are seconds', () => {
  for (const position of [0, 12.5, 0.000000001, 86399.999999999, -1.5]) {
    assert.equal(roundTrip('kms.player.v1.SeekRequest', { position }).position, position);
  }
});

test('a duration just below a second is carried over', () => {
  const type = root.lookupType('kms.player.v1.SeekRequest');
  assert.deepEqual(toMessage(type, { position: 0.9999999999 }).position, { seconds: 1, nanos: 0 });
});

test('time stamps are Dates', () => {
  const time = new Date('2024-02-29T12:34:56.789Z');
  assert.deepEqual(roundTrip('kms.v1.Event', { time }).time, time);
});

test('enum values are short lower-case names, and full names are taken too', () => {
  assert.equal(roundTrip('kms.recorder.v1.RecorderOptions', { container: 'webm' }).container, 'webm');
  assert.equal(roundTrip('kms.recorder.v1.RecorderOptions', { container: 'CONTAINER_MP4' }).container, 'mp4');
  assert.equal(roundTrip('kms.recorder.v1.RecorderOptions', { tracks: 'audio_only' }).tracks, 'audio_only');
});

test('whole numbers of 64 bits are numbers', () => {
  assert.equal(roundTrip('kms.recorder.v1.Recording', { sizeBytes: 2 ** 40 + 1 }).sizeBytes, 2 ** 40 + 1);
});

test('scalars, lists and maps are always there, messages only when set', () => {
  assert.deepEqual(roundTrip('kms.v1.Element', {}), { name: '', kind: '', displayName: '', tags: {}, ports: [] });
  assert.deepEqual(roundTrip('kms.v1.UpdateElementRequest', { displayName: '' }), { name: '', displayName: '', setTags: {}, removeTags: [] });
  assert.ok(!('displayName' in roundTrip('kms.v1.UpdateElementRequest', {})));
});

test('an Any is its fields and its type', () => {
  const options = { '@type': 'kms.player.v1.SeekRequest', name: 'sessions/a/elements/p', position: 1.5, toKeyFrame: false };
  assert.deepEqual(roundTrip('kms.v1.Element', { options }).options, options);
});

test('an Any of an unknown type keeps its bytes', () => {
  const type = root.lookupType('kms.v1.Element');
  const message = type.decode(type.encode({ options: { type_url: 'type.googleapis.com/x.Y', value: new Uint8Array([7]) } }).finish());
  const { options } = fromMessage(type, message);
  assert.equal(options['@type'], 'x.Y');
  assert.deepEqual([...options.value], [7]);
});

test('an Any without a type is refused before it is sent empty', () => {
  assert.throws(() => toAny(root, { uri: 'file:///a' }, 'options'), refusal('options', /'@type' must name a message/));
  assert.throws(() => toAny(root, { '@type': 'no.Such' }, 'options'), refusal('options', /not "no.Such"/));
});

test('an unknown field is refused with the name that was meant and all names', () => {
  const encode = (fields) => () => toAny(root, { '@type': 'kms.face_detection.v1.FaceDetectionOptions', ...fields });
  assert.throws(encode({ every_nth_frame: 2 }), refusal('every_nth_frame', /did you mean "everyNthFrame"\? \(it has: modelPath, /));
  assert.throws(encode({ drawing: { boxes: { colour: 1 } } }),
    refusal('drawing.boxes.colour', /Boxes has no field "colour"; did you mean "color"\? \(it has: color/));
  assert.throws(encode({ every: 1 }), refusal('every', /did you mean "everyNthFrame"/));
  assert.throws(encode({ drawing: { boxes: { xyz: 1 } } }), refusal('drawing.boxes.xyz', /Boxes has no field "xyz" \(it has: color/));
  assert.throws(encode({ toString: 1 }), refusal('toString', /no field "toString"/));
});

test('values of a wrong type are refused with the field', () => {
  const player = root.lookupType('kms.player.v1.PlayerOptions');
  const drawing = root.lookupType('kms.face_detection.v1.Drawing');
  assert.throws(() => toMessage(player, { uri: 5 }), refusal('uri', 'uri must be a string, not 5'));
  assert.throws(() => toMessage(player, { loop: 'yes' }), refusal('loop', /true or false/));
  assert.throws(() => toMessage(drawing, { boxes: { thickness: -1 } }), refusal('boxes.thickness', /whole number from 0/));
  assert.throws(() => toMessage(drawing, { boxes: 'red' }),
    refusal('boxes', /must be an object with the fields of kms.face_detection.v1.Boxes \(color, .*\), not a string/));
  assert.throws(() => toMessage(root.lookupType('kms.recorder.v1.RecorderOptions'), { container: 'avi' }),
    refusal('container', 'container must be one of webm, matroska, mp4, hls, not "avi"'));
  assert.throws(() => toMessage(root.lookupType('kms.player.v1.SeekRequest'), { position: '1s' }), refusal('position', /seconds/));
  assert.throws(() => toMessage(root.lookupType('kms.v1.ApplyGraphRequest'), { links: {} }), refusal('links', 'links must be an array'));
});

test('two members of a oneof are refused', () => {
  const drawing = root.lookupType('kms.face_detection.v1.Drawing');
  assert.throws(() => toMessage(drawing, { boxes: {}, blur: {} }), refusal('', 'Drawing takes one of boxes, blur, not several'));
});

test('a value that is undefined or null is as good as left out', () => {
  assert.deepEqual(toMessage(root.lookupType('kms.player.v1.PlayerOptions'), { uri: undefined, loop: null }), {});
});

test('a candidate is taken as a browser gives it', () => {
  const candidate = root.lookupType('kms.webrtc.v1.AddIceCandidateRequest');
  const found = { candidate: 'candidate:1 1 udp 1 192.0.2.1 5000 typ host', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'abcd' };
  assert.deepEqual(toMessage(candidate, found), found);
  assert.deepEqual(toMessage(candidate, { candidate: '', sdpMid: null, sdpMLineIndex: null, usernameFragment: null }), { candidate: '' });
});

test('bytes are given as any view of them', () => {
  const send = root.lookupType('kms.webrtc.v1.SendDataRequest');
  const bytes = Uint8Array.of(1, 2, 3, 4);
  for (const binary of [bytes, bytes.buffer, new DataView(bytes.buffer), Buffer.from(bytes), new Uint16Array(bytes.buffer)]) {
    assert.deepEqual([...send.decode(send.encode(toMessage(send, { binary })).finish()).binary], [1, 2, 3, 4]);
  }
  const half = new DataView(bytes.buffer, 1, 2);
  assert.deepEqual([...toMessage(send, { binary: half }).binary], [2, 3]);
  assert.throws(() => toMessage(send, { binary: [1, 2] }), refusal('binary', /must be bytes \(Uint8Array, .*\), not \[1,2\]/));
});
