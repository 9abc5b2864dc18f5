// SPDX-License-Identifier: Apache-2.0
import { $ } from './page.js';
import { mirrorPage } from './mirror-page.js';

// Boxes over the video, one per face; the server says where as fractions of the picture.
function draw(faces) {
  const boxes = faces.map(({ x, y, width, height }) => {
    const box = Object.assign(document.createElement('div'), { className: 'face' });
    const [left, top, across, down] = [x, y, width, height].map((part) => `${100 * part}%`);
    Object.assign(box.style, { left, top, width: across, height: down });
    return box;
  });
  $('faces').replaceChildren($('view'), ...boxes);
  $('count').textContent = faces.length === 1 ? 'One face' : `${faces.length} faces`;
}

mirrorPage('send-data', {
  begin: (peer) => {
    const channel = peer.createDataChannel('faces', { ordered: false, maxRetransmits: 0 });
    channel.onmessage = ({ data }) => draw(JSON.parse(data));
  },
  end: () => draw([]),
});
