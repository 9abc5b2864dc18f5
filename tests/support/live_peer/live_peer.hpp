// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/rtcp/rtcp_types.hpp"
#include "tests/support/live_peer/stream_sender.hpp"

namespace kms::test {

// A test peer that sends real media in real time and keeps what it gets, to be looked at afterwards. Offer,
// answer and handshake are those of TestPeer; then perform() does the work, on the test's thread.
class LivePeer {
 public:
  struct Setup {
    std::string video = "VP8";  // empty: no pictures are sent
    std::string audio = "OPUS";
    std::chrono::seconds clip{10};  // longer performances repeat it
    SenderSpeed video_speed = {};
    SenderSpeed audio_speed = {};
    bool reports = true;
    std::string direction = "sendrecv";
  };
  // A sender report that came.
  struct Report {
    rtc::TimePoint at;
    rtc::SenderInfo info;
  };

  explicit LivePeer(const Setup& setup);

  rtc::test::TestPeer& transport() { return peer_; }
  // Takes the server's description and connects; false when that does not work.
  bool connect(const std::string& answer);
  // Media begins. Call when connected.
  void start(rtc::TimePoint now);

  // What has come, by kind.
  const std::vector<Received>& received(bool video) const { return video ? video_in_ : audio_in_; }
  const std::map<uint32_t, std::vector<Report>>& reports() const { return reports_; }
  const std::map<uint32_t, std::string>& cnames() const { return cnames_; }
  const StreamSender& sender(bool video) const { return video ? *video_out_ : *audio_out_; }
  size_t key_frames_wanted() const { return key_frames_wanted_; }
  // Nine of ten packets left within this time after they were due: how busy the machine is with other things.
  rtc::Duration late() const;

  // For perform().
  int descriptor() const { return peer_.descriptor(); }
  rtc::TimePoint due() const;
  void send_due(rtc::TimePoint now);
  void take_in(rtc::TimePoint now);

 private:
  void send(StreamSender& sender, bool video, rtc::TimePoint now);
  void send_again(uint16_t sequence);
  void take_report(const rtc::RtcpPacket& packet, rtc::TimePoint now);

  Setup setup_;
  rtc::test::TestPeer peer_;
  std::optional<SenderSetup> video_setup_, audio_setup_;
  std::optional<StreamSender> video_out_;
  std::optional<StreamSender> audio_out_;
  rtc::TimePoint next_report_ = rtc::TimePoint::max();
  rtc::TimePoint next_check_ = rtc::TimePoint::max();
  std::vector<Received> video_in_;
  std::vector<Received> audio_in_;
  std::map<uint32_t, std::vector<Report>> reports_;
  std::map<uint32_t, std::string> cnames_;
  size_t key_frames_wanted_ = 0;
  std::vector<rtc::Duration> late_;
};

// Lets the peers send and receive until `done`, or until `limit` has passed. Gives what `done` said last.
bool perform(const std::vector<LivePeer*>& peers, const std::function<bool()>& done, rtc::Duration limit);
// For so long.
void perform(const std::vector<LivePeer*>& peers, rtc::Duration length);

}  // namespace kms::test
