// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/session.hpp"

#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "kms-core/gst/pipeline.hpp"
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
constexpr char kEndlessFrames[] =
    "unpaced video:raw videotestsrc ! video/x-raw,width=16,height=16 ! identity";

// Without ports. Its close() waits for let_go(), and its creation does what the test says. Control loop.
struct Doors {
  bool open = false;
  std::vector<Done> waiting = {};
  std::function<void(ElementHost&)> on_create = [](ElementHost&) {};
};

class Held : public Element {
 public:
  Held(ElementHost& element_host, Doors& doors) : Element(element_host), doors_(doors) {
    doors_.on_create(host());
  }
  void close(Done done) override {
    if (doors_.open) return done(ok());
    doors_.waiting.push_back(std::move(done));
  }

 private:
  Doors& doors_;
};

v1::ElementSpec held(const std::string& id) {
  v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(google::protobuf::BoolValue());
  return spec;
}

LiveSession::Setup with_held(Doors& doors, const Config& config = {}) {
  return {.config = config, .declare = [&doors](Catalog& catalog) {
            test::declare_test_elements(catalog);
            Kind kind{.title = "Held", .summary = "Closes when it is told."};
            kind.options = std::string(google::protobuf::BoolValue::descriptor()->full_name());
            kind.create = [&doors](ElementHost& host, const google::protobuf::Any&) {
              return Result<std::unique_ptr<Element>>(std::make_unique<Held>(host, doors));
            };
            catalog.add(kind);
          }};
}

void let_go(LiveSession& session, Doors& doors) {
  session.on_loop([&](Session&) {
    doors.open = true;
    for (auto& done : std::exchange(doors.waiting, {})) done(ok());
  });
}

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

// What `sink` gets after it was connected to a source whose key frames would be long in coming.
bool gets_the_key_frame_it_asks_for(LiveSession& session, const std::string& sink) {
  EXPECT_TRUE(session.connect("a", sink).ok());
  return session.eventually([&] { return session.frames_at(sink) > 0; });
}

TEST(Session, ALateTakersRequestForAKeyFrameReachesTheSource) {
  LiveSession session(setup());
  ASSERT_TRUE(session
                  .apply({source("a", std::string(kVp8) + " keyframe-max-dist=100000"),
                          sink("b", "video:VP8"), sink("c", "video:VP8")},
                         {{"a", "b"}})
                  .ok());
  ASSERT_TRUE(session.eventually([&] { return session.frames_at("b") > 10; }));

  EXPECT_TRUE(gets_the_key_frame_it_asks_for(session, "c"));
}

TEST(Session, ALateTakersRequestForAKeyFrameIsAnsweredByTheEncoderOnTheWay) {
  LiveSession session(setup());
  ASSERT_TRUE(
      session.apply({source("a", kRaw), sink("b", "video:VP8"), sink("c", "video:VP8")}, {{"a", "b"}}).ok());
  ASSERT_TRUE(session.eventually([&] { return session.frames_at("b") > 10; }));

  EXPECT_TRUE(gets_the_key_frame_it_asks_for(session, "c"));

  EXPECT_LT(session.frames_at("b"), 200U);  // by itself it would have made one after 240
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

TEST(Session, TakersOfADecoderAreThoseBehindAnEncoderToo) {
  LiveSession session(setup());
  ASSERT_TRUE(session
                  .apply({source("a", kVp8), sink("b", "video:H264"), sink("c", "video:H264"),
                          sink("d", "video:raw")},
                         {{"a", "b"}, {"a", "c"}, {"a", "d"}})
                  .ok());
  const auto graph = session.graph();
  ASSERT_EQ(graph.transcoders_size(), 2);
  for (const auto& transcoder : graph.transcoders()) {
    EXPECT_EQ(transcoder.takers(), transcoder.to().packing() == v1::PACKING_RAW ? 3U : 2U);
  }
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

TEST(Session, RefusesMoreLinksThanItsQuotaAlsoWhenTheyAreTheSame) {
  auto few = setup();
  few.config.limits.links_per_session = 2;
  LiveSession session(few);
  const auto failed =
      session.apply({source("a", kRaw), sink("b", "video:raw")}, {{"a", "b"}, {"a", "b"}, {"a", "b"}});
  EXPECT_EQ(reason_of(failed.status()), "LINK_QUOTA");
  EXPECT_EQ(session.graph().elements_size(), 0);
}

TEST(Session, MakesNoElementInAPipelineThatIsStuck) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  Config config;
  config.pipelines.state_deadline = std::chrono::milliseconds(800);
  Doors doors{.open = true, .on_create = [released](ElementHost& host) {
                host.processing().run(
                    [released](GstElement*) {
                      released.wait();
                      return ok();
                    },
                    [](const Status&) {});
              }};
  LiveSession session(with_held(doors, config));
  ASSERT_TRUE(session.apply({held("hang"), sink("early", "video:raw")}, {}).ok());
  const auto stuck = session.await([](const auto& e) { return e.has_element_error(); });
  EXPECT_EQ(stuck.source(), session.element("early"));

  EXPECT_EQ(reason_of(session.apply({sink("late", "video:raw")}, {}).status()), "PIPELINE_STUCK");

  EXPECT_EQ(session.graph().elements_size(), 2);
  for (const auto& event : session.events()) EXPECT_NE(event.source(), session.element("late"));
  release.set_value();
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
  EXPECT_TRUE(session.eventually([&] { return session.frames_at("steady") > 100; }));
}

TEST(Session, RefusesLoopsAndWrongPorts) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({source("a", kRaw), sink("b", "audio:raw")}, {}).ok());
  EXPECT_EQ(reason_of(session.connect("a", "b")), "NO_COMMON_KIND");
  EXPECT_EQ(reason_of(session.connect("a", "a")), "LOOP");
  EXPECT_EQ(reason_of(session.connect("a", "x")), "ELEMENT_NOT_FOUND");
  EXPECT_EQ(reason_of(session.disconnect("a", "b")), "LINK_NOT_FOUND");
}

TEST(Session, ALinkThatGoesIsToldAsItRan) {
  LiveSession session(setup());
  ASSERT_TRUE(
      session.apply({source("a", kVp8), source("b", kRaw), sink("c", "video:raw")}, {{"a", "c"}}).ok());
  ASSERT_TRUE(session.eventually([&] { return session.frames_at("c") > 3; }));
  const auto ran = session.graph().links(0).way();
  EXPECT_EQ(ran, "decode VP8");

  ASSERT_TRUE(session.connect("b", "c").ok());

  const auto gone = session.await([](const auto& e) { return e.has_link_disconnected(); });
  EXPECT_EQ(gone.link_disconnected().link().way(), ran);
  EXPECT_EQ(gone.link_disconnected().link().source(), session.element("a"));
}

TEST(Session, SaysWhyItHasNoSuchElement) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({source("a", kRaw)}, {}).ok());
  const auto elsewhere = session.connect("a", "sessions/another/elements/b");
  EXPECT_EQ(reason_of(elsewhere), "ELEMENT_NOT_FOUND");
  EXPECT_EQ(message_of(elsewhere).find("sessions/another/elements/b is of another session"), 0U);
  EXPECT_EQ(info_of(elsewhere).resource, "sessions/another/elements/b");
  EXPECT_EQ(message_of(session.connect("a", "x")), "sessions/test has no element \"x\"");
  EXPECT_NE(message_of(session.connect("a", "")).find("one is empty"), std::string::npos);
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

TEST(Session, NoticesThatMediaStopsWhileElementsAreMadeAllTheTime) {
  Doors doors{.open = true};
  Config config;
  config.limits.elements_per_session = 100000;
  LiveSession session(with_held(doors, config));
  ASSERT_TRUE(session
                  .apply({source("a",
                                 "video:raw videotestsrc is-live=true num-buffers=5 ! "
                                 "video/x-raw,width=64,height=48 ! identity"),
                          sink("b", "video:raw")},
                         {{"a", "b"}})
                  .ok());

  EXPECT_TRUE(session.eventually([&] {
    EXPECT_TRUE(session.apply({held("")}, {}).ok());
    const auto events = session.events();
    return std::any_of(events.begin(), events.end(), [](const auto& e) { return e.has_media_not_flowing(); });
  }));
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

TEST(Session, EndsWithAnElementThatWasBeingDeletedAlready) {
  Doors doors;
  LiveSession session(with_held(doors));
  ASSERT_TRUE(session.apply({held("slow")}, {}).ok());
  bool deleted = false;
  bool closed = false;
  session.on_loop([&](Session& s) {
    s.delete_element(session.element("slow"), [&](const Status&) { deleted = true; });
    s.close("CLIENT_DELETED", [&](const Status&) { closed = true; });
    EXPECT_FALSE(closed);
  });

  let_go(session, doors);

  EXPECT_TRUE(deleted);
  ASSERT_TRUE(closed);
  EXPECT_EQ(session.events().back().session_closed().reason(), "CLIENT_DELETED");
}

TEST(Session, EndsAfterTheElementsOfAGraphThatWasNotApplied) {
  Doors doors;
  LiveSession session(with_held(doors));
  v1::ApplyGraphRequest failing;
  *failing.add_elements() = held("slow");
  failing.add_links()->set_source("slow");
  bool closed = false;
  session.on_loop([&](Session& s) {
    EXPECT_FALSE(s.apply(failing).ok());
    s.close("CLIENT_DELETED", [&](const Status&) { closed = true; });
    EXPECT_FALSE(closed);
  });

  let_go(session, doors);

  EXPECT_TRUE(closed);
}

}  // namespace
}  // namespace kms::graph
