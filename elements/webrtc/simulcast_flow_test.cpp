// SPDX-License-Identifier: Apache-2.0
// What is told of a port whose track comes in several encodings: browsers send those that their line and
// their page allow.
#include <gtest/gtest.h>

#include <algorithm>

#include "elements/webrtc/test_session.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"

namespace kms::webrtc {
namespace {

class SimulcastFlow : public TwoEncodings {
 protected:
  void send(const std::string& rid, uint32_t ssrc) {
    ++sequence_;
    peer().send(
        {.key_frame = true, .sequence = sequence_, .timestamp = sequence_ * 3000u, .ssrc = ssrc, .rid = rid});
  }
  // Meanwhile the small encoding comes.
  bool until(const std::function<bool()>& holds) {
    return test::eventually([&] {
      send("l", kSmall);
      return holds();
    });
  }
  // How often that was told.
  template <typename Is>
  auto told(Is is) {
    const auto events = session_.events();
    return std::ranges::count_if(events, is);
  }
  auto begun() {
    return told([](const auto& event) { return event.media_flowing().port() == "video"; });
  }
  auto stopped() {
    return told([](const auto& event) { return event.media_not_flowing().port() == "video"; });
  }
  kms::v1::PortStats at_port() {
    const auto stats = session_.stats();
    for (const auto& port : stats.elements(0).ports()) {
      if (port.port() == "video" && port.direction() == kms::v1::DIRECTION_SOURCE) return port;
    }
    return {};
  }

  uint16_t sequence_ = 0;
};

TEST_F(SimulcastFlow, BeginsWithWhicheverEncodingComes) {
  EXPECT_TRUE(until([&] { return begun() == 1; }));
  EXPECT_TRUE(until([&] { return at_port().packets() > 10 && at_port().bitrate_bps() > 0; }))
      << at_port().DebugString();
}

TEST_F(SimulcastFlow, GoesOnWhileOneEncodingComes) {
  send("h", kLarge);
  ASSERT_TRUE(until([&] { return begun() == 1; }));

  peer().send_rtcp(rtc::test::goodbye(kLarge));

  const auto before = at_port().packets();
  EXPECT_TRUE(until([&] { return at_port().packets() > before + 10; }));
  EXPECT_EQ(stopped(), 0);
  peer().send_rtcp(rtc::test::goodbye(kSmall));
  EXPECT_TRUE(test::eventually([&] { return stopped() == 1; })) << "the last one has said goodbye";
}

}  // namespace
}  // namespace kms::webrtc
