// SPDX-License-Identifier: Apache-2.0
// Pictures that are encoded for peers: each gets the size that its way bears.
#include <gtest/gtest.h>

#include "elements/webrtc/test_session.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/support/rtp_media.hpp"

namespace kms::webrtc {
namespace {

using test::LiveSession;

constexpr size_t kFull = 320 * 240 * 3;  // bytes of a picture
constexpr size_t kSmaller = 240 * 180 * 3;

// A browser that says what its way bears, and what it sees.
class Viewer {
 public:
  Viewer(LiveSession& session, const std::string& element)
      : browser_(session, element, {.remb = true}),
        screen_("media=video,clock-rate=90000,encoding-name=VP8",
                "rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=RGB") {}

  Status join() { return browser_.join(); }
  void bears(uint64_t bps) { bps_ = bps; }
  bool sees(size_t size) const { return seen_ == size; }
  unsigned changes() const { return changes_; }

  void work() {
    if (bps_ > 0) {
      browser_.peer().send_rtcp(
          rtc::test::compound([&](rtc::RtcpWriter& writer) { writer.remb(1, {.bitrate_bps = bps_}); }));
    }
    browser_.peer().receive_until([] { return false; }, std::chrono::milliseconds(20));
    for (const auto& packet : browser_.peer().rtp()) {
      if ((packet.at(1) & 0x7f) == rtc::test::TestPeer::kVideoType) screen_.put(packet);
    }
    browser_.peer().clear();
    for (const auto& picture : screen_.take()) {
      if (picture.size() != seen_) ++changes_;
      seen_ = picture.size();
    }
  }

 private:
  Browser browser_;
  test::RtpPlayer screen_;
  uint64_t bps_ = 0;
  size_t seen_ = 0;
  unsigned changes_ = 0;
};

class Rungs : public testing::Test {
 protected:
  Rungs() {
    const auto applied = session_.apply(
        {test::source("cam",
                      "video:raw videotestsrc is-live=true ! "
                      "video/x-raw,width=320,height=240,framerate=15/1 ! identity silent=true"),
         endpoint("slow"), endpoint("fast")},
        {{"cam", "slow"}, {"cam", "fast"}});
    EXPECT_TRUE(applied.ok()) << applied.status();
    for (auto* each : {&slow_, &fast_}) EXPECT_TRUE(each->join().ok());
  }

  bool work_until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + 2 * test::kPatience;
    while (!holds() && std::chrono::steady_clock::now() < give_up) {
      slow_.work();
      fast_.work();
    }
    return holds();
  }

  LiveSession session_{setup()};
  Viewer slow_{session_, "slow"};
  Viewer fast_{session_, "fast"};
};

TEST_F(Rungs, EachPeerGetsTheSizeThatItsWayBears) {
  ASSERT_TRUE(work_until([&] { return slow_.sees(kFull) && fast_.sees(kFull); }));
  EXPECT_EQ(session_.graph().transcoders_size(), 1) << "both share one encoder";

  slow_.bears(200'000);
  ASSERT_TRUE(work_until([&] { return slow_.sees(kSmaller); }));
  EXPECT_EQ(session_.graph().transcoders_size(), 2);

  slow_.bears(5'000'000);
  ASSERT_TRUE(work_until([&] { return slow_.sees(kFull); }));
  EXPECT_TRUE(work_until([&] { return session_.graph().transcoders_size() == 1; })) << "nobody gets it";
  EXPECT_EQ(fast_.changes(), 1u) << "none but the first picture";
}

}  // namespace
}  // namespace kms::webrtc
