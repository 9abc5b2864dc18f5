// SPDX-License-Identifier: Apache-2.0
// What a page needs to talk to its application and, over WebRTC, to kms: commands with answers, events, and an offer, its
// answer and trickled candidates. Take this file; it needs nothing else.

// What went wrong: `reason` is a stable word, `message` is for people.
export class Failure extends Error {
  constructor({ reason, message }) {
    super(message);
    this.reason = reason;
  }
}

// A visit of this page at the application's server. Its session on kms ends when the page closes it or is gone.
export class Visit {
  #socket;
  #number = 0;
  #asked = new Map(); // number -> {resolve, reject}
  #listeners = new Map(); // event -> functions

  // Resolves when the server is ready for commands. Those who `listen` ({event: function}) miss no event.
  static open(sample, listen = {}) {
    const visit = new Visit(new WebSocket(`ws://${location.host}/visits/${sample}`));
    for (const [event, heard] of Object.entries(listen)) visit.on(event, heard);
    return new Promise((resolve, reject) => {
      visit.on('open', () => resolve(visit));
      for (const event of ['refused', 'lost']) visit.on(event, (data) => reject(new Failure(data)));
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = () => this.#lose();
  }

  // A command's result; rejects with a Failure.
  ask(command, data) {
    const id = ++this.#number;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ id, command, data }));
      else this.#lose();
    });
  }

  // Calls `heard(data)` at each event of that name, until the function that is returned is called. 'lost' comes when
  // the server is out of reach, 'problem' when something failed that nobody waits for.
  on(event, heard) {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(heard));
    return () => all.delete(heard);
  }

  tell(event, data) {
    for (const heard of this.#listeners.get(event) ?? []) heard(data);
  }

  close() {
    this.#listeners.clear();
    this.#socket.close();
  }

  #take({ id, result, error, event, data }) {
    if (event) {
      this.tell(event, data);
      return;
    }
    const { resolve, reject } = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) reject(new Failure(error));
    else resolve(result);
  }

  #lose() {
    const lost = { reason: 'CONNECTION_LOST', message: 'the server of this page cannot be reached' };
    for (const { reject } of this.#asked.values()) reject(new Failure(lost));
    this.#asked.clear();
    this.tell('lost', lost);
  }
}

// Connects this page with its WebRtcEndpoint: sends the tracks of `stream`, if any, and plays what comes in `view`, a
// video element, if any; pictures as several `encodings` (RTCRtpEncodingParameters), if given, of which those are sent that somebody wants
// (event 'wanted'). `begin(peer)` is called before the offer is made: data channels are opened there. Resolves to the RTCPeerConnection when
// the answer is there.
export async function connectPeer(visit, { stream, view, encodings, begin = () => {} }) {
  const peer = new RTCPeerConnection();
  begin(peer);
  const offered = trickle(visit, peer);
  for (const kind of ['audio', 'video']) addLine(peer, kind, { stream, view, encodings });
  if (view) view.srcObject = new MediaStream(peer.getReceivers().map((receiver) => receiver.track));
  try {
    await peer.setLocalDescription();
    const { sdp } = await visit.ask('offer', { sdp: peer.localDescription.sdp });
    await peer.setRemoteDescription({ type: 'answer', sdp });
    offered();
    return peer;
  } catch (failure) {
    peer.close();
    throw failure;
  }
}

// Answers the offers that the server makes later, until the function that is returned is called. `changed(data)` is called with
// what came beside such an offer, when its tracks are in the connection.
export function answerOffers(visit, peer, changed = () => {}) {
  return visit.on('offer', async ({ sdp, ...data }) => {
    try {
      await peer.setRemoteDescription({ type: 'offer', sdp });
      await peer.setLocalDescription();
      changed(data);
      await visit.ask('answer', { sdp: peer.localDescription.sdp });
    } catch (failure) {
      if (peer.signalingState !== 'closed') visit.tell('problem', { reason: failure.reason ?? 'OFFER_INVALID', message: failure.message });
    }
  });
}

// Has `peer` send what somebody wants of a track, and nothing else, until more is told: the application passes on what kms tells
// (EncodingsWanted). Resolves when that is so; one change after the other. Rejects if the browser refuses: then the encodings stay
// as they were until the next.
export function sendWanted(peer, track) {
  if (!tracks.has(peer)) keepOverDescriptions(peer);
  tracks.get(peer).set(track.mid, track);
  return activate(peer, track);
}
const tracks = new WeakMap(); // RTCPeerConnection -> what was told last, by mid
const changes = new WeakMap(); // RTCRtpSender -> the latest change

// Chromium takes each new description for one that wants everything.
function keepOverDescriptions(peer) {
  tracks.set(peer, new Map());
  peer.addEventListener('signalingstatechange', () => {
    if (peer.signalingState !== 'stable') return;
    for (const each of tracks.get(peer).values()) activate(peer, each).catch(() => {}); // its line may have ended
  });
}

function activate(peer, { mid, encodings }) {
  const sender = peer.getTransceivers().find((each) => each.mid === mid)?.sender;
  if (!sender) return Promise.resolve();
  const before = changes.get(sender) ?? Promise.resolve();
  const done = before.catch(() => {}).then(() => setActive(sender, encodings));
  changes.set(sender, done);
  return done;
}

async function setActive(sender, told) {
  const parameters = sender.getParameters();
  const wanted = ({ rid = '', active }) => told.find((each) => each.rid === rid)?.wanted ?? active;
  if (parameters.encodings.every((each) => each.active === wanted(each))) return;
  for (const encoding of parameters.encodings) encoding.active = wanted(encoding);
  await sender.setParameters(parameters);
}

function addLine(peer, kind, { stream, view, encodings }) {
  const track = stream?.getTracks().find((each) => each.kind === kind);
  const sendEncodings = kind === 'video' ? encodings : undefined;
  if (track) peer.addTransceiver(track, { direction: view ? 'sendrecv' : 'sendonly', streams: [stream], ...(sendEncodings && { sendEncodings }) });
  else if (view) peer.addTransceiver(kind, { direction: 'recvonly' });
}

// Candidates both ways, as they are found. The server's first may come before its answer: they wait until the function
// that is returned is called.
function trickle(visit, peer) {
  let answered;
  const answer = new Promise((resolve) => (answered = resolve));
  const open = () => peer.signalingState !== 'closed'; // who has gone sends nothing, and misses nothing
  const failedAs = (reason) => (failure) => open() && visit.tell('problem', { reason: failure.reason ?? reason, message: failure.message });
  const [failed, unchanged] = ['CANDIDATE_INVALID', 'ENCODINGS_UNCHANGED'].map(failedAs);
  const stop = visit.on('candidate', async (candidate) => {
    await answer;
    if (open()) await peer.addIceCandidate(candidate.candidate ? candidate : undefined).catch(failed);
  });
  const stopWanted = visit.on('wanted', (track) => {
    if (open()) sendWanted(peer, track).catch(unchanged);
  });
  peer.onicecandidate = ({ candidate }) => visit.ask('candidate', candidate?.toJSON() ?? { candidate: '' }).catch(failed);
  peer.addEventListener('connectionstatechange', () => {
    if (peer.connectionState === 'failed') visit.tell('problem', { reason: 'NOT_CONNECTED', message: 'kms cannot be reached over UDP or TCP' });
    if (peer.connectionState !== 'closed') return;
    for (const each of [stop, stopWanted]) each();
  });
  return answered;
}
