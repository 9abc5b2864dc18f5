// SPDX-License-Identifier: Apache-2.0
import { checkChoices, checkId } from './choices.js';
import { Kinds } from './kinds.js';
import { defaultProtoPath, loadProtos } from './protos.js';
import { Rpc } from './rpc.js';
import { Session } from './session.js';

const sessionService = 'kms.v1.SessionService';
const defaultLease = 30; // seconds, as the server's default

// Opens a connection and returns when the server answers.
export async function connect(target = '127.0.0.1:50051', choices = {}) {
  checkChoices('connect', choices, ['credentials', 'timeout', 'wait', 'protoPath']);
  const { protoPath = defaultProtoPath, wait = 10, ...options } = choices;
  const rpc = new Rpc(loadProtos(protoPath), target, options);
  try {
    await rpc.ready(wait);
    return new Client(rpc);
  } catch (failure) {
    rpc.close();
    throw failure;
  }
}

// A connection to one server.
export class Client {
  #rpc;
  #kinds;
  #sessions = new Set();

  constructor(rpc) {
    this.#rpc = rpc;
    this.#kinds = new Kinds(rpc);
  }

  async createSession(choices = {}, call = undefined) {
    checkChoices('createSession', choices, ['id', 'displayName', 'tags', 'lease', 'refuseTranscoding', 'maxAudible']);
    const { id, lease = defaultLease, ...options } = choices;
    checkId(id);
    const { session } = await this.#rpc.call(sessionService, 'CreateSession', { sessionId: id, lease, ...options }, call);
    return this.#adopt(session);
  }

  // A session that someone made; its lease is kept from now on by this client, too.
  async session(id, call) {
    const name = id.startsWith('sessions/') ? id : `sessions/${id}`;
    const { session } = await this.#rpc.call(sessionService, 'GetSession', { name }, call);
    return this.#adopt(session);
  }

  async *listSessions(choices = {}) {
    checkChoices('listSessions', choices, ['pageSize']);
    const { pageSize = 100 } = choices;
    let pageToken = '';
    do {
      const page = await this.#rpc.call(sessionService, 'ListSessions', { pageSize, pageToken });
      yield* page.sessions;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  elementKinds() {
    return this.#kinds.all();
  }

  // What the server has finished of the recordings that a crash of its predecessor, or of its machine, left behind.
  recoveredRecordings(call) {
    return this.#rpc.call('kms.recorder.v1.RecorderService', 'ListRecoveredRecordings', {}, call);
  }

  // Ends the connection. Sessions that are still open lapse with their lease.
  close() {
    for (const session of this.#sessions) session.release();
    this.#rpc.close();
  }

  #adopt(info) {
    const session = new Session(this.#rpc, this.#kinds, info, (ended) => this.#sessions.delete(ended));
    this.#sessions.add(session);
    return session;
  }
}
