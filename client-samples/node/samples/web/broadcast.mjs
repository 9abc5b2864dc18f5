// SPDX-License-Identifier: Apache-2.0
// One presenter, any number of viewers that come and go: packets are forwarded, nothing is decoded. One session for all,
// which lives as long as the presenter's visit.
import { Peer, Stage } from './stage.mjs';
import { Refusal } from './visit.mjs';

export class Broadcast {
  #client;
  #title;
  #visits = new Set();
  #show = null; // {visit, stage, presenter, viewers} while somebody presents

  constructor({ client }, title) {
    this.#client = client;
    this.#title = title;
  }

  async open(visit) {
    this.#visits.add(visit);
    visit.onEnd(() => this.#visits.delete(visit));
    visit.send('stage', { presented: Boolean(this.#show?.announced) });
    let peer;
    return {
      present: async () => {
        peer = await this.#present(visit);
      },
      watch: async () => {
        peer = await this.#watch(visit);
      },
      leave: () => this.#leave(visit),
      offer: (data) => chosen(peer).offer(data),
      candidate: (data) => chosen(peer).candidate(data),
    };
  }

  async #present(visit) {
    if (this.#show) throw new Refusal('STAGE_TAKEN', 'somebody else presents; you can watch');
    const show = { visit, viewers: new Map() };
    this.#show = show;
    visit.onEnd(() => this.#leave(visit));
    try {
      show.stage = await Stage.open(this.#client, this.#title);
      show.stage.on(undefined, (type) => type === 'SessionClosed' && this.#end(show));
      const presenter = await Peer.of(show.stage, visit);
      if (this.#show !== show) throw new Refusal('LEFT', 'the presenter has left'); // meanwhile
      show.presenter = presenter;
      // Viewers are called once there is something to see.
      show.stage.on(presenter.endpoint.id, (type) => type === 'MediaFlowing' && this.#announce(show));
      return presenter;
    } catch (failure) {
      await this.#end(show);
      throw failure;
    }
  }

  #announce(show) {
    if (show.announced || this.#show !== show) return;
    show.announced = true;
    this.#tellAll('stage', { presented: true });
  }

  async #watch(visit) {
    const show = this.#show;
    if (!show?.presenter) throw new Refusal('NO_PRESENTER', 'nobody presents yet');
    if (show.visit === visit) throw new Refusal('PRESENTER', 'you are the presenter');
    const peer = await Peer.of(show.stage, visit);
    show.viewers.set(visit, peer);
    visit.onEnd(() => this.#leave(visit));
    await show.presenter.endpoint.connect(peer.endpoint);
    this.#count(show);
    return peer;
  }

  async #leave(visit) {
    const show = this.#show;
    if (!show) return;
    if (show.visit === visit) {
      await this.#end(show);
      return;
    }
    const peer = show.viewers.get(visit);
    if (!peer) return;
    show.viewers.delete(visit);
    this.#count(show);
    await show.stage.remove(peer.endpoint);
  }

  async #end(show) {
    if (this.#show === show) {
      this.#show = null;
      this.#tellAll('stage', { presented: false });
    }
    await show.stage?.close();
  }

  #count(show) {
    show.visit.send('viewers', { count: show.viewers.size });
  }

  #tellAll(event, data) {
    for (const visit of this.#visits) visit.send(event, data);
  }
}

function chosen(peer) {
  if (!peer) throw new Refusal('NOT_CHOSEN', 'present or watch first');
  return peer;
}
