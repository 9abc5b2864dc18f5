// SPDX-License-Identifier: Apache-2.0
import { action, $ } from './page.js';
import { Studio } from './studio.js';

const studio = new Studio('magic-mirror', {
  faces: ({ count }) => ($('faces').textContent = count === 1 ? 'One face' : count ? `${count} faces` : 'No face'),
});

const chosen = () => document.querySelector('input[name=style]:checked').value;
action('overlay', () => studio.visit.ask('overlay', { style: chosen() }), 'change');
// A new visit begins with boxes.
action('start', () => (document.querySelector('input[value=boxes]').checked = true));
