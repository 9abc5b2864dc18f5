// SPDX-License-Identifier: Apache-2.0

// Renews a session's lease three times per lease until it is stopped or the session is gone. Never keeps the process alive.
export class Lease {
  #timer;

  constructor(rpc, session) {
    const renew = async () => {
      try {
        await rpc.call('kms.v1.SessionService', 'KeepAlive', { name: session.name }, { timeout: session.lease / 3 });
      } catch (failure) {
        if (failure.code === 'NOT_FOUND') this.stop(); // anything else may pass before the lease ends
      }
    };
    this.#timer = setInterval(renew, (session.lease / 3) * 1000).unref();
  }

  stop() {
    clearInterval(this.#timer);
  }
}
