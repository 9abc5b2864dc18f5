// SPDX-License-Identifier: Apache-2.0
// Compiled, never run: what the declarations promise, and what they must refuse.
import { connect, DataChannels, KmsError, type Event, type v1, type recorder } from '@kms/client';

export async function promises(): Promise<void> {
  const client = await connect('127.0.0.1:50051', { timeout: 5 });
  const session = await client.createSession({ lease: 60 });

  const player = await session.create('PlayerEndpoint', { uri: 'file:///clip.mp4', unpaced: true });
  await player.play();
  await player.seek({ position: 1.5, toKeyFrame: true });
  const { position, state } = await player.getPosition();
  const seconds: number | undefined = position;
  const playing: boolean = state === 'playing';

  const { elements } = await session.applyGraph({
    elements: {
      faces: { kind: 'FaceDetectionFilter', options: { everyNthFrame: 2, drawing: { boxes: { color: 0xff0000 } } } },
      file: { kind: 'RecorderEndpoint', options: { uri: 'file:///r.webm', container: 'webm' } },
    },
    links: [{ source: player, sink: 'faces', kind: 'video' }],
  });
  const links: v1.Link[] = await elements.faces.connect(elements.file, { kind: 'video' });
  const { recording } = await elements.file.stop();
  const written: recorder.Recording | undefined = recording;

  for await (const event of session.events({ after: 3 })) show(event);
  console.log(seconds, playing, links, written);
}

export async function data(): Promise<void> {
  const peer = await (await (await connect()).createSession()).create('WebRtcEndpoint');
  const channels = await DataChannels.of(peer);
  const news = await channels.create('news', { unordered: true, maxRetransmits: 2 });
  await news.send('hello');
  const count: number = await news.sendAll([new Uint8Array([1]), '']);
  for await (const { channel, data } of channels) {
    if (typeof data === 'string') await channel.send(data.toUpperCase());
  }
  const sink = peer.sendDataStream();
  await sink.write({ channel: news.number, text: 'a' });
  const { messages } = await sink.end();
  console.log(count, messages);
  // @ts-expect-error: no such field
  await sink.write({ texts: 'a' });
}

function show(event: Event): void {
  if (event.type === 'FacesDetected') console.log(event.data.faces[0]?.trackId, event.data.frameTime);
  if (event.type === 'ElementError') console.log(event.data.reason.toLowerCase());
}

export async function refusals(): Promise<void> {
  const session = await (await connect()).createSession();
  // @ts-expect-error: no such field
  await session.create('PlayerEndpoint', { url: 'file:///clip.mp4' });
  // @ts-expect-error: no such kind
  await session.create('Player', {});
  // @ts-expect-error: no such value
  await session.create('RecorderEndpoint', { container: 'avi' });
  const { elements } = await session.applyGraph({ elements: { p: { kind: 'PlayerEndpoint' } } });
  // @ts-expect-error: a player does not record
  await elements.p.record();
  // @ts-expect-error: no such element in the graph
  await elements.q.play();
  // @ts-expect-error: a seek needs to say where
  await elements.p.seek();
  const failure: KmsError | undefined = undefined;
  // @ts-expect-error: not in the error
  console.log((failure as unknown as KmsError).detail);
}
