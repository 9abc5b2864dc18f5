// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "kms-core/bridge/gst_to_rtp.hpp"
#include "kms-core/bridge/rtp_to_gst.hpp"
#include "kms-core/gst/strip.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/tap.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/feeder.hpp"
#include "tests/support/taker.hpp"

namespace kms::bridge::test {

// Both planes with one bridge each way, on a real loop and real RTC threads. The test's thread.
class Rig {
 public:
  Rig();
  ~Rig();

  // From frames to packets, from packets to frames, from frames to raw media.
  const rtc::SourceRef& packetize(rtc::Codec codec, const std::shared_ptr<gst::FanOut>& frames);
  std::shared_ptr<gst::FanOut> unpack(const rtc::SourceRef& packets, std::chrono::milliseconds patience);
  std::shared_ptr<gst::FanOut> decode(const std::shared_ptr<gst::FanOut>& frames, const std::string& chain);
  // All of these end.
  void clear();

  rtc::Server& rtc() { return *server_; }
  kms::test::FakeHost& host() { return host_; }
  // Of what was unpacked last.
  void want(const rtc::PictureSize& size);
  RtpToGst::Stats stats() const { return to_gst_.back()->stats(); }
  // What the bridges' elements complained of.
  std::vector<std::string> errors() const { return errors_.copy(); }
  void ask_encoder_for_key_frame();

 private:
  std::function<void(const Status&)> note();

  kms::test::FakeHost host_;
  std::unique_ptr<rtc::Server> server_;
  std::vector<std::unique_ptr<GstToRtp>> to_rtp_;
  std::vector<std::unique_ptr<RtpToGst>> to_gst_;
  std::vector<std::unique_ptr<gst::Strip>> strips_;
  kms::test::Watched<std::vector<std::string>> errors_;
};

// A publisher that sends what a source gives, over a socket, and is free to lose some on the way.
class Wire {
 public:
  using Frame = rtc::test::TestPeer::Frame;
  static constexpr uint8_t kRedType = 63;  // of sound that repeats itself
  // False: this packet is lost. `number` counts from 0; it is the sequence number unless that is changed.
  using Fate = std::function<bool(Frame& frame, uint32_t number)>;

  Wire(Rig& rig, const rtc::SourceRef& from);
  const rtc::SourceRef& source() const { return source_; }
  // Carries so many packets. False when no more come.
  bool carry(uint32_t count, const Fate& fate);
  bool carry(uint32_t count) {
    return carry(count, [](Frame&, uint32_t) { return true; });
  }
  void send(const Frame& frame) { publisher_.send(frame); }
  unsigned asked_for_key_frame() const { return asked_; }

 private:
  bool next(rtc::PacketRef& packet);
  void answer_requests();

  Rig& rig_;
  std::counting_semaphore<> there_{0};
  rtc::test::TestPeer publisher_;
  std::unique_ptr<rtc::Peer> peer_;
  std::unique_ptr<rtc::Tap> tap_;
  rtc::SourceRef source_;
  uint32_t number_ = 0;
  unsigned asked_ = 0;
};

// Hears decoded sound.
class Listener {
 public:
  Listener();
  void attach(const std::shared_ptr<gst::FanOut>& raw);

  bool wait_for(std::chrono::milliseconds length) const;
  std::chrono::milliseconds length() const;
  double frequency() const;  // of the loudest there is, Hz: by its crossings of zero
  double loudness() const;   // mean square, 1 is full scale
  // The longest time of next to nothing, but for the first 100 ms.
  std::chrono::milliseconds longest_silence() const;
  // The longest time between two blocks that is not filled with sound.
  std::chrono::milliseconds longest_hole() const;

 private:
  struct Heard {
    std::vector<int16_t> samples;  // first channel
    unsigned rate = 0;
    unsigned channels = 0;
    GstClockTime end = 0;
    GstClockTime longest_hole = 0;
  };
  void take(GstBuffer* buffer);

  kms::test::Watched<Heard> heard_;
  kms::test::Taker taker_{"listener"};  // ends first
};

std::string picture_source(const std::string& codec, const std::string& pattern);
std::string tone_source(const std::string& codec, unsigned hertz);

}  // namespace kms::bridge::test
