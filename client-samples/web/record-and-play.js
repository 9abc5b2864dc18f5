// SPDX-License-Identifier: Apache-2.0
import { Studio } from './studio.js';

new Studio('record-and-play');
