// SPDX-License-Identifier: Apache-2.0
// RTP receiver: what a camera, a phone or ffmpeg sends as plain RTP is shown in the page.
import { alone } from './stage.mjs';

const video = { codec: 'VP8', payloadType: 96 };
const audio = { codec: 'OPUS', payloadType: 97 };

export async function rtpReceiver({ client }, visit) {
  const { stage, peer } = await alone(client, visit, 'RTP receiver');
  const rtp = await stage.session.create('RtpEndpoint', { audio, video });
  stage.on(rtp.id, (type, data) => {
    if (type === 'ElementError') visit.send('problem', { reason: data.reason, message: data.message });
    if (type === 'MediaFlowing' || type === 'MediaTimeout') visit.send('rtp', { port: data.port, flows: type === 'MediaFlowing' });
  });
  await rtp.connect(peer.endpoint);
  const ports = await rtp.getLocalPorts();
  return { ...peer.commands, ports: () => ({ ...ports, ffmpeg: ffmpegLine(ports) }) };
}

// One line that sends a test picture and a tone there.
function ffmpegLine({ address, audioPort, videoPort }) {
  const to = (port, payloadType) => `-payload_type ${payloadType} -f rtp rtp://${address}:${port}`;
  return ['ffmpeg -re -f lavfi -i testsrc=size=640x480:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000',
    `-map 0:v -c:v libvpx -deadline realtime -cpu-used 8 -b:v 1M -g 30 ${to(videoPort, video.payloadType)}`,
    `-map 1:a -c:a libopus ${to(audioPort, audio.payloadType)}`].join(' ');
}
