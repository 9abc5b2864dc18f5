// SPDX-License-Identifier: Apache-2.0
// A session of kms behind one or more pages, and the WebRtcEndpoint of each page in it.
const lease = 10; // seconds: what the server waits should this process be killed

export class Stage {
  #listeners = new Map(); // element id -> functions

  static async open(client, displayName) {
    const session = await client.createSession({ displayName, lease });
    const stage = new Stage(session);
    stage.#listen().catch((failure) => stage.#tell(undefined, 'SessionClosed', told(failure))); // out of reach for its lease
    return stage;
  }

  constructor(session) {
    this.session = session;
  }

  // Calls `heard(type, data)` for each event of an element; without an element, for those of all.
  on(elementId, heard) {
    this.#listeners.set(elementId, [...(this.#listeners.get(elementId) ?? []), heard]);
  }

  // Removes an element; one that is gone already is no error.
  async remove(element) {
    this.#listeners.delete(element.id);
    await element.delete().catch((failure) => {
      if (failure.code !== 'NOT_FOUND') throw failure;
    });
  }

  close() {
    return this.session.close();
  }

  async #listen() {
    for await (const { elementId, type, data } of this.session.events()) this.#tell(elementId, type, data);
  }

  #tell(elementId, type, data) {
    for (const key of new Set([elementId, undefined])) {
      for (const heard of this.#listeners.get(key) ?? []) heard(type, data, elementId);
    }
  }
}

// Of a failure or of an event.
const told = ({ reason, details, message }) => ({ reason, message: details ?? message });
const states = {
  SignalingStateChanged: 'signaling', IceStateChanged: 'ice', DtlsStateChanged: 'dtls', ConnectionStateChanged: 'connection',
};

// A page's WebRtcEndpoint. The page hears of candidates, states and errors; `commands` are those that it may give.
export class Peer {
  #visit;

  static async of(stage, visit, options = {}) {
    const endpoint = await stage.session.create('WebRtcEndpoint', { trickle: true, ...options });
    const peer = new Peer(endpoint, visit);
    stage.on(endpoint.id, (type, data) => peer.#hear(type, data));
    return peer;
  }

  constructor(endpoint, visit) {
    this.endpoint = endpoint;
    this.#visit = visit;
    this.commands = { offer: (data) => this.offer(data), candidate: (data) => this.candidate(data) };
  }

  async offer({ sdp }) {
    const { answer } = await this.endpoint.processOffer({ offer: sdp });
    this.endpoint.gatherCandidates().catch((failure) => this.#visit.send('problem', told(failure)));
    return { sdp: answer };
  }

  // What RTCIceCandidate.toJSON() gives is what is taken, also before the offer.
  async candidate(candidate) {
    await this.endpoint.addIceCandidate(candidate);
  }

  #hear(type, data) {
    if (type === 'IceCandidateFound') this.#visit.send('candidate', data);
    else if (type === 'IceGatheringDone') this.#visit.send('candidate', { candidate: '' });
    else if (type === 'EncodingsWanted') this.#visit.send('wanted', data);
    else if (type === 'ElementError') this.#visit.send('problem', told(data));
    else if (type in states) this.#visit.send('state', { of: states[type], is: data.state, reason: data.reason });
    else if (type === 'MediaFlowing' || type === 'MediaNotFlowing') this.#visit.send('flow', { ...data, flows: type === 'MediaFlowing' });
  }
}

// Opens a stage of its own for a visit, with the page's endpoint; both end with the visit.
export async function alone(client, visit, displayName) {
  const stage = await Stage.open(client, displayName);
  visit.onEnd(() => stage.close());
  stage.on(undefined, (type, data) => {
    if (type === 'SessionClosed') visit.send('ended', data);
  });
  return { stage, peer: await Peer.of(stage, visit) };
}
