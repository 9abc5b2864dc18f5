// SPDX-License-Identifier: Apache-2.0
// A call between two pages, of which one is looked at: its lines, its offers and those of its endpoint, and what flows.
import assert from 'node:assert/strict';

const enough = { audio: 10, video: 5 }; // packets of sound, and of pictures or pictures
const longest = 40_000; // milliseconds until what shall flow flows, and what shall not has stopped
const mirrored = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive', stopped: 'stopped' };
const usual = [{ line: 'audio', kind: 'audio' }, { line: 'video', kind: 'video' }];
const colours = { red: [255, 0, 0], lime: [0, 255, 0], blue: [0, 0, 255] };
const endpoints = { codecs: ['OPUS', 'VP8'] };
const notSpoken = 'video/VP9'; // by these

// One page's connection with its endpoint.
class Party {
  lines = new Map(); // kind and mid, by name; those that have ended are gone
  linked = new Set(); // ports
  heard = 0; // events, up to here

  static async at(page, session, options) {
    const party = Object.assign(new Party(), { page, session });
    party.endpoint = await session.create('WebRtcEndpoint', { ...endpoints, ...options });
    await page.run(() => void (globalThis.me = new Caller()));
    return party;
  }

  ask(command, ...given) {
    return this.page.run((name, all) => me[name](...all), command, given);
  }

  async browserOffers() {
    const { answer } = await this.endpoint.processOffer({ offer: await this.ask('offer') });
    await this.ask('accept', withoutTcp(answer));
    await this.settle();
  }

  async kmsOffers(wanted, fresh = []) {
    const { offer } = await this.endpoint.generateOffer(wanted);
    await this.endpoint.processAnswer({ answer: await this.ask('answer', withoutTcp(offer), fresh) });
    await this.settle();
  }

  async settle() {
    const mids = await this.ask('mids');
    for (const [name, line] of this.lines) {
      if (mids[name] === undefined) this.lines.delete(name);
      else line.mid = mids[name];
    }
  }

  // The first line of a kind has its port, others have one by their mid.
  portOf(name) {
    const { kind, mid, port } = this.lines.get(name);
    if (port) return port;
    const isTaken = [...this.lines.values()].some((other) => other.port === kind);
    return (this.lines.get(name).port = isTaken ? mid : kind);
  }

  async close() {
    await this.ask('close');
    await this.endpoint.delete();
  }
}

// Chromium is told no candidates of TCP: loopback is a dear network to it, and it keeps a pair of TCP that it has made from
// another one, through all restarts.
const isUdp = ({ candidate }) => candidate.split(' ')[2] === 'udp';
const withoutTcp = (sdp) => sdp.replace(/^a=candidate:\S+ 1 tcp .*\r\n/gm, '');
const toKms = ({ kind, direction = 'sendrecv' }, mid) => ({ kind, direction: mirrored[direction], ...(mid && { mid }) });

// `me` is looked at; it gets all that it takes from the other one, which sees and hears its first lines.
export class Call {
  #flows = new Map();

  static async open(session, pages, role) {
    const call = Object.assign(new Call(), { session, pages, role });
    call.other = await Party.at(pages.other, session);
    for (const line of [...usual, { line: 'green', kind: 'video', direction: 'sendonly', colour: 'lime' }]) {
      await call.other.ask('add', { colour: 'blue', ...line });
      call.other.lines.set(line.line, { kind: line.kind });
    }
    await call.other.browserOffers();
    return call;
  }

  async play(steps) {
    this.#flows = new Map();
    try {
      for (const [at, step] of steps.entries()) await this.#step(step, at);
    } finally {
      await this.me?.close();
    }
  }

  async #step(step, at) {
    const by = step.by === 'kms' || (step.by === 'answerer') === (this.role === 'browser') ? 'kms' : 'browser';
    const place = `step ${at + 1}, ${step.do} ${step.line ?? ''} by ${by}`;
    try {
      await this[step.do](step, by);
      for (const [line, flow] of Object.entries(step.flows ?? {})) this.#flows.set(line, flow);
      await this.#link();
      const { mlines, state } = await this.me.ask('describe');
      assert.equal(state, 'stable');
      if (step.mlines) assert.equal(mlines, step.mlines, 'm-lines');
      await this.#prove();
    } catch (error) {
      throw new Error(`${place}: ${error.message}`, { cause: error });
    }
  }

  // The steps.

  async open({ lines = usual, trickle = false }, by) {
    this.me = await Party.at(this.pages.me, this.session, { trickle });
    if (trickle) return this.#openByTrickle(lines, by);
    await this.#add(lines, by);
  }

  async add(step, by) {
    await this.#add([step], by);
  }

  async #add(lines, by, more = {}) {
    for (const { line, kind, direction } of lines) this.me.lines.set(line, { kind, direction });
    if (by === 'kms') return this.me.kmsOffers({ lines: lines.map((line) => toKms(line)) }, lines.map((line) => ({ ...line, ...more })));
    for (const line of lines) await this.me.ask('add', { ...line, ...more });
    return this.me.browserOffers();
  }

  async direct({ line, to }, by) {
    if (by === 'browser') return this.#offerOf('direct', { line, to });
    const { kind, mid } = this.me.lines.get(line);
    return this.me.kmsOffers({ lines: [toKms({ kind, direction: to }, mid)] });
  }

  async #offerOf(command, given) {
    await this.me.ask(command, given);
    await this.me.browserOffers();
  }

  async remove({ line }, by) {
    if (by === 'browser') return this.#offerOf('remove', { line });
    return this.direct({ line, to: 'recvonly' }, by);
  }

  async stop({ line }, by) {
    if (by === 'browser') return this.#offerOf('stop', { line });
    await this.direct({ line, to: 'stopped' }, by);
    await this.me.ask('forget', { line }); // the first line stays in descriptions, for another one of its kind
    await this.me.settle();
  }

  // The one who offers sends something else on a line.
  async replace({ line }, by) {
    const [whose, seenBy] = by === 'browser' ? [this.me, this.other] : [this.other, this.me];
    await seenBy.ask('shows', { line, colour: colours[by === 'browser' ? 'red' : 'blue'] });
    if (by === 'browser') await whose.ask('replace', { line, colour: 'lime' });
    else await this.#connect(this.other, 'green', this.me, line);
    await seenBy.ask('shows', { line, colour: colours.lime });
  }

  async reject({ line, kind }, by) {
    await this.#add([{ line, kind }], by, { codec: notSpoken });
    assert.ok(!this.me.lines.has(line), 'the line is rejected');
  }

  async glare({ line, kind, other }, by) {
    this.me.lines.set(line, { kind });
    if (by === 'browser') {
      await this.me.endpoint.generateOffer({ lines: [toKms(other)] });
      await this.me.ask('add', { line, kind });
      await this.me.browserOffers();
      return this.#add([other], 'kms');
    }
    await this.me.ask('add', other);
    await this.me.ask('offer');
    await this.me.kmsOffers({ lines: [toKms({ kind })] }, [{ line }]);
    this.me.lines.set(other.line, { kind: other.kind });
    return this.me.browserOffers();
  }

  async rollback({ kind }, by) {
    if (by === 'browser') return this.me.ask('takeBack');
    const { offer } = await this.me.endpoint.generateOffer({ lines: [toKms({ kind })] });
    await this.me.ask('takeBack', offer);
    await this.me.endpoint.withdrawOffer();
  }

  async restart(step, by) {
    const before = await this.#path();
    if (by === 'browser') await this.#offerOf('restart');
    else await this.me.kmsOffers({ restartIce: true });
    const deadline = Date.now() + longest;
    for (let now = before; now.pair === before.pair;) {
      assert.ok(Date.now() < deadline, `the path is still ${now.pair}`);
      now = await this.#path();
      for (const end of [0, 1]) assert.notEqual(now.ufrags[end], before.ufrags[end], `${['the browser', 'kms'][end]} has the old ufrag`);
    }
  }

  // Candidates of both sides; those of the page may be of an earlier restart.
  async trickle() {
    await Promise.all([this.#tellOurs(), this.#tellTheirs()]);
  }

  async #path() {
    const [{ ufrags }, { transport }] = await Promise.all([this.me.ask('describe'), this.me.endpoint.getRtcStats()]);
    return { ufrags, pair: transport.selectedCandidatePair };
  }

  // No description has a candidate; each side tells its own as soon as the other one has a description.
  async #openByTrickle(lines, by) {
    const none = (sdp) => assert.doesNotMatch(sdp, /a=candidate|a=end-of-candidates/);
    for (const line of lines) this.me.lines.set(line.line, { kind: line.kind });
    if (by === 'browser') {
      for (const line of lines) await this.me.ask('add', line);
      const { answer } = await this.me.endpoint.processOffer({ offer: await this.me.ask('offer') });
      none(answer);
      await this.me.ask('accept', answer);
    } else {
      const { offer } = await this.me.endpoint.generateOffer({ lines: lines.map((line) => toKms(line)) });
      none(offer);
      await this.me.endpoint.processAnswer({ answer: await this.me.ask('answer', offer, lines) });
    }
    await this.me.settle();
    await this.trickle();
  }

  async #tellOurs() {
    let given;
    do {
      given = await this.me.ask('candidate');
      const { candidate = '', sdpMid = '', sdpMLineIndex = 0 } = given ?? {};
      await this.me.endpoint.addIceCandidate({ candidate, sdpMid: sdpMid ?? '', sdpMLineIndex: sdpMLineIndex ?? 0 });
    } while (given !== null);
  }

  async #tellTheirs() {
    await this.me.endpoint.gatherCandidates();
    for await (const { sequence, type, elementId, data } of this.session.events({ after: this.me.heard })) {
      if (elementId !== this.me.endpoint.id) continue;
      if (type === 'IceCandidateFound' && isUdp(data)) await this.me.ask('addCandidate', data);
      if (type !== 'IceGatheringDone') continue;
      await this.me.ask('addCandidate', {});
      this.me.heard = sequence;
      return;
    }
  }

  // What is linked.

  async #connect(from, source, to, sink) {
    const link = { kind: to.lines.get(sink).kind, sourcePort: from.portOf(source), sinkPort: to.portOf(sink) };
    await from.endpoint.connect(to.endpoint, link);
  }

  // The ports of the first lines stay linked when a line ends, and the next one has them.
  async #link() {
    for (const [name, line] of this.me.lines) {
      const port = this.me.portOf(name);
      if (this.me.linked.has(port)) continue;
      this.me.linked.add(port);
      if (line.direction !== 'sendonly') await this.#connect(this.other, line.kind, this.me, name);
      if (this.other.lines.has(name)) await this.#connect(this.me, name, this.other, name);
    }
  }

  // What flows.

  async #counts() {
    const [mine, others, stats] = await Promise.all([this.me.ask('received'), this.other.ask('received'), this.me.endpoint.getRtcStats()]);
    const packets = (streams, mid, member) => streams.filter((each) => each.mid === mid).reduce((sum, each) => sum + each[member], 0);
    const counts = new Map();
    for (const name of this.#flows.keys()) {
      const mid = this.me.lines.get(name)?.mid;
      const sends = { 'packets from the browser': packets(stats.inboundRtp, mid, 'packetsReceived') };
      const far = mid !== undefined && this.other.lines.get(name);
      if (far) sends['what the other page gets'] = others[far.mid] ?? 0;
      const receives = { 'packets to the browser': packets(stats.outboundRtp, mid, 'packetsSent'), 'what the browser gets': mine[mid] ?? 0 };
      counts.set(name, { sends, receives });
    }
    return counts;
  }

  // Until all that shall flow has flowed for a while, in which nothing else did.
  async #prove() {
    const deadline = Date.now() + longest;
    for (let before = await this.#counts(); ;) {
      const now = await this.#flowed(before);
      const surplus = this.#differences(before, now).filter(({ flows, more }) => !flows && more > 0);
      if (surplus.length === 0) return;
      assert.ok(Date.now() < deadline, `still flows: ${said(surplus)}`);
      before = now;
    }
  }

  async #flowed(before) {
    const deadline = Date.now() + longest;
    for (;;) {
      if (![...this.#flows.values()].some((flow) => flow !== 'none')) await this.pages.me.run(aWhile);
      const now = await this.#counts();
      const missing = this.#differences(before, now).filter(({ flows, more, least }) => flows && more < least);
      if (missing.length === 0) return now;
      assert.ok(Date.now() < deadline, `does not flow: ${said(missing)}`);
    }
  }

  #differences(before, now) {
    const all = [];
    for (const [name, flow] of this.#flows) {
      const least = enough[this.me.lines.get(name)?.kind];
      for (const way of ['sends', 'receives']) {
        for (const [what, count] of Object.entries(now.get(name)[way])) {
          all.push({ name, what, flows: flow === 'both' || flow === way, more: count - (before.get(name)[way][what] ?? 0), least });
        }
      }
    }
    return all;
  }
}

const said = (differences) => differences.map(({ name, what, more }) => `${name}, ${what} (${more} more)`).join('; ');

// Where nothing flows that could be waited for.
async function aWhile() {
  for (let turn = 0; turn < 20; ++turn) await new Promise(requestAnimationFrame);
}
