// SPDX-License-Identifier: Apache-2.0
// Key frames to a viewer behind a line that takes them slowly, over real sockets and a relay in real time.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>

#include "kms-core/rtc/peer/test_line.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using kms::test::measure_calmly;
using kms::test::Relay;
using test::Encoding;
using test::kFrame;
using test::TestPeer;

constexpr Duration kDelay = 20ms;  // of the line
constexpr size_t kMarked = 1009;   // bytes: of the packets of key frames that are looked at, and of no others

class PacedPeer : public ::testing::Test {
 protected:
  PacedPeer() {
    auto sources = publisher_.join(*sender_)->sources;
    EXPECT_TRUE(publisher_.connect());
    consumers_.push_back(receiver_->consume(sources.front()));
    consumers_.push_back(receiver_->consume(sources.back(), {}, {}, LayerWish{}));
    relay_ = test::connect_by_line(viewer_, *receiver_);
  }

  // Thirty frames a second with sound between them, and feedback every 100 ms.
  void stream(Duration time) {
    next_ = std::max(next_, Clock::now() - 100ms);
    for (const auto end = next_ + time; next_ < end; next_ += kFrame) {
      receive_until(next_);
      publisher_.read_available();
      send_frame(publisher_.asked_for_key_frame() ? 3 : 1);
      publisher_.clear();
      receive_until(next_ + kFrame / 2);
      send_sound();
      if (++frame_ % 3 == 0) viewer_.send_transport_feedback();
      if (frame_ % 90 == 0) give_signs_of_life();
    }
  }
  // Of so many times a frame's usual size.
  void send_frame(size_t times, size_t size = 0) {
    timestamp_ += 3000;
    for (auto& each : encodings_) {
      const size_t packets = each.packets * times;
      for (size_t i = 0; i < packets; ++i) {
        publisher_.send({.key_frame = times > 1 && i == 0,
                         .marker = i + 1 == packets,
                         .sequence = each.sequence++,
                         .timestamp = timestamp_,
                         .size = size > 0 ? size : each.size,
                         .ssrc = each.ssrc,
                         .rid = each.rid});
      }
    }
  }
  void send_sound() {
    ++sound_;
    publisher_.send({.video = false, .sequence = sound_, .timestamp = sound_ * 1600u, .size = 80});
    sound_sent_[sound_ * 1600u] = Clock::now();
  }
  void give_signs_of_life() {
    publisher_.send_check();
    viewer_.send_check();
  }
  void receive_until(TimePoint time) {
    viewer_.receive_until([&] {
      note();
      return Clock::now() >= time;
    });
  }
  void note() {
    for (const auto& packet : viewer_.rtp()) {
      const auto view = *RtpView::parse(packet);
      const auto now = Clock::now();
      if (view.payload_type() == TestPeer::kAudioType) {
        longest_sound_ = std::max(longest_sound_, now - sound_sent_[view.timestamp()]);
      } else if (view.payload_type() == TestPeer::kVideoType && view.payload().size() == kMarked) {
        ++marked_;
        last_marked_ = now;
      }
    }
    viewer_.clear();
  }

  struct KeyFrame {
    size_t lost = 0;
    Duration took{};
    Duration longest_sound{};
  };
  // Sends one of so many times a frame's size to a viewer of the encoding whose frames have `packets`.
  KeyFrame send_key_frame(size_t times, size_t packets) {
    stream(1s);
    longest_sound_ = {};
    marked_ = 0;
    receive_until(next_);
    next_ += kFrame;
    send_frame(times, kMarked);
    const auto sent = Clock::now();
    stream(1s);
    return {times * packets - marked_, last_marked_ - sent, longest_sound_};
  }
  // Of five of them the one in the middle by `what`.
  template <typename What>
  KeyFrame middle(size_t times, size_t packets, What what) {
    std::vector<KeyFrame> all;
    for (int i = 0; i < 5; ++i) print(all.emplace_back(send_key_frame(times, packets)));
    std::ranges::nth_element(all, all.begin() + 2, {}, what);
    return all[2];
  }
  double send_delay_s() {
    std::promise<Result<PeerStatistics>> promise;
    receiver_->statistics([&](Result<PeerStatistics> all) { promise.set_value(std::move(all)); });
    return promise.get_future().get()->outbound.at(1).send_delay_s;
  }
  static void print(const KeyFrame& one) {
    const auto ms = [](Duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
    std::printf("lost %zu, took %.0f ms, sound %.0f ms\n", one.lost, ms(one.took), ms(one.longest_sound));
  }

  std::unique_ptr<Server> server_ = kms::test::start_rtc();
  TestPeer publisher_{{.publishes = true, .rids = {"h", "f"}}};
  std::unique_ptr<Peer> sender_ = server_->create_peer({});
  TestPeer viewer_{{.transport_cc = true}};
  std::unique_ptr<Peer> receiver_ = server_->create_peer({});
  std::unique_ptr<Relay> relay_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  // Frames of 700 and 2,800 kbit/s.
  std::array<Encoding, 2> encodings_{{{"h", 60, 3, 972}, {"f", 70, 10, 1166}}};
  uint32_t timestamp_ = 90'000;
  uint16_t sound_ = 500;
  TimePoint next_{};
  int frame_ = 0;

  size_t marked_ = 0;  // that came
  TimePoint last_marked_{};
  std::map<uint32_t, TimePoint> sound_sent_;  // by time stamp
  Duration longest_sound_{};
};

TEST_F(PacedPeer, AKeyFrameFitsANarrowLineWithAShortQueue) {
  relay_->set(Relay::Direction::kDown, {.delay = kDelay, .rate_bps = 1'000'000, .longest_queue = 60ms});
  stream(12s);
  measure_calmly([this] {
    EXPECT_LE(middle(10, 3, &KeyFrame::lost).lost, 1u) << "of thirty packets; without pacing twenty and more";
  });
  EXPECT_GT(send_delay_s(), 5.0);
}

TEST_F(PacedPeer, SoundDoesNotWaitBehindAKeyFrame) {
  relay_->set(Relay::Direction::kDown, {.delay = kDelay, .rate_bps = 1'000'000, .longest_queue = 1s});
  stream(12s);
  measure_calmly([this] {
    const auto frame = middle(10, 3, &KeyFrame::longest_sound);
    EXPECT_LT(frame.longest_sound, kDelay + 80ms) << "without pacing more than 200 ms";
    EXPECT_EQ(frame.lost, 0u);
    EXPECT_LT(frame.took, 500ms);
  });
}

TEST_F(PacedPeer, OnAWideLineAKeyFrameGoesOutAtOnce) {
  relay_->set(Relay::Direction::kDown, {.delay = kDelay});
  stream(8s);
  measure_calmly([this] {
    const auto frame = middle(6, 10, &KeyFrame::took);
    EXPECT_LT(send_delay_s(), 1.0);
    EXPECT_LT(frame.took, kDelay + 40ms);
    EXPECT_EQ(frame.lost, 0u);
  });
}

}  // namespace
}  // namespace kms::rtc
