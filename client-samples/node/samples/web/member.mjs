// SPDX-License-Identifier: Apache-2.0
// One in a group call: its endpoint, and the m-lines on which it gets the others. They come and go by offers of the server,
// one after the other; what changes while a page still has to answer goes into the next one.
import { Peer } from './stage.mjs';
import { Refusal } from './visit.mjs';

const kinds = ['audio', 'video'];

export class Member {
  isSeen = false; // the others get what it sends
  heights = []; // of its encodings' pictures, smallest first
  #stage;
  #wanted = new Set(); // others
  #lines = new Map(); // other -> {audio, video}, each {mid, port}
  #sizes = new Map(); // name -> height of its picture on the page
  #answer = null; // takes the page's answer to the offer that is under way
  #works = false; // an exchange is under way
  #ended = false;

  static async of(stage, visit, name) {
    return new Member(stage, visit, name, await Peer.of(stage, visit));
  }

  constructor(stage, visit, name, peer) {
    [this.#stage, this.visit, this.name, this.peer] = [stage, visit, name, peer];
  }

  show(other) {
    this.#wanted.add(other);
    this.#renegotiate();
  }

  hide(other) {
    this.#wanted.delete(other);
    this.#renegotiate();
  }

  answer(sdp) {
    if (!this.#answer) throw new Refusal('NO_OFFER', 'nothing was offered');
    this.#answer.resolve(sdp);
  }

  // The page shows the other one's pictures that high, in points of the screen; 0: not at all.
  async resize(name, height) {
    if (!Number.isFinite(height) || height < 0) throw new Refusal('HEIGHT_INVALID', 'a height is a number of points');
    this.#sizes.set(name, height);
    for (const [other, { video }] of this.#lines) if (other.name === name) await this.#choose(other, video.port).catch(unlessGone);
  }

  // Its page is gone, or leaves.
  async end() {
    this.lose();
    await this.#stage.remove(this.peer.endpoint);
  }

  // Its endpoint is gone, or will be.
  lose() {
    this.#ended = true;
    this.#answer?.reject(new Refusal('LEFT', 'you have left'));
  }

  async #renegotiate() {
    if (this.#works) return; // which sees to this, too
    this.#works = true;
    try {
      while (!this.#ended && (await this.#exchange()));
    } catch (failure) {
      if (!this.#ended) this.visit.send('problem', { reason: failure.reason ?? 'INTERNAL', message: failure.details ?? failure.message });
    } finally {
      this.#works = false;
    }
  }

  // One offer and its answer. False: there was nothing to change.
  async #exchange() {
    const gone = [...this.#lines.keys()].filter((other) => !this.#wanted.has(other));
    const come = [...this.#wanted].filter((other) => !this.#lines.has(other));
    if (gone.length + come.length > 0) await this.#offer(gone, come);
    return gone.length + come.length > 0;
  }

  async #offer(gone, come) {
    const ended = gone.flatMap((other) => kinds.map((kind) => ({ kind, direction: 'stopped', mid: this.#lines.get(other)[kind].mid })));
    const added = come.flatMap(() => kinds.map((kind) => ({ kind, direction: 'sendonly' })));
    const { offer, lines } = await this.peer.endpoint.generateOffer({ lines: [...ended, ...added] });
    for (const other of gone) this.#lines.delete(other);
    this.#assign(come, lines.filter(({ direction }) => direction === 'sendonly'));
    this.visit.send('offer', { sdp: offer, people: this.#people() });
    const answer = await new Promise((resolve, reject) => (this.#answer = { resolve, reject }));
    this.#answer = null;
    await this.peer.endpoint.processAnswer({ answer });
    for (const other of come) await this.#connect(other);
  }

  // New m-lines may stand in the places of old ones: those whose mids are not known yet, in the order in which they stand. The
  // first of a kind is the port of that name, the others have the name of their mid.
  #assign(come, sent) {
    const taken = () => [...this.#lines.values()].flatMap((lines) => Object.values(lines));
    const others = { audio: [...come], video: [...come] };
    for (const { kind, mid } of sent) {
      if (taken().some((line) => line.mid === mid)) continue;
      const other = others[kind].shift();
      const port = taken().some((line) => line.port === kind) ? mid : kind;
      this.#lines.set(other, { ...this.#lines.get(other), [kind]: { mid, port } });
    }
  }

  #people() {
    return [...this.#lines].map(([{ name }, { audio, video }]) => ({ name, audio: audio.mid, video: video.mid }));
  }

  async #connect(other) {
    const lines = this.#lines.get(other);
    const [from, to] = [other.peer.endpoint, this.peer.endpoint];
    await this.#choose(other, lines.video.port).catch(unlessGone);
    for (const kind of kinds) await from.connect(to, { sourcePort: kind, sinkPort: lines[kind].port }).catch(unlessGone);
  }

  // The smallest encoding that is as high as the picture on the page, or nearly.
  async #choose(other, port) {
    const height = this.#sizes.get(other.name);
    const enough = other.heights.findIndex((each) => each >= 0.8 * (height ?? 0));
    const preferredLayer = enough < 0 ? Math.max(0, other.heights.length - 1) : enough;
    await this.peer.endpoint.setPreferredLayers({ port, preferredLayer, maximumLayer: preferredLayer, paused: height === 0 });
  }
}

// One of the two has left meanwhile, or its line is still to come.
function unlessGone(failure) {
  if (failure.code !== 'NOT_FOUND') throw failure;
}
