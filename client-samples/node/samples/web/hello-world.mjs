// SPDX-License-Identifier: Apache-2.0
// Hello world: what the page sends comes back to it, as it is.
import { alone } from './stage.mjs';

export async function helloWorld({ client }, visit) {
  const { peer } = await alone(client, visit, 'hello world');
  await peer.endpoint.connect(peer.endpoint);
  return peer.commands;
}
