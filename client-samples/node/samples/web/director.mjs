// SPDX-License-Identifier: Apache-2.0
// A broadcast whose director switches cameras: each camera has a hub port of a DispatcherOneToMany, and viewers take what
// leaves at the port "program". A cut negotiates nothing, and packets are forwarded. One session, which lives as long as
// the director's visit.
import { Peer, Stage } from './stage.mjs';
import { Refusal } from './visit.mjs';

const longestName = 40;
const mostCameras = 8;
const program = 'program';

export class Studio {
  #client;
  #seats = new Set(); // {visit, role, peer, port}; a preview of the director's page has a visit of its own
  #show = null; // {director, stage, hub, cameras, onAir} while somebody directs; cameras: port -> {name, peer}
  #cameras = 0;

  constructor({ client }) {
    this.#client = client;
  }

  async open(visit) {
    const seat = { visit, role: null, peer: null, port: null };
    this.#seats.add(seat);
    visit.onEnd(() => this.#seats.delete(seat));
    visit.onEnd(() => this.#leave(seat));
    visit.send('show', this.#told());
    return {
      direct: () => this.#sit(seat, 'director', () => this.#direct(seat)),
      film: ({ name }) => this.#sit(seat, 'camera', () => this.#film(seat, name)),
      watch: () => this.#sit(seat, 'viewer', () => this.#take(seat, (peer) => this.#show.hub.connect(peer.endpoint, { sourcePort: program }))),
      preview: ({ camera }) => this.#sit(seat, 'preview', () => this.#preview(seat, camera)),
      cut: ({ camera }) => this.#cut(seat, camera),
      leave: () => this.#leave(seat),
      offer: (data) => seated(seat).offer(data),
      candidate: (data) => seated(seat).candidate(data),
    };
  }

  async #sit(seat, role, work) {
    if (seat.role) throw new Refusal('SEATED', 'leave what you are before');
    if (role !== 'director' && !this.#show?.hub) throw new Refusal('NO_SHOW', 'nobody directs yet');
    seat.role = role;
    try {
      await work();
    } catch (failure) {
      await this.#leave(seat);
      throw failure;
    }
  }

  async #direct(seat) {
    if (this.#show) throw new Refusal('DIRECTED', 'somebody else directs; you can be a camera, or watch');
    const show = { director: seat, cameras: new Map(), onAir: '' };
    this.#show = show;
    try {
      show.stage = await Stage.open(this.#client, 'director');
      show.stage.on(undefined, (type) => type === 'SessionClosed' && this.#end(show));
      const hub = await show.stage.session.create('DispatcherOneToMany', { ports: [program] });
      show.stage.on(hub.id, (type, { video }) => type === 'SourceChanged' && this.#air(show, video));
      await this.#take(seat, (peer) => hub.connect(peer.endpoint, { sourcePort: program }));
      show.hub = hub;
    } catch (failure) {
      await this.#end(show);
      throw failure;
    }
    this.#tell();
  }

  // A WebRtcEndpoint for the seat's page, linked by `link`.
  async #take(seat, link) {
    const show = this.#show;
    const over = new Refusal('LEFT', 'the show is over');
    if (!show) throw over;
    const peer = await Peer.of(show.stage, seat.visit);
    if (this.#show !== show || !seat.role) { // meanwhile
      await show.stage.remove(peer.endpoint);
      throw over;
    }
    seat.peer = peer;
    await link(peer);
  }

  async #film(seat, wanted) {
    const name = String(wanted ?? '').trim();
    const { hub, cameras } = this.#show;
    if (!name || name.length > longestName) throw new Refusal('NAME_INVALID', `a name has 1 to ${longestName} letters`);
    if (cameras.size >= mostCameras) throw new Refusal('STUDIO_FULL', `there are ${mostCameras} cameras already`);
    seat.port = `camera-${++this.#cameras}`;
    await hub.createHubPort({ portId: seat.port });
    await this.#take(seat, (peer) => peer.endpoint.connect(hub, { sinkPort: seat.port }));
    cameras.set(seat.port, { name, peer: seat.peer });
    this.#tell();
    seat.visit.send('camera', { id: seat.port });
  }

  async #preview(seat, camera) {
    const source = this.#show.cameras.get(camera);
    if (!source) throw new Refusal('NO_CAMERA', 'this camera has left');
    await this.#take(seat, (peer) => source.peer.endpoint.connect(peer.endpoint, { kind: 'video' }));
  }

  async #cut(seat, camera) {
    const show = this.#show;
    if (show?.director !== seat) throw new Refusal('NOT_DIRECTOR', 'only the director cuts');
    if (!show.cameras.has(camera)) throw new Refusal('NO_CAMERA', 'this camera has left');
    await show.hub.setSource({ portId: camera });
  }

  async #leave(seat) {
    const { role, peer, port } = seat;
    Object.assign(seat, { role: null, peer: null, port: null });
    const show = this.#show;
    if (!role || !show) return;
    if (show.director === seat) {
      await this.#end(show);
      return;
    }
    if (port) await this.#takeDown(show, port);
    if (peer) await show.stage.remove(peer.endpoint);
  }

  async #takeDown(show, port) {
    if (show.cameras.delete(port)) this.#tell();
    await show.hub.deleteHubPort({ portId: port }).catch((failure) => {
      if (failure.code !== 'NOT_FOUND') throw failure; // with its session, or never made
    });
  }

  #air(show, port) {
    show.onAir = port;
    if (this.#show === show) this.#tell();
  }

  async #end(show) {
    if (this.#show === show) {
      this.#show = null;
      for (const seat of this.#seats) Object.assign(seat, { role: null, peer: null, port: null });
      this.#tell();
    }
    await show.stage?.close();
  }

  #told() {
    const { hub, cameras = [], onAir = '' } = this.#show ?? {};
    return { on: Boolean(hub), onAir, cameras: [...cameras].map(([id, { name }]) => ({ id, name })) };
  }

  #tell() {
    for (const { visit } of this.#seats) visit.send('show', this.#told());
  }
}

function seated({ peer }) {
  if (!peer) throw new Refusal('NOT_SEATED', 'direct, film or watch first');
  return peer;
}
