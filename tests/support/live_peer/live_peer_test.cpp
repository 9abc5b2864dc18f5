// SPDX-License-Identifier: Apache-2.0
// Real media over the RTP plane alone: what forwarding does to it, and that a test sees it.
#include "tests/support/live_peer/live_peer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <future>

#include "tests/support/calm/calm.hpp"
#include "tests/support/live_peer/timing.hpp"
#include "tests/support/relay/detour.hpp"
#include "tests/support/relay/relay.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::test {
namespace {

using namespace std::chrono_literals;

// A peer that gets what it sends.
class Loop {
 public:
  std::string answer(LivePeer& peer) {
    std::promise<Result<rtc::Answer>> answered;
    peer_->answer(peer.transport().offer(),
                  [&](Result<rtc::Answer> answer) { answered.set_value(std::move(answer)); });
    const auto answer = answered.get_future().get();
    EXPECT_TRUE(answer.ok()) << answer.status();
    if (!answer.ok()) return {};
    for (const auto& source : answer->sources) consumers_.push_back(peer_->consume(source));
    return answer->sdp;
  }

 private:
  std::unique_ptr<rtc::Server> server_ = start_rtc();
  std::unique_ptr<rtc::Peer> peer_ = server_->create_peer({});
  std::vector<std::unique_ptr<rtc::Consumer>> consumers_;
};

double worst(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

TEST(LivePeer, GetsItsOwnMediaBackInSync) {
  measure_calmly([&] {
    Loop loop;
    LivePeer peer({});
    ASSERT_TRUE(peer.connect(loop.answer(peer)));

    peer.start(rtc::Clock::now());
    perform({&peer}, 4s);
    if (peer.late() > 5ms) GTEST_SKIP() << "the machine is too busy to measure";

    EXPECT_GT(picture_delays(peer, peer, 1s).count(), 80u);
    EXPECT_LT(picture_delays(peer, peer, 1s).median(), 30) << "a picture waits for the end of its frame";
    EXPECT_GT(sound_delays(peer, peer).count(), 15u);
    EXPECT_LT(sound_delays(peer, peer).median(), 5);
    const auto apart = beeps_after_flashes(peer, "VP8", "OPUS");
    EXPECT_GE(apart.size(), 2u);
    EXPECT_LT(worst(apart), 12) << "what Opus adds, and no more: " << ::testing::PrintToString(apart);
  });
}

TEST(LivePeer, FindsTheRelayInItsAnswer) {
  measure_calmly([&] {
    Loop loop;
    LivePeer peer({});
    const auto answer = loop.answer(peer);
    const auto relay = std::move(*Relay::start({.target = *udp_address_in(answer), .up = {.delay = 40ms}}));
    ASSERT_TRUE(peer.connect(detour(answer, relay->address())));

    peer.start(rtc::Clock::now());
    perform({&peer}, 3s);
    if (peer.late() > 5ms) GTEST_SKIP() << "the machine is too busy to measure";

    EXPECT_NEAR(sound_delays(peer, peer).median(), 42, 5);
    EXPECT_EQ(relay->counts().clients, 1u);
    EXPECT_GT(relay->counts().down.taken, 100u);
  });
}

}  // namespace
}  // namespace kms::test
