// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/session.hpp"

#include <gtest/gtest.h>

#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"

namespace kms::graph {
namespace {

using test::LiveSession;
using test::sink;
using test::source;

constexpr char kVp8[] =
    "video:VP8 videotestsrc is-live=true ! video/x-raw,width=64,height=48 ! vp8enc deadline=1";
constexpr char kRaw[] = "video:raw videotestsrc is-live=true ! video/x-raw,width=64,height=48 ! identity";
constexpr char kEndlessFrames[] = "unpaced video:raw videotestsrc ! video/x-raw,width=16,height=16 ! identity";

LiveSession::Setup setup() { return {.declare = test::declare_test_elements}; }

bool is_flowing(const v1::Event& event, const std::string& element) {
  return event.has_media_flowing() && event.source() == element;
}

TEST(Session, MediaFlowsAlongALinkAsItIs) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({source("a", kVp8), sink("b", "video:VP8")}, {{"a", "b"}}).ok());

  session.await([&](const auto& e) { return is_flowing(e, session.element("b")); });

  EXPECT_TRUE(session.eventually([&] { return session.frames_at("b") > 10; }));
  EXPECT_EQ(session.graph().links(0).way(), "copy");
  EXPECT_EQ(session.graph().transcoders_size(), 0);
}

TEST(Session, DecodesOncePerSourceAndStopsWithTheLastTaker) {
  LiveSession session(setup());
  ASSERT_TRUE(session
                  .apply({source("a", kVp8), sink("b", "video:raw"), sink("c", "video:raw")},
                         {{"a", "b"}, {"a", "c"}})
                  .ok());
  ASSERT_TRUE(session.eventually([&] { return session.frames_at("b") > 5 && session.frames_at("c") > 5; }));
  const auto graph = session.graph();
  ASSERT_EQ(graph.transcoders_size(), 1);
  EXPECT_EQ(graph.transcoders(0).takers(), 2U);
  EXPECT_EQ(session.stats().elements(0).decoders(), 1U);
  EXPECT_GT(session.stats().elements(0).frames_decoded(), 0U);

  ASSERT_TRUE(session.disconnect("a", "b").ok());
  EXPECT_EQ(session.graph().transcoders_size(), 1);
  ASSERT_TRUE(session.disconnect("a", "c").ok());

  EXPECT_EQ(session.graph().transcoders_size(), 0);
  const auto stopped = session.await([](const auto& e) { return e.has_transcoding_stopped(); });
  EXPECT_EQ(stopped.transcoding_stopped().reason(), "NO_TAKERS");
  EXPECT_EQ(stopped.transcoding_stopped().from(), "VP8");
}

TEST(Session, EncodesOncePerSourceForAllTakers) {
  LiveSession session(setup());
  ASSERT_TRUE(session
                  .apply({source("a", kRaw), sink("b", "video:VP8,H264"), sink("c", "video:VP8")},
                         {{"a", "b"}, {"a", "c"}})
                  .ok());
  ASSERT_TRUE(session.eventually([&] { return session.frames_at("b") > 5 && session.frames_at("c") > 5; }));
  const auto graph = session.graph();
  ASSERT_EQ(graph.transcoders_size(), 1);
  EXPECT_EQ(graph.transcoders(0).to().codec(), "VP8");
  EXPECT_EQ(graph.transcoders(0).bitrate_bps(), 150'000U);
  EXPECT_EQ(graph.links(0).way(), "encode VP8");
}

TEST(Session, TranscodesWhereTheCodecIsNotAccepted) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({source("a", kVp8), sink("b", "video:H264")}, {{"a", "b"}}).ok());
  EXPECT_TRUE(session.eventually([&] { return session.frames_at("b") > 5; }));
  EXPECT_EQ(session.graph().transcoders_size(), 2);
  EXPECT_EQ(session.graph().links(0).way(), "decode VP8, encode H264");
}

TEST(Session, RefusesTranscodingWhenToldSo) {
  auto refusing = setup();
  refusing.refuse_transcoding = true;
  LiveSession session(refusing);
  EXPECT_EQ(reason_of(session.apply({source("a", kVp8), sink("b", "video:raw")}, {{"a", "b"}}).status()),
            "TRANSCODING_REFUSED");
  EXPECT_EQ(session.graph().elements_size(), 0);
}

TEST(Session, AppliesAGraphAsAWholeOrNothingOfIt) {
  LiveSession session(setup());
  const auto failed =
      session.apply({source("a", kRaw), sink("b", "video:raw")}, {{"a", "b"}, {"a", "nobody"}});
  EXPECT_EQ(reason_of(failed.status()), "ELEMENT_NOT_FOUND");
  EXPECT_EQ(session.graph().elements_size(), 0);
  EXPECT_EQ(session.graph().links_size(), 0);
  EXPECT_TRUE(session.events().empty());
}

TEST(Session, ConnectingATakenSinkReplacesItsSource) {
  LiveSession session(setup());
  ASSERT_TRUE(
      session
          .apply({source("a", kRaw), source("b", kRaw), sink("c", "video:raw"), sink("d", "video:raw")},
                 {{"a", "c"}, {"a", "d"}})
          .ok());
  ASSERT_TRUE(session.eventually([&] { return session.frames_at("c") > 3; }));

  ASSERT_TRUE(session.connect("b", "c").ok());

  const auto gone = session.await([](const auto& e) { return e.has_link_disconnected(); });
  EXPECT_EQ(gone.link_disconnected().reason(), "REPLACED");
  EXPECT_EQ(session.graph().links_size(), 2);
  const auto before = session.frames_at("c");
  EXPECT_TRUE(session.eventually([&] { return session.frames_at("c") > before + 5; }));
}

TEST(Session, RelinkingOneBranchLosesNoFrameOfAnother) {
  LiveSession session(setup());
  ASSERT_TRUE(
      session
          .apply({source("a", kEndlessFrames), sink("steady", "video:raw"), sink("moving", "video:raw")},
                 {{"a", "steady"}})
          .ok());
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(session.connect("a", "moving").ok());
    const auto before = session.frames_at("moving");
    ASSERT_TRUE(session.eventually([&] { return session.frames_at("moving") != before; }));
    ASSERT_TRUE(session.disconnect("a", "moving").ok());
  }
  const auto stats = session.stats();
  for (const auto& link : stats.links()) EXPECT_EQ(link.dropped(), 0U) << link.link().name();
  EXPECT_GT(session.frames_at("steady"), 100U);
}

TEST(Session, RefusesLoopsAndWrongPorts) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({source("a", kRaw), sink("b", "audio:raw")}, {}).ok());
  EXPECT_EQ(reason_of(session.connect("a", "b")), "NO_COMMON_KIND");
  EXPECT_EQ(reason_of(session.connect("a", "a")), "LOOP");
  EXPECT_EQ(reason_of(session.connect("a", "x")), "ELEMENT_NOT_FOUND");
  EXPECT_EQ(reason_of(session.disconnect("a", "b")), "LINK_NOT_FOUND");
}

TEST(Session, DeletingAnElementTakesItsLinks) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({source("a", kRaw), sink("b", "video:raw")}, {{"a", "b"}}).ok());
  ASSERT_TRUE(session.eventually([&] { return session.frames_at("b") > 3; }));
  ASSERT_TRUE(session.remove("a").ok());
  EXPECT_EQ(session.graph().elements_size(), 1);
  EXPECT_EQ(session.graph().links_size(), 0);
  session.await([](const auto& e) { return e.has_media_not_flowing(); });
}

TEST(Session, ShowsItsGraphAsText) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({source("cam", kVp8), sink("disk", "video:VP8")}, {{"cam", "disk"}}).ok());
  const auto text = session.graph().graphviz();
  EXPECT_NE(text.find("\"cam\" -> \"disk\" [label=\"video: copy\"]"), std::string::npos) << text;
}

TEST(Session, EndsWithSessionClosed) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({source("a", kRaw), sink("b", "video:raw")}, {{"a", "b"}}).ok());
  ASSERT_TRUE(session.close("LEASE_EXPIRED").ok());
  const auto events = session.events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().session_closed().reason(), "LEASE_EXPIRED");
}

}  // namespace
}  // namespace kms::graph
