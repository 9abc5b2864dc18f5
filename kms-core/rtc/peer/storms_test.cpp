// SPDX-License-Identifier: Apache-2.0
// A peer that asks for too much, says what cannot be, or does not read: it is bounded, and another viewer of
// the same source gets each packet once.
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <numeric>
#include <random>

#include "kms-core/rtc/bandwidth/rate_control.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

constexpr int kPerFrame = 3;

class Storm : public ::testing::Test {
 protected:
  struct Seat {
    std::unique_ptr<TestPeer> browser;
    std::unique_ptr<Peer> peer;
    std::vector<std::unique_ptr<Consumer>> consumers = {};
  };

  void SetUp() override {
    server_ = kms::test::start_rtc();
    sender_ = server_->create_peer({});
    sources_ = publisher_.join(*sender_)->sources;
    ASSERT_TRUE(publisher_.connect());
    honest_ = watch({.transport_cc = true});
  }

  Seat watch(const TestPeer::Options& options) {
    Seat seat{std::make_unique<TestPeer>(options), server_->create_peer({})};
    for (const auto& source : sources_) seat.consumers.push_back(seat.peer->consume(source));
    EXPECT_TRUE(seat.browser->join(*seat.peer).ok());
    EXPECT_TRUE(seat.browser->connect());
    return seat;
  }

  void send_frame(bool key_frame, size_t size = 900) {
    for (int i = 0; i < kPerFrame; ++i) {
      publisher_.send({true, key_frame && i == 0, i + 1 == kPerFrame, sequence_++, timestamp_, size});
      ++sent_;
    }
    timestamp_ += 3000;
  }
  // With what came before it taken in: a flood that the kernel drops would prove nothing.
  void settle() { kms::test::settle(*server_); }
  bool begin(Seat& other) {
    send_frame(true);
    return honest_.browser->receive_until([&] { return honest_.browser->count(true) == sent_; }) &&
           other.browser->receive_until([&] { return other.browser->count(true) >= kPerFrame; });
  }
  // Frames, with `rage` before each of them.
  void storm(int frames, const std::function<void(int)>& rage) {
    for (int frame = 0; frame < frames; ++frame) {
      rage(frame);
      settle();
      send_frame(false);
      honest_.browser->read_available();
    }
  }

  // All that was sent, in order, and each once.
  void expect_that_nobody_else_noticed() {
    auto& viewer = *honest_.browser;
    EXPECT_TRUE(viewer.receive_until([&] { return viewer.count(true) >= sent_; }));
    std::optional<uint16_t> last;
    for (const auto& packet : viewer.rtp()) {
      if ((packet[1] & 0x7f) != TestPeer::kVideoType) continue;
      const auto sequence = RtpView::parse(packet)->sequence();
      if (last) {
        EXPECT_EQ(sequence, static_cast<uint16_t>(*last + 1));
      }
      last = sequence;
    }
    EXPECT_EQ(viewer.count(true), sent_);
    EXPECT_EQ(viewer.failed_to_open(), 0u);
  }

  static uint32_t video_ssrc(const Seat& seat) { return seat.browser->answer().media.at(1).ssrcs.at(0).ssrc; }
  std::optional<double> available(const Seat& seat) {
    std::promise<Result<PeerStatistics>> promise;
    seat.peer->statistics([&](Result<PeerStatistics> all) { promise.set_value(std::move(all)); });
    return promise.get_future().get()->available_outgoing_bps;
  }

  std::unique_ptr<Server> server_;
  TestPeer publisher_{{.publishes = true}};
  std::unique_ptr<Peer> sender_;
  std::vector<SourceRef> sources_;
  Seat honest_;
  uint16_t sequence_ = 100;
  uint32_t timestamp_ = 90'000;
  size_t sent_ = 0;
};

// Three hundred a second are repaired (Fanout), with feedback no more than half of what the way bears.
TEST_F(Storm, OfNacksForAllThatEverCame) {
  for (const bool reports : {false, true}) {
    SCOPED_TRACE(reports);
    auto other = watch({.transport_cc = reports});
    ASSERT_TRUE(begin(other));
    const auto first = RtpView::parse(other.browser->rtp().front())->sequence();
    std::array<uint16_t, 1000> all;
    std::iota(all.begin(), all.end(), first);
    const auto before = server_->statistics();
    const auto began = Clock::now();

    storm(50, [&](int) {
      for (int i = 0; i < 10; ++i) {
        test::Packet nack(1000);
        RtcpWriter writer(nack);
        writer.nack({1, video_ssrc(other)}, all);
        nack.resize(writer.size());
        other.browser->send_rtcp(nack);
      }
      other.browser->read_available();
    });

    const auto seconds = std::chrono::ceil<std::chrono::seconds>(Clock::now() - began).count();
    const auto after = server_->statistics();
    EXPECT_EQ(after.nacks_received, before.nacks_received + 500);
    EXPECT_GT(after.resent, before.resent);
    EXPECT_LE(after.resent - before.resent, 300u * (static_cast<size_t>(seconds) + 1));
    expect_that_nobody_else_noticed();
  }
}

TEST_F(Storm, OfNacksForWhatWasNeverSent) {
  auto other = watch({});
  ASSERT_TRUE(begin(other));
  const auto before = server_->statistics();
  std::mt19937 random(5);

  storm(50, [&](int) {
    for (int i = 0; i < 20; ++i) {
      test::Packet nack(1200);
      for (auto& byte : nack) byte = static_cast<uint8_t>(random());
      nack[0] = 0x81;
      nack[1] = 205;
      store_u16(&nack[2], static_cast<uint16_t>(nack.size() / 4 - 1));
      store_u32(&nack[4], 1);
      store_u32(&nack[8], i % 2 ? video_ssrc(other) : video_ssrc(honest_));  // another's is none of its own
      other.browser->send_rtcp(nack);
    }
  });

  EXPECT_EQ(server_->statistics().nacks_received, before.nacks_received + 500);
  expect_that_nobody_else_noticed();
}

// So many streams a peer may have (SrtpStreams), and no more are read.
TEST_F(Storm, OfNacksFromEverNewSsrcs) {
  auto other = watch({});
  ASSERT_TRUE(begin(other));
  const auto before = server_->statistics();
  const std::array<uint16_t, 1> wanted{0};

  storm(50, [&](int frame) {
    for (uint32_t i = 0; i < 20; ++i) {
      other.browser->send_rtcp(test::compound([&](RtcpWriter& writer) {
        writer.nack({100 + 20 * static_cast<uint32_t>(frame) + i, video_ssrc(other)}, wanted);
      }));
    }
  });

  const auto after = server_->statistics();
  EXPECT_LE(after.nacks_received, before.nacks_received + SrtpOpener::kMaxStreams);
  EXPECT_GE(after.refused_datagrams, before.refused_datagrams + 1000 - SrtpOpener::kMaxStreams);
  expect_that_nobody_else_noticed();
}

TEST_F(Storm, OfRequestsForKeyFrames) {
  auto other = watch({});
  ASSERT_TRUE(begin(other));
  const auto before = server_->statistics();
  const auto began = Clock::now();

  storm(50, [&](int frame) {
    for (uint8_t i = 0; i < 20; ++i) {
      other.browser->send_rtcp(test::compound([&](RtcpWriter& writer) {
        writer.pli({1, video_ssrc(other)});
        writer.fir(1, {video_ssrc(other), static_cast<uint8_t>(frame + i)});
      }));
    }
  });

  const auto took = Clock::now() - began;
  const auto after = server_->statistics();
  EXPECT_EQ(after.plis_received, before.plis_received + 1000);
  EXPECT_EQ(after.firs_received, before.firs_received + 1000);
  EXPECT_LE(after.plis_sent - before.plis_sent,
            2u + static_cast<size_t>(took / std::chrono::milliseconds(500)));
  expect_that_nobody_else_noticed();
}

// Each looks like a new beginning, and nobody is sent it again for that.
TEST_F(Storm, OfKeyFramesAlone) {
  auto other = watch({});
  ASSERT_TRUE(begin(other));
  for (int frame = 0; frame < 200; ++frame) {
    send_frame(true);
    settle();
    honest_.browser->read_available();
    other.browser->read_available();
  }
  expect_that_nobody_else_noticed();
  EXPECT_TRUE(other.browser->receive_until([&] { return other.browser->count(true) == sent_; }));
}

TEST_F(Storm, OfBitratesThatCannotBe) {
  auto other = watch({.remb = true});
  ASSERT_TRUE(begin(other));
  std::mt19937 random(6);

  storm(50, [&](int frame) {
    for (const uint64_t bitrate : {uint64_t{0}, uint64_t{10'000'000'000}, uint64_t{1} << (frame + 10)}) {
      other.browser->send_rtcp(
          test::compound([&](RtcpWriter& writer) { writer.remb(1, {.bitrate_bps = bitrate}); }));
    }
    test::Packet rubbish{0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B'};
    while (rubbish.size() < 24) rubbish.push_back(static_cast<uint8_t>(random()));
    other.browser->send_rtcp(rubbish);
    const auto said = available(other);
    ASSERT_TRUE(said);
    EXPECT_GE(*said, RateLimits{}.least_bps);
    EXPECT_LE(*said, RateLimits{}.most_bps);
  });

  expect_that_nobody_else_noticed();
  EXPECT_TRUE(other.browser->receive_until([&] { return other.browser->count(true) == sent_; }))
      << "there is but one encoding, and it is sent whatever the peer says";
}

TEST_F(Storm, OfFeedbackThatIsNoneOrALie) {
  auto other = watch({.transport_cc = true});
  ASSERT_TRUE(begin(other));
  std::mt19937 random(7);

  storm(50, [&](int) {
    for (int i = 0; i < 20; ++i) {
      test::Packet feedback(24 + 4 * (random() % 200));
      for (auto& byte : feedback) byte = static_cast<uint8_t>(random());
      feedback[0] = 0x8f;
      feedback[1] = 205;
      store_u16(&feedback[2], static_cast<uint16_t>(feedback.size() / 4 - 1));
      store_u32(&feedback[4], 1);
      if (i % 4 == 0) {  // all that there is has been lost
        store_u16(&feedback[14], 4096);
        store_u16(&feedback[20], 0x1fff);
      }
      other.browser->send_rtcp(feedback);
    }
    other.browser->read_available();
    honest_.browser->send_transport_feedback();
    const auto said = available(other);
    EXPECT_LE(said.value_or(0), RateLimits{}.most_bps);
  });

  expect_that_nobody_else_noticed();
  EXPECT_TRUE(honest_.browser->receive_until([&] { return available(honest_).has_value(); }));
}

// Over TCP what it does not take piles up to a bound, and is dropped in whole packets after that.
TEST_F(Storm, OfOneThatStopsReading) {
  auto other = watch({.tcp = true});
  ASSERT_TRUE(begin(other));

  constexpr int kMost = 20'000;
  int frames = 0;
  for (; frames < kMost && server_->statistics().dropped_out == 0; ++frames) {
    send_frame(false, 1100);
    honest_.browser->read_available();
    honest_.browser->send_transport_feedback();
  }
  ASSERT_LT(frames, kMost) << "it never was too much";
  for (int i = 0; i < 50; ++i) {
    send_frame(false, 1100);
    settle();
    honest_.browser->read_available();
  }
  expect_that_nobody_else_noticed();

  const auto dropped = server_->statistics().dropped_out;
  EXPECT_TRUE(other.browser->receive_until([&] { return other.browser->count(true) + dropped >= sent_; }));
  EXPECT_EQ(other.browser->failed_to_open(), 0u) << "what came is whole";
}

}  // namespace
}  // namespace kms::rtc
