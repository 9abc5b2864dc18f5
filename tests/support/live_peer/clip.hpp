// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/live_peer/pump.hpp"

namespace kms::test {

// A codec as the tests' peers speak it.
struct CodecSetup {
  std::string rtpmap;  // "VP8/90000"
  int payload_type = 0;
  int rtp_rate = 0;    // of time stamps
  int rate = 0;        // of samples; 0: pictures
  std::string encode;  // gst-launch syntax, raw to RTP
  std::string decode;  // and back, RTP to I420 or 16 bit mono
};
// "VP8", "VP8 small" (160x120), "H264", "OPUS", "PCMU", "PCMA", "G722".
const CodecSetup& codec_setup(const std::string& name);

// A packet of RTP without its sender: the peer that sends it gives sequence number and SSRC.
struct ClipPacket {
  std::chrono::nanoseconds pts{};  // capture time, from the beginning
  bool marker = false;
  std::vector<uint8_t> payload;
};
// The scene, encoded ahead of time, so that sending it costs no time.
struct Clip {
  std::string codec;
  std::chrono::milliseconds length{};
  std::vector<ClipPacket> packets;
};
// Made once per process.
const Clip& scene_clip(const std::string& codec, std::chrono::seconds length);

// A packet of RTP as it came.
struct Received {
  std::chrono::steady_clock::time_point at;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  uint32_t ssrc = 0;
  bool marker = false;
  std::vector<uint8_t> packet;  // all of it
};
// A stream's time stamps from its first on, without wrap.
std::vector<int64_t> times_of(const std::vector<Received>& stream);

struct SeenPicture {
  int64_t time = 0;  // as in times_of
  uint16_t picture = 0;
  bool flash = false;
};
// Decodes a stream's pictures. Those that are none of the scene's are left out.
std::vector<SeenPicture> look(const std::vector<Received>& stream, const std::string& codec);

struct HeardSound {
  int rate = 0;
  std::vector<int16_t> samples;  // silence where nothing came
  std::vector<int64_t> beeps;    // as in times_of, in the RTP rate
  std::vector<size_t> places;    // of the beeps, in `samples`
};
HeardSound listen(const std::vector<Received>& stream, const std::string& codec);

}  // namespace kms::test
