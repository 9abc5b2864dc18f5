// SPDX-License-Identifier: Apache-2.0
export { Client, connect } from './client.js';
export { DataChannel, DataChannels } from './data-channels.js';
export { Element } from './element.js';
export { KmsError } from './errors.js';
export { Session } from './session.js';
