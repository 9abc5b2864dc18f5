// SPDX-License-Identifier: Apache-2.0
// Record and play: the page's camera and microphone go into a file without being decoded; then the file comes back.
import { Reel } from './reel.mjs';
import { alone } from './stage.mjs';

export async function recordAndPlay({ client, recordings }, visit) {
  const { stage, peer } = await alone(client, visit, 'record and play');
  const { endpoint } = peer;
  const live = () => endpoint.connect(endpoint);
  await live();
  const reel = new Reel({ stage, visit, recordings, picture: endpoint, sound: endpoint, screen: endpoint, live });
  return { ...peer.commands, ...reel.commands };
}
