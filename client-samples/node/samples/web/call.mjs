// SPDX-License-Identifier: Apache-2.0
// Calls between two pages: who is there, ringing, and a session per call whose two endpoints are connected both ways.
import { Peer, Stage } from './stage.mjs';
import { Refusal } from './visit.mjs';

const longestName = 40;

export class Calls {
  #client;
  #people = new Map(); // name -> person: {name, visit, call, peer}

  constructor({ client }) {
    this.#client = client;
  }

  async open(visit) {
    const person = { visit, name: null, call: null, peer: null };
    visit.onEnd(() => this.#leave(person));
    return {
      enter: ({ name }) => this.#enter(person, name),
      call: ({ name }) => this.#ring(person, name),
      answer: () => this.#answer(person),
      hangup: () => this.#hangUp(person, 'HUNG_UP'),
      offer: (data) => inCall(person).offer(data),
      candidate: (data) => inCall(person).candidate(data),
    };
  }

  #enter(person, wanted) {
    const name = String(wanted ?? '').trim();
    if (!name || name.length > longestName) throw new Refusal('NAME_INVALID', `a name has 1 to ${longestName} letters`);
    if (person.name) throw new Refusal('ENTERED', `you are ${person.name} already`);
    if (this.#people.has(name)) throw new Refusal('NAME_TAKEN', `somebody else is called ${name}`);
    person.name = name;
    this.#people.set(name, person);
    this.#tellWhoIsThere();
  }

  #ring(caller, name) {
    const callee = this.#people.get(name);
    if (!caller.name || callee === caller) throw new Refusal('NOT_POSSIBLE', 'enter your name, then call somebody else');
    if (!callee) throw new Refusal('NOT_THERE', `${name} is not there any more`);
    if (caller.call || callee.call) throw new Refusal('BUSY', `${callee.call ? name : 'your line'} is busy`);
    caller.call = { caller, callee, stage: null };
    callee.call = caller.call;
    callee.visit.send('ringing', { from: caller.name });
    this.#tellWhoIsThere();
  }

  async #answer(person) {
    const call = person.call;
    if (call?.callee !== person || call.answered) throw new Refusal('NOBODY_CALLS', 'nobody calls');
    call.answered = true;
    try {
      await this.#join(call);
    } catch (failure) {
      await this.#hangUp(person, 'CALL_FAILED');
      throw failure;
    }
    for (const each of [call.caller, call.callee]) each.visit.send('answered');
  }

  async #join(call) {
    const { caller, callee } = call;
    call.stage = await Stage.open(this.#client, `${caller.name} calls ${callee.name}`);
    call.stage.on(undefined, (type) => type === 'SessionClosed' && this.#hangUp(caller, 'SESSION_CLOSED'));
    [caller.peer, callee.peer] = [await Peer.of(call.stage, caller.visit), await Peer.of(call.stage, callee.visit)];
    await caller.peer.endpoint.connect(callee.peer.endpoint);
    await callee.peer.endpoint.connect(caller.peer.endpoint);
    if (call.over) await call.stage.close(); // hung up meanwhile
  }

  async #hangUp(person, reason) {
    const call = person.call;
    if (!call) return; // the other was first
    call.over = true;
    for (const each of [call.caller, call.callee]) {
      Object.assign(each, { call: null, peer: null });
      each.visit.send('over', { reason, by: person.name });
    }
    this.#tellWhoIsThere();
    await call.stage?.close();
  }

  async #leave(person) {
    if (person.name) this.#people.delete(person.name);
    this.#tellWhoIsThere();
    await this.#hangUp(person, 'LEFT');
  }

  #tellWhoIsThere() {
    for (const { name, visit } of this.#people.values()) {
      const others = [...this.#people.values()].filter((each) => each.name !== name);
      visit.send('people', { others: others.map((each) => ({ name: each.name, busy: Boolean(each.call) })) });
    }
  }
}

function inCall(person) {
  if (!person.peer) throw new Refusal('NO_CALL', 'there is no call');
  return person.peer;
}
