// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/gst/ref.hpp"

namespace kms::test {

// One RTP packet's content.
struct RtpContent {
  std::vector<uint8_t> payload;
  uint32_t timestamp = 0;
  bool marker = false;
};

// Real media in RTP for a test that sends it itself: what the chain makes, in gst-launch syntax and with a
// payloader at its end, "videotestsrc is-live=true ! vp8enc deadline=1 ! rtpvp8pay". The test's thread.
class RtpMaker {
 public:
  explicit RtpMaker(const std::string& chain);
  ~RtpMaker();
  RtpMaker(const RtpMaker&) = delete;
  RtpMaker& operator=(const RtpMaker&) = delete;

  // The next packet; nothing while none is there.
  std::optional<RtpContent> next();
  // The sender's answer to a PLI.
  void make_key_frame();

 private:
  gst::Ref<GstElement> pipeline_;
  gst::Ref<GstElement> sink_;
};

// A decoder of what a test received: `caps` of the RTP without "application/x-rtp" ("media=video,
// clock-rate=90000,encoding-name=VP8"), and the chain from there to raw media. The test's thread.
class RtpPlayer {
 public:
  RtpPlayer(const std::string& caps, const std::string& chain);
  ~RtpPlayer();
  RtpPlayer(const RtpPlayer&) = delete;
  RtpPlayer& operator=(const RtpPlayer&) = delete;

  // A whole packet, with its header.
  void put(const std::vector<uint8_t>& packet);
  // Raw frames since the last call, as bytes.
  std::vector<std::vector<uint8_t>> take();

 private:
  gst::Ref<GstElement> pipeline_;
  gst::Ref<GstElement> source_;
  gst::Ref<GstElement> sink_;
};

}  // namespace kms::test
