// SPDX-License-Identifier: Apache-2.0
// The magic mirror: the page's picture through face detection and back to it, its sound straight back. What is seen can be
// recorded and played.
import { Reel } from './reel.mjs';
import { alone } from './stage.mjs';
import { Refusal } from './visit.mjs';

// What can be drawn, as kms.face_detection.v1.Drawing.
const drawings = (image) => ({
  nothing: { nothing: {} },
  boxes: { boxes: {} },
  blur: { blur: {} },
  image: { overlay: { uri: image, offsetX: -0.35, offsetY: -0.95, width: 1.7, height: 1.1 } },
});

export async function magicMirror({ client, recordings, image }, visit) {
  const { stage, peer } = await alone(client, visit, 'magic mirror');
  const styles = drawings(image);
  const faces = await stage.session.create('FaceDetectionFilter', { drawing: styles.boxes });
  stage.on(faces.id, (type, data) => {
    if (type === 'FacesDetected') visit.send('faces', { count: data.faces.length });
    if (type === 'ElementError') visit.send('problem', { reason: data.reason, message: data.message });
  });

  await peer.endpoint.connect(faces, { kind: 'video' });
  const reflect = async () => {
    await faces.connect(peer.endpoint, { kind: 'video' });
    await peer.endpoint.connect(peer.endpoint, { kind: 'audio' });
  };
  await reflect();
  const reel = new Reel({ stage, visit, recordings, picture: faces, sound: peer.endpoint, screen: peer.endpoint, live: reflect });

  return { ...peer.commands, ...reel.commands, overlay: ({ style }) => draw(faces, styles, style) };
}

async function draw(faces, styles, style) {
  if (!Object.hasOwn(styles, style)) throw new Refusal('UNKNOWN_STYLE', `draw ${Object.keys(styles).join(', ')}, not "${style}"`);
  await faces.setDrawing({ drawing: styles[style] });
}
