// SPDX-License-Identifier: Apache-2.0
import { connect } from '@kms/client';

const [server, input, output] = process.argv.slice(2); // 127.0.0.1:50051 file:///in.mp4 file:///out.mp4
const session = await (await connect(server)).createSession();
const player = await session.create('PlayerEndpoint', { uri: input, unpaced: true }, { id: 'player' });
const faces = await session.create('FaceDetectionFilter', { everyNthFrame: 5, drawing: { boxes: {} } }, { id: 'faces' });
const recorder = await session.create('RecorderEndpoint',
  { uri: output, autostart: true, stopOnEndOfStream: true, overwrite: true }, { id: 'recorder' });
await player.connect(faces);
await faces.connect(recorder);
await player.play();
for await (const event of session.events()) {
  console.log(event.elementId, event.type, event.data);
  if (['RecordingFinished', 'ElementError'].includes(event.type)) break;
}
await session.close();
