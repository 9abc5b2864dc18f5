// SPDX-License-Identifier: Apache-2.0
// A group call: each page sends its camera once and gets everybody else's, unmixed, over one connection. One session for
// all, which the first who enters opens and the last who leaves closes. Who speaks is told to all.
import { Member } from './member.mjs';
import { Stage } from './stage.mjs';
import { Refusal } from './visit.mjs';

const longestName = 40;
const mostPeople = 20;

export class GroupCall {
  #client;
  #members = new Map(); // visit -> Member
  #stage = null; // while somebody is there
  #speaker = ''; // name
  #turn = Promise.resolve(); // one comes or goes after the other

  constructor({ client }) {
    this.#client = client;
  }

  async open(visit) {
    visit.onEnd(() => this.#inTurn(() => this.#leave(visit)));
    return {
      enter: ({ name }) => this.#inTurn(() => this.#enter(visit, name)),
      leave: () => this.#inTurn(() => this.#leave(visit)),
      offer: (data) => this.#member(visit).peer.offer(data),
      candidate: (data) => this.#member(visit).peer.candidate(data),
      ready: ({ heights }) => this.#introduce(this.#member(visit), heights),
      answer: ({ sdp }) => this.#member(visit).answer(sdp),
      size: ({ name, height }) => this.#member(visit).resize(name, height),
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
    if (this.#members.has(visit)) throw new Refusal('ENTERED', 'you are there already');
    if ([...this.#members.values()].some((each) => each.name === name)) throw new Refusal('NAME_TAKEN', `somebody else is called ${name}`);
    if (this.#members.size === mostPeople) throw new Refusal('FULL', `there are ${mostPeople} already`);
    this.#stage ??= await this.#openStage();
    try {
      this.#members.set(visit, await Member.of(this.#stage, visit, name));
    } catch (failure) {
      await this.#closeIfEmpty();
      throw failure;
    }
  }

  async #openStage() {
    const stage = await Stage.open(this.#client, 'group call');
    stage.on(undefined, (type, data) => this.#hear(stage, type, data));
    return stage;
  }

  #hear(stage, type, data) {
    if (type === 'ActiveSpeakerChanged') this.#tellWhoSpeaks(data.element);
    if (type === 'SessionClosed') this.#inTurn(() => this.#lose(stage));
  }

  // Its page sends now: all others are to see it, and it them.
  #introduce(newcomer, heights) {
    if (newcomer.isSeen) throw new Refusal('READY', 'all know that already');
    newcomer.heights = heightsOf(heights);
    newcomer.isSeen = true;
    for (const other of [...this.#members.values()].filter((each) => each.isSeen && each !== newcomer)) {
      other.show(newcomer);
      newcomer.show(other);
    }
    newcomer.visit.send('speaker', { name: this.#speaker });
  }

  async #leave(visit) {
    const member = this.#members.get(visit);
    if (!member) return;
    this.#members.delete(visit);
    await member.end();
    for (const other of this.#members.values()) other.hide(member);
    await this.#closeIfEmpty();
  }

  async #closeIfEmpty() {
    if (this.#members.size > 0 || !this.#stage) return;
    const stage = this.#stage;
    this.#stage = null;
    this.#speaker = '';
    await stage.close();
  }

  // The server has ended the session.
  #lose(stage) {
    if (this.#stage !== stage) return;
    this.#stage = null;
    for (const member of this.#members.values()) {
      member.lose();
      member.visit.send('ended', { reason: 'SESSION_CLOSED' });
    }
    this.#members.clear();
  }

  #member(visit) {
    const member = this.#members.get(visit);
    if (!member) throw new Refusal('NOT_ENTERED', 'enter first');
    return member;
  }

  #tellWhoSpeaks(element) {
    const member = [...this.#members.values()].find((each) => each.peer.endpoint.name === element);
    this.#speaker = member?.name ?? '';
    for (const { visit } of this.#members.values()) visit.send('speaker', { name: this.#speaker });
  }
}

// How high the pictures of a page's encodings are, smallest first.
function heightsOf(given) {
  const isHeight = (each) => Number.isInteger(each) && each > 0;
  if (!Array.isArray(given) || !given.every(isHeight)) throw new Refusal('HEIGHTS_INVALID', 'heights are whole numbers of points');
  return given.slice(0, 4).sort((one, other) => one - other);
}
