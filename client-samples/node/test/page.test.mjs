// SPDX-License-Identifier: Apache-2.0
// kms-client.js of the sample pages without a browser: what becomes of the encodings that somebody wants.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

const text = await readFile(new URL('../../web/kms-client.js', import.meta.url), 'utf8');
const { connectPeer, sendWanted, Visit } = await import(`data:text/javascript,${encodeURIComponent(text)}`);

// A sender whose changes are carried out, or refused, when `end` of them is called.
class FakeSender {
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
    });
  }
}

class FakePeer {
  signalingState = 'stable';
  connectionState = 'new';
  localDescription = { sdp: 'offer' };
  sender = new FakeSender();

  constructor() {
    FakePeer.latest = this;
  }

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
  const { changes } = peer.sender;
  const first = sendWanted(peer, track(false, false));
  const second = sendWanted(peer, track(true, false));
  await turn();
  assert.deepEqual(changes.map(({ active }) => active), [[false, false]]);

  changes[0].end();
  await first;
  await turn();
  changes[1].end();
  await second;
  assert.deepEqual(peer.sender.encodings, [{ rid: 'l', active: true }, { rid: 'h', active: false }]);
  await sendWanted(peer, track(true, true, 'of a line that is not there'));
  assert.equal(changes.length, 2);
});

test('a change that is refused keeps no later one back', async () => {
  const peer = new FakePeer();
  const { changes } = peer.sender;
  const first = sendWanted(peer, track(false, false));
  const second = sendWanted(peer, track(true, false));
  await turn();
  changes[0].end(refused);
  await assert.rejects(first, refused);
  await turn();
  changes[1].end();
  await second;
  assert.deepEqual(changes[1].active, [true, false]);
});

test('a page is told that its encodings are as they were, unless it has gone', async () => {
  globalThis.RTCPeerConnection = FakePeer;
  const socket = { readyState: 1, send: (asked) => socket.onmessage({ data: JSON.stringify({ id: JSON.parse(asked).id, result: { sdp: 'answer' } }) }) };
  globalThis.WebSocket ??= { OPEN: 1 };
  const visit = new Visit(socket);
  const problems = [];
  visit.on('problem', ({ reason }) => problems.push(reason));
  const peer = await connectPeer(visit, {});
  const { changes } = FakePeer.latest.sender;
  visit.tell('wanted', track(false, false));
  await turn();
  changes[0].end(refused);
  await turn();
  assert.deepEqual(problems, ['ENCODINGS_UNCHANGED']);

  visit.tell('wanted', track(false, false));
  await turn();
  peer.signalingState = 'closed';
  changes[1].end(refused);
  await turn();
  assert.equal(problems.length, 1);
});
