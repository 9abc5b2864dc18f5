// SPDX-License-Identifier: Apache-2.0
// What is put on a running WebRtcEndpoint, and taken off again.
#include <gtest/gtest.h>

#include "elements/webrtc/test_session.hpp"
#include "tests/support/media_peer.hpp"

namespace kms::webrtc {
namespace {

using test::LiveSession;
using test::MediaPeer;

constexpr MediaPeer::Colour kRed{255, 0, 0};
constexpr MediaPeer::Colour kGrey{78, 78, 78};  // as bright as red
constexpr char kNoColour[] = "video videobalance saturation=0";

std::string way_to(LiveSession& session, const std::string& sink, kms::v1::MediaKind kind) {
  const auto graph = session.graph();
  for (const auto& link : graph.links()) {
    if (link.sink() == session.element(sink) && link.kind() == kind) return link.way();
  }
  return {};
}

// A session with a browser at the endpoint "me", red.
class Relinking : public testing::Test {
 protected:
  // With the links that are there from the beginning.
  void join(const std::vector<kms::v1::ElementSpec>& elements,
            const std::vector<std::pair<std::string, std::string>>& links) {
    auto all = elements;
    all.push_back(endpoint("me"));
    const auto applied = session_.apply(all, links);
    ASSERT_TRUE(applied.ok()) << applied.status();
    const auto joined = browser_.join();
    ASSERT_TRUE(joined.ok()) << joined;
  }
  // The next pictures, a second's worth, are of this colour without a gap.
  bool keeps_seeing(const MediaPeer::Colour& colour) {
    const auto from = me_.pictures().size();
    me_.work_until([&] { return me_.pictures().size() > from + 30; });
    const auto& pictures = me_.pictures();
    return pictures.size() > from + 30 &&
           std::all_of(pictures.begin() + static_cast<ptrdiff_t>(from), pictures.end(),
                       [&](const auto& picture) { return picture.near(colour); });
  }

  LiveSession session_{setup()};
  Browser browser_{session_, "me", {.publishes = true}};
  MediaPeer me_{browser_.peer(), "ff0000"};
};

TEST_F(Relinking, ThePeerSeesItselfThroughAFilter) {
  join({test::filter("grey", kNoColour)}, {{"me", "grey"}, {"grey", "me"}});

  EXPECT_TRUE(me_.work_until([&] { return me_.sees(kGrey); }));

  EXPECT_EQ(way_to(session_, "grey", kms::v1::MEDIA_KIND_VIDEO), "depayload VP8, decode VP8");
  EXPECT_EQ(way_to(session_, "me", kms::v1::MEDIA_KIND_VIDEO), "encode VP8, payload VP8");
}

TEST_F(Relinking, AFilterIsPutOnAndTakenOffWhileItRuns) {
  join({test::filter("grey", kNoColour)}, {{"me", "me"}});
  ASSERT_TRUE(me_.work_until([&] { return me_.sees(kRed); }));

  ASSERT_TRUE(session_.apply({}, {{"me", "grey"}, {"grey", "me"}}).ok());
  EXPECT_TRUE(me_.work_until([&] { return me_.sees(kGrey); }));

  ASSERT_TRUE(session_.connect("me", "me").ok());
  EXPECT_TRUE(me_.work_until([&] { return me_.sees(kRed); }));
  EXPECT_EQ(way_to(session_, "me", kms::v1::MEDIA_KIND_VIDEO), "forward");
}

TEST_F(Relinking, NobodyNoticesATakerThatComesAndGoes) {
  join({test::sink("eye", "video:raw"), test::sink("file", "video:VP8")}, {{"me", "me"}});
  ASSERT_TRUE(me_.work_until([&] { return me_.sees(kRed); }));

  ASSERT_TRUE(session_.apply({}, {{"me", "eye"}, {"me", "file"}}).ok());
  EXPECT_TRUE(
      me_.work_until([&] { return session_.frames_at("eye") > 10 && session_.frames_at("file") > 10; }));
  EXPECT_EQ(way_to(session_, "file", kms::v1::MEDIA_KIND_VIDEO), "depayload VP8");
  EXPECT_EQ(session_.graph().transcoders_size(), 1);
  EXPECT_TRUE(keeps_seeing(kRed));

  ASSERT_TRUE(session_.disconnect("me", "eye").ok());
  EXPECT_EQ(session_.graph().transcoders_size(), 0);
  const auto before = session_.frames_at("file");
  EXPECT_TRUE(keeps_seeing(kRed));
  EXPECT_GT(session_.frames_at("file"), before);
}

TEST_F(Relinking, TwoPeersThatTakeOneFilterShareItsEncoderAndItsBridge) {
  join({test::filter("grey", kNoColour), endpoint("one"), endpoint("two")},
       {{"me", "grey"}, {"grey", "one"}, {"grey", "two"}});
  Browser first(session_, "one", {.publishes = true}), second(session_, "two", {.publishes = true});
  MediaPeer one(first.peer(), "0000ff"), two(second.peer(), "00ff00");
  ASSERT_TRUE(first.join().ok());
  ASSERT_TRUE(second.join().ok());

  EXPECT_TRUE(me_.work_until([&] {
    one.work();
    two.work();
    return one.sees(kGrey) && two.sees(kGrey);
  }));

  auto graph = session_.graph();
  ASSERT_EQ(graph.transcoders_size(), 2) << "one decoder, one encoder";
  ASSERT_EQ(graph.bridges_size(), 2) << "one way in, one way out";
  const auto encoder =
      std::ranges::find(graph.transcoders(), session_.element("grey"), &kms::v1::Transcoder::source);
  ASSERT_NE(encoder, graph.transcoders().end());
  EXPECT_EQ(encoder->to().codec(), "VP8");
  EXPECT_EQ(encoder->takers(), 2U);
  const auto way_out = std::ranges::find(graph.bridges(), session_.element("grey"), &kms::v1::Bridge::source);
  ASSERT_NE(way_out, graph.bridges().end());
  EXPECT_EQ(way_out->takers(), 2U);

  ASSERT_TRUE(session_.remove("one").ok());
  graph = session_.graph();
  ASSERT_EQ(graph.transcoders_size(), 2);
  const auto left = two.pictures().size();
  EXPECT_TRUE(me_.work_until([&] {
    two.work();
    return two.pictures().size() > left + 10;
  }));
  ASSERT_TRUE(session_.remove("two").ok());
  EXPECT_EQ(session_.graph().transcoders_size(), 1) << "the encoder has gone with the last of them";
  EXPECT_EQ(session_.graph().bridges_size(), 1);
}

TEST_F(Relinking, ASecondPeerComesAndGoes) {
  join({endpoint("guest")}, {{"me", "me"}});
  ASSERT_TRUE(me_.work_until([&] { return me_.sees(kRed); }));
  Browser browser(session_, "guest", {.publishes = true});
  MediaPeer guest(browser.peer(), "0000ff");
  ASSERT_TRUE(session_.connect("me", "guest").ok());
  ASSERT_TRUE(browser.join().ok());

  EXPECT_TRUE(me_.work_until([&] {
    guest.work();
    return guest.sees(kRed);
  }));

  ASSERT_TRUE(session_.remove("guest").ok());
  EXPECT_TRUE(keeps_seeing(kRed));
}

}  // namespace
}  // namespace kms::webrtc
