// SPDX-License-Identifier: Apache-2.0
import { hint } from './choices.js';
import { invalid } from './errors.js';

// The kinds that the server has, asked for once per connection.
export class Kinds {
  #rpc;
  #listing;

  constructor(rpc) {
    this.#rpc = rpc;
  }

  async all() {
    this.#listing ??= this.#rpc.call('kms.v1.ElementService', 'ListElementKinds', {});
    try {
      return (await this.#listing).kinds;
    } catch (failure) {
      this.#listing = undefined; // the next caller asks again
      throw failure;
    }
  }

  // `name`: an element's title (PlayerEndpoint) or its kind (kms.player.v1.PlayerOptions).
  async find(name) {
    const kinds = await this.all();
    const found = kinds.find((kind) => kind.title === name || kind.kind === name);
    if (found) return found;
    const titles = kinds.map((kind) => kind.title);
    throw invalid('UNKNOWN_KIND', `this server has no element "${name}"${hint(name, titles)} (it has: ${titles.join(', ')})`);
  }
}
