// SPDX-License-Identifier: Apache-2.0
// The group call without a media server: who gets whose lines, by which offers, while people come and go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Member } from '../samples/web/member.mjs';

// A WebRtcEndpoint that offers the lines it is asked for, in the places of stopped ones first.
class FakeEndpoint {
  sections = [{ kind: 'audio', mid: '0', sent: false }, { kind: 'video', mid: '1', sent: false }];
  linked = []; // "who.kind > port"
  layers = {}; // port -> request
  #next = 2;

  constructor(id) {
    Object.assign(this, { id, name: `sessions/a/elements/${id}` });
  }

  async generateOffer({ lines }) {
    const free = this.sections.filter((each) => each.stopped);
    for (const { mid } of lines.filter((each) => each.direction === 'stopped')) this.sections.find((each) => each.mid === mid).stopped = true;
    for (const { kind } of lines.filter((each) => each.direction === 'sendonly')) {
      const line = { kind, mid: String(this.#next++), sent: true, stopped: false };
      if (free.length) Object.assign(free.shift(), line);
      else this.sections.push(line);
    }
    const text = ({ kind, mid, sent, stopped }) => `m=${kind} ${stopped ? 0 : 9} UDP/TLS/RTP/SAVPF 96\r\na=mid:${mid}\r\na=${sent ? 'sendonly' : 'recvonly'}\r\n`;
    const told = this.sections.filter((each) => !each.stopped).map(({ kind, mid, sent }) => ({ kind, mid, direction: sent ? 'sendonly' : 'recvonly' }));
    return { offer: `v=0\r\n${this.sections.map(text).join('')}`, lines: told };
  }
  async processAnswer({ answer }) {
    this.answered = answer;
  }
  async setPreferredLayers(request) {
    this.layers[request.port] = request;
  }
  async connect(to, { sourcePort, sinkPort }) {
    to.linked.push(`${this.id}.${sourcePort} > ${sinkPort}`);
  }
  async gatherCandidates() {}
}

// A page: keeps what it is told; offers wait for answer().
class FakeVisit {
  offers = [];
  problems = [];
  send(event, data) {
    if (event === 'offer') this.offers.push(data);
    if (event === 'problem') this.problems.push(data);
    this.heard?.();
  }
}

const stage = { remove: async () => {} };
function member(name) {
  const one = new Member(stage, new FakeVisit(), name, { endpoint: new FakeEndpoint(name) });
  one.heights = [180, 360];
  return one;
}

async function offered(one, count) {
  while (one.visit.offers.length < count) await new Promise((resolve) => (one.visit.heard = resolve));
  return one.visit.offers[count - 1];
}
const settled = () => new Promise(setImmediate);

test('each other one has lines of his own, and the first of a kind is the port of that name', async () => {
  const [ann, bob, cy] = ['ann', 'bob', 'cy'].map(member);
  ann.show(bob);
  ann.show(cy);
  const first = await offered(ann, 1);
  assert.deepEqual(first.people, [{ name: 'bob', audio: '2', video: '3' }]);
  ann.answer('one');
  const second = await offered(ann, 2);
  assert.deepEqual(second.people, [{ name: 'bob', audio: '2', video: '3' }, { name: 'cy', audio: '4', video: '5' }]);
  ann.answer('two');
  await settled();
  assert.equal(ann.peer.endpoint.answered, 'two');
  assert.deepEqual(ann.peer.endpoint.linked, ['bob.audio > audio', 'bob.video > video', 'cy.audio > 4', 'cy.video > 5']);
});

test('who comes gets the places of who went, and the port of his kind if it is free', async () => {
  const [ann, bob, cy, dora] = ['ann', 'bob', 'cy', 'dora'].map(member);
  for (const other of [bob, cy]) {
    ann.show(other);
    await offered(ann, ann.visit.offers.length + 1);
    ann.answer('');
    await settled();
  }
  ann.hide(bob);
  assert.deepEqual((await offered(ann, 3)).people.map(({ name }) => name), ['cy']);
  ann.answer('');
  await settled();
  ann.show(dora);
  const { people, sdp } = await offered(ann, 4);
  ann.answer('');
  await settled();
  assert.equal(sdp.split('m=').length - 1, 6);
  assert.deepEqual(people[1], { name: 'dora', audio: '6', video: '7' });
  assert.deepEqual(ann.peer.endpoint.linked.slice(4), ['dora.audio > audio', 'dora.video > video']);
});

test('who comes and goes while an answer is awaited is in the next offer, or in none', async () => {
  const [ann, bob, cy] = ['ann', 'bob', 'cy'].map(member);
  ann.show(bob);
  await offered(ann, 1);
  ann.show(cy);
  ann.hide(cy);
  ann.hide(bob);
  ann.answer('');
  assert.deepEqual((await offered(ann, 2)).people, []);
  ann.answer('');
  await settled();
  assert.equal(ann.visit.offers.length, 2);
  assert.deepEqual(ann.visit.problems, []);
});

test('layers are as large as pictures are shown, and none where they are not', async () => {
  const [ann, bob] = ['ann', 'bob'].map(member);
  ann.show(bob);
  await offered(ann, 1);
  ann.answer('');
  await settled();
  const { layers } = ann.peer.endpoint;
  assert.deepEqual(layers.video, { port: 'video', preferredLayer: 0, maximumLayer: 0, paused: false });
  for (const [height, layer] of [[128, 0], [225, 0], [226, 1], [2000, 1]]) {
    await ann.resize('bob', height);
    assert.equal(layers.video.preferredLayer, layer, `${height}`);
  }
  await ann.resize('bob', 0);
  assert.equal(layers.video.paused, true);
  await assert.rejects(ann.resize('bob', -1), { reason: 'HEIGHT_INVALID' });
});

test('who leaves owes no answer', async () => {
  const [ann, bob] = ['ann', 'bob'].map(member);
  ann.show(bob);
  await offered(ann, 1);
  await ann.end();
  ann.hide(bob);
  await settled();
  assert.deepEqual([ann.visit.offers.length, ann.visit.problems], [1, []]);
});
