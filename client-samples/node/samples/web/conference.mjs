// SPDX-License-Identifier: Apache-2.0
// A conference whose pictures and sound are mixed: each page sends one stream and gets one, however many are there. One session
// for all, which the first who enters opens and the last who leaves closes. The whole room can be recorded.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Peer, Stage } from './stage.mjs';
import { Refusal } from './visit.mjs';

const longestName = 40;
const look = { label: true };
const layouts = { grid: { grid: {}, look }, speaker: { speaker: {}, look }, crop: { grid: {}, look: { ...look, fit: 'FIT_CROP' } } };

export class Conference {
  #client;
  #recordings;
  #visits = new Set();
  #people = new Map(); // visit -> {name, peer, portId}
  #room = null; // {stage, mixer, recorder} while somebody is there
  #turn = Promise.resolve(); // one comes or goes after the other

  constructor({ client, recordings }) {
    this.#client = client;
    this.#recordings = recordings;
  }

  async open(visit) {
    this.#visits.add(visit);
    visit.onEnd(() => {
      this.#visits.delete(visit);
      return this.#inTurn(() => this.#leave(visit));
    });
    this.#tellWhoIsThere();
    return {
      enter: ({ name }) => this.#inTurn(() => this.#enter(visit, name)),
      leave: () => this.#inTurn(() => this.#leave(visit)),
      offer: (data) => this.#peer(visit).offer(data),
      candidate: (data) => this.#peer(visit).candidate(data),
      layout: ({ layout }) => this.#arrange(layout),
      record: () => this.#inTurn(() => this.#record()),
      stop: () => this.#inTurn(() => this.#stop()),
    };
  }

  #inTurn(work) {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {}); // whoever asked is told
    return done;
  }

  async #enter(visit, wanted) {
    const name = String(wanted ?? '').trim();
    if (!name || name.length > longestName) throw new Refusal('NAME_INVALID', `a name has 1 to ${longestName} letters`);
    if (this.#people.has(visit)) throw new Refusal('ENTERED', 'you are there already');
    if (!this.#visits.has(visit)) throw new Refusal('LEFT', 'you have left'); // meanwhile
    const person = { name };
    this.#people.set(visit, person);
    try {
      this.#room ??= await this.#openRoom();
      await this.#seat(visit, person);
    } catch (failure) {
      await this.#leave(visit);
      throw failure;
    }
    this.#tellWhoIsThere();
  }

  async #openRoom() {
    const stage = await Stage.open(this.#client, 'conference');
    const mixer = await stage.session.create('Composite', { layout: layouts.grid });
    stage.on(mixer.id, (type, data) => type === 'ActiveSpeakerChanged' && this.#tellWhoSpeaks(data.portId));
    stage.on(undefined, (type) => type === 'SessionClosed' && this.#inTurn(() => this.#lose(stage)));
    return { stage, mixer, recorder: null };
  }

  // What a page sends goes to a hub port of its own, and what it gets is all others' sound and everyone's picture.
  async #seat(visit, person) {
    const { stage, mixer } = this.#room;
    person.peer = await Peer.of(stage, visit);
    const { port } = await mixer.createHubPort({ input: { displayName: person.name } });
    person.portId = port.portId;
    await person.peer.endpoint.connect(mixer, { sinkPort: person.portId });
    await mixer.connect(person.peer.endpoint, { sourcePort: person.portId });
  }

  async #leave(visit) {
    const person = this.#people.get(visit);
    if (!person) return;
    this.#people.delete(visit);
    this.#tellWhoIsThere();
    if (!this.#room) return;
    if (this.#people.size === 0) {
      await this.#closeRoom();
      return;
    }
    if (person.portId) await this.#room.mixer.deleteHubPort({ portId: person.portId });
    if (person.peer) await this.#room.stage.remove(person.peer.endpoint);
  }

  async #closeRoom() {
    const { stage, recorder } = this.#room;
    if (recorder) await this.#stop().catch((failure) => console.error('a recording did not end well:', failure.message));
    this.#room = null;
    await stage.close();
  }

  // The server has ended the session.
  #lose(stage) {
    if (this.#room?.stage !== stage) return;
    this.#room = null;
    for (const visit of this.#people.keys()) visit.send('ended', { reason: 'SESSION_CLOSED' });
    this.#people.clear();
  }

  async #arrange(name) {
    if (!Object.hasOwn(layouts, name)) throw new Refusal('UNKNOWN_LAYOUT', `there are ${Object.keys(layouts).join(', ')}, not "${name}"`);
    await this.#open().mixer.setLayout({ layout: layouts[name] });
    this.#tell('layout', { layout: name });
  }

  async #record() {
    const room = this.#open();
    if (room.recorder) throw new Refusal('RECORDING', 'it is recorded already');
    const file = `${room.stage.session.id}-${Date.now()}.webm`;
    const uri = pathToFileURL(path.join(this.#recordings, file)).href;
    const recorder = await room.stage.session.create('RecorderEndpoint', { uri });
    await room.mixer.connect(recorder);
    await recorder.record();
    room.recorder = recorder;
    this.#tell('recording', { on: true });
  }

  async #stop() {
    const room = this.#open();
    if (!room.recorder) throw new Refusal('NOT_RECORDING', 'nothing is recorded');
    const recorder = room.recorder;
    room.recorder = null;
    try {
      const { recording } = await recorder.stop();
      const file = path.basename(new URL(recording.uri).pathname);
      this.#tell('recording', { on: false, seconds: recording.duration, bytes: recording.sizeBytes, file });
    } finally {
      await room.stage.remove(recorder);
    }
  }

  #open() {
    if (!this.#room) throw new Refusal('NOBODY_THERE', 'enter first');
    return this.#room;
  }

  #peer(visit) {
    const peer = this.#people.get(visit)?.peer;
    if (!peer) throw new Refusal('NOT_ENTERED', 'enter first');
    return peer;
  }

  #tell(event, data) {
    for (const visit of this.#visits) visit.send(event, data);
  }

  #tellWhoIsThere() {
    this.#tell('people', { names: [...this.#people.values()].map(({ name }) => name), recording: Boolean(this.#room?.recorder) });
  }

  #tellWhoSpeaks(portId) {
    const person = [...this.#people.values()].find((each) => each.portId === portId);
    this.#tell('speaker', { name: person?.name ?? '' });
  }
}
