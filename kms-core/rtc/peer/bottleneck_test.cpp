// SPDX-License-Identifier: Apache-2.0
// A viewer of a simulcast track behind a bottleneck that changes.
#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/rtc/peer/test_line.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using kms::test::Relay;
using test::Encoding;
using test::TestPeer;

class Bottleneck : public ::testing::Test {
 protected:
  Bottleneck() {
    server_ = kms::test::start_rtc();
    sender_ = server_->create_peer({});
    sources_ = publisher_.join(*sender_)->sources;
    EXPECT_TRUE(publisher_.connect());
    watch();
  }

  void watch() {
    receiver_ = server_->create_peer({});
    consumer_ = receiver_->consume(sources_.back(), {}, {}, LayerWish{});
    relay_ = test::connect_by_line(viewer_, *receiver_);
  }
  void narrow_to(uint64_t bps) {
    relay_->set(Relay::Direction::kDown, {.delay = 20ms, .rate_bps = bps, .longest_queue = 300ms});
  }

  // All encodings at thirty frames a second, until `done` or the end of the time.
  bool stream_until(const std::function<bool()>& done, Duration limit = 60s) {
    const auto begin = Clock::now();
    for (int frame = 0; Clock::now() - begin < limit; ++frame) {
      publisher_.read_available();
      const bool key_frame = publisher_.asked_for_key_frame();
      publisher_.clear();
      for (auto& each : encodings_) send(each, key_frame);
      timestamp_ += 3000;
      const auto next = begin + frame * 33ms;
      viewer_.receive_until([&] { return Clock::now() >= next; });
      if (frame % 3 == 0) viewer_.send_transport_feedback();
      note();
      if (done()) return true;
    }
    return false;
  }
  void send(Encoding& one, bool key_frame) {
    for (size_t i = 0; i < one.packets; ++i) {
      publisher_.send({.key_frame = key_frame && i == 0,
                       .marker = i + 1 == one.packets,
                       .sequence = one.sequence++,
                       .timestamp = timestamp_,
                       .size = one.size,
                       .ssrc = one.ssrc,
                       .rid = one.rid});
    }
  }
  // Which encoding came last, and for how many packets.
  void note() {
    for (const auto& packet : viewer_.rtp()) {
      if ((packet[1] & 0x7f) != TestPeer::kVideoType) continue;
      const auto size = RtpView::parse(packet)->payload().size();
      const auto found = std::ranges::find(encodings_, size, &Encoding::size);
      if (found == encodings_.end()) continue;
      lasted_ = found->rid == encoding_ ? lasted_ + 1 : 0;
      encoding_ = found->rid;
    }
    viewer_.clear();
  }
  // Not for a moment only.
  bool settles_at(const std::string& rid) {
    return stream_until([&] { return encoding_ == rid && lasted_ > 60; });
  }

  std::unique_ptr<Server> server_;
  TestPeer publisher_{{.publishes = true, .rids = {"q", "h", "f"}}};
  std::unique_ptr<Peer> sender_;
  std::vector<SourceRef> sources_;
  TestPeer viewer_{{.transport_cc = true}};
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Peer> receiver_;
  std::unique_ptr<Consumer> consumer_;
  // Frames of 100, 600 and 2,000 kbit/s.
  std::array<Encoding, 3> encodings_{{{"q", 50, 1, 417}, {"h", 60, 2, 1250}, {"f", 70, 7, 1190}}};
  uint32_t timestamp_ = 90'000;
  std::string encoding_;
  size_t lasted_ = 0;
};

TEST_F(Bottleneck, TheEncodingIsTheOneThatFits) {
  narrow_to(1'300'000);
  EXPECT_TRUE(settles_at("h"));
  narrow_to(300'000);
  EXPECT_TRUE(settles_at("q"));
  narrow_to(5'000'000);
  EXPECT_TRUE(settles_at("f"));
  EXPECT_EQ(viewer_.failed_to_open(), 0u);
}

}  // namespace
}  // namespace kms::rtc
