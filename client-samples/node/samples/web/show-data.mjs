// SPDX-License-Identifier: Apache-2.0
// Show data: what the page says over its data channel "words" is written over its picture, and said back when it is.
import { Channels } from './channels.mjs';
import { alone } from './stage.mjs';

const longest = 40; // characters that fit into the picture

export async function showData({ client }, visit) {
  const { stage, peer } = await alone(client, visit, 'show data');
  const writer = await stage.session.create('GStreamerFilter', {
    bin: 'textoverlay name=words valignment=bottom halignment=center font-desc="Sans Bold 40" shaded-background=true',
  });
  const channels = await Channels.read(peer.endpoint, async (label, data) => {
    const text = typeof data === 'string' ? data.slice(0, longest) : `${data.length} bytes`;
    await writer.setProperty({ element: 'words', property: 'text', value: plain(text) });
    await channels.send(label, text);
  });

  await peer.endpoint.connect(writer, { kind: 'video' });
  await writer.connect(peer.endpoint, { kind: 'video' });
  await peer.endpoint.connect(peer.endpoint, { kind: 'audio' });
  return peer.commands;
}

// A value as gst-launch-1.0 takes it: without what it would read as more than text.
const plain = (text) => text.replace(/[\\"]/g, "'");
