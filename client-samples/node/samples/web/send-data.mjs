// SPDX-License-Identifier: Apache-2.0
// Send data: where faces are in the page's picture is told over its data channel "faces", which drops what is late. The page
// draws them itself.
import { Channels } from './channels.mjs';
import { alone } from './stage.mjs';

export async function sendData({ client }, visit) {
  const { stage, peer } = await alone(client, visit, 'send data');
  const channels = await Channels.read(peer.endpoint);
  const faces = await stage.session.create('FaceDetectionFilter', { drawing: { nothing: {} } });
  stage.on(faces.id, (type, data) => {
    if (type === 'FacesDetected') channels.send('faces', JSON.stringify(data.faces)).catch((failure) => visit.send('problem', failure));
    if (type === 'ElementError') visit.send('problem', { reason: data.reason, message: data.message });
  });

  await peer.endpoint.connect(faces, { kind: 'video' });
  await faces.connect(peer.endpoint, { kind: 'video' });
  await peer.endpoint.connect(peer.endpoint, { kind: 'audio' });
  return peer.commands;
}
