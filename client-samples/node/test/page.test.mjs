// SPDX-License-Identifier: Apache-2.0
// kms-client.js of the sample pages without a browser: what becomes of the encodings that somebody wants.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const text = await readFile(new URL('../../web/kms-client.js', import.meta.url), 'utf8');
const { connectPeer, sendWanted, Visit } = await import(`data:text/javascript,${encodeURIComponent(text)}`);

// A sender whose changes are carried out, or refused, when `end` of them is called.
class FakeSender extends EventEmitter {
  encodings = [{ rid: 'l', active: true }, { rid: 'h', active: true }];
  changes = [];

  getParameters() {
    return structuredClone({ encodings: this.encodings });
  }

  setParameters({ encodings }) {
    return new Promise((resolve, reject) => {
      const end = (failure) => {
        if (failure) return reject(failure);
        this.encodings = encodings;
        return resolve();
      };
      this.changes.push({ active: encodings.map(({ active }) => active), end });
      this.emit('change');
    });
  }

  // When it is asked for.
  async change(number) {
    while (this.changes.length <= number) await once(this, 'change');
    return this.changes[number];
  }
}

class FakePeer {
  signalingState = 'stable';
  connectionState = 'new';
  localDescription = { sdp: 'offer' };
  sender = new FakeSender();

  getTransceivers() {
    return [{ mid: '1', sender: this.sender }];
  }

  addEventListener() {}
  async setLocalDescription() {}
  async setRemoteDescription() {}
}

const track = (l, h, mid = '1') => ({ mid, encodings: [{ rid: 'l', wanted: l }, { rid: 'h', wanted: h }] });
const refused = new Error('the browser refuses');

test('what is wanted is sent, one change after the other', async () => {
  const peer = new FakePeer();
  const { sender } = peer;
  const first = sendWanted(peer, track(false, false));
  const second = sendWanted(peer, track(true, false));
  const { active, end } = await sender.change(0);
  assert.deepEqual(active, [false, false]);
  assert.equal(sender.changes.length, 1);

  end();
  await first;
  (await sender.change(1)).end();
  await second;
  assert.deepEqual(sender.encodings, [{ rid: 'l', active: true }, { rid: 'h', active: false }]);
  await sendWanted(peer, track(true, true, 'of a line that is not there'));
  assert.equal(sender.changes.length, 2);
});

test('a change that is refused keeps no later one back', async () => {
  const peer = new FakePeer();
  const first = sendWanted(peer, track(false, false));
  const second = sendWanted(peer, track(true, false));
  (await peer.sender.change(0)).end(refused);
  await assert.rejects(first, refused);
  const { active, end } = await peer.sender.change(1);
  end();
  await second;
  assert.deepEqual(active, [true, false]);
});

test('a candidate that comes too late for the server is told to a page that is there, and to no other', async () => {
  globalThis.RTCPeerConnection = FakePeer;
  globalThis.WebSocket ??= { OPEN: 1 };
  const asked = [];
  const socket = { readyState: 1, send: (text) => asked.push(JSON.parse(text)) };
  const visit = new Visit(socket);
  const says = (answer) => socket.onmessage({ data: JSON.stringify({ id: asked.pop().id, ...answer }) });
  const problems = [];
  visit.on('problem', ({ reason }) => problems.push(reason));
  for (const gone of [false, true]) {
    const connecting = connectPeer(visit, {});
    while (!asked.length) await new Promise(setImmediate);
    says({ result: { sdp: 'answer' } });
    const peer = await connecting;
    const told = peer.onicecandidate({ candidate: null });
    if (gone) peer.signalingState = 'closed';
    says({ error: { reason: 'ELEMENT_NOT_FOUND', message: 'there is no such element' } });
    await told;
    assert.deepEqual(problems, ['ELEMENT_NOT_FOUND']);
  }
});

test('a page is told that its encodings are as they were, unless it has gone', async () => {
  globalThis.RTCPeerConnection = FakePeer;
  globalThis.WebSocket ??= { OPEN: 1 };
  const answers = (asked) => socket.onmessage({ data: JSON.stringify({ id: JSON.parse(asked).id, result: { sdp: 'answer' } }) });
  const socket = { readyState: 1, send: answers };
  const visit = new Visit(socket);
  const problems = [];
  visit.on('problem', ({ reason }) => problems.push(reason));
  const peer = await connectPeer(visit, {});
  for (const gone of [false, true]) {
    const { length } = peer.sender.changes;
    visit.tell('wanted', track(false, false));
    const { end } = await peer.sender.change(length);
    if (gone) peer.signalingState = 'closed';
    end(refused);
    sendWanted(peer, track(true, gone)); // which is not what it sends
    (await peer.sender.change(length + 1)).end(); // by then what was refused has been told
    assert.deepEqual(problems, ['ENCODINGS_UNCHANGED']);
  }
});
