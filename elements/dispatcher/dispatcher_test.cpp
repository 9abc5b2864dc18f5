// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elements/dispatcher/dispatcher_element.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_dispatcher(graph::Catalog& catalog);
}

namespace kms::dispatcher {
namespace {

using graph::Session;
using test::LiveSession;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kPicture[] =
    "video:raw videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1 ! identity";
constexpr char kSound[] = "audio:OPUS audiotestsrc is-live=true ! opusenc";

LiveSession::Setup setup() {
  return {.declare = [](graph::Catalog& catalog) {
    declare_dispatcher(catalog);
    test::declare_test_elements(catalog);
  }};
}

v1::Connection connection(const std::string& source, const std::string& sink,
                          kms::v1::MediaKind kind = kms::v1::MEDIA_KIND_UNSPECIFIED) {
  v1::Connection out;
  out.set_source(source);
  out.set_sink(sink);
  out.set_kind(kind);
  return out;
}

kms::v1::ElementSpec dispatcher(const std::vector<std::string>& ports,
                                const std::vector<v1::Connection>& connections = {}) {
  v1::DispatcherOptions options;
  for (const auto& port : ports) options.add_ports(port);
  for (const auto& each : connections) *options.add_connections() = each;
  kms::v1::ElementSpec spec;
  spec.set_element_id("hub");
  spec.mutable_options()->PackFrom(options);
  return spec;
}

// A session with a Dispatcher of the ports "a", "b" and "c". Sources and sinks are linked to the ports whose
// names they have in theirs: "to-a" sends into a, "from-b" takes what leaves at b.
class Dispatching : public testing::Test {
 protected:
  void begin(const std::vector<v1::Connection>& connections = {}) {
    ASSERT_TRUE(session_.apply({dispatcher({"a", "b", "c"}, connections)}, {}).ok());
  }

  Status put(const kms::v1::ElementSpec& spec) {
    const auto& id = spec.element_id();
    const auto port = id.substr(id.rfind('-') + 1);
    kms::v1::ApplyGraphRequest request;
    *request.add_elements() = spec;
    auto& link = *request.add_links();
    const bool sends = id.starts_with("to-");
    link.set_source(sends ? id : "hub");
    link.set_sink(sends ? "hub" : id);
    (sends ? link.mutable_sink_port() : link.mutable_source_port())->assign(port);
    return session_.on_loop([&](Session& s) { return s.apply(request).status(); });
  }

  template <typename Work>
  auto on_hub(Work work) {
    return session_.on_loop(
        [&](Session& s) { return work(**s.find<DispatcherElement>(session_.element("hub"))); });
  }
  Status connect(const v1::Connection& asked) {
    return on_hub([&](DispatcherElement& hub) { return hub.connect(asked); });
  }
  Result<v1::DisconnectHubPortsResponse> disconnect(const v1::Connection& asked) {
    return on_hub([&](DispatcherElement& hub) { return hub.disconnect(asked); });
  }

  // "source>sink kind" of each.
  std::vector<std::string> connections() {
    const auto all = on_hub([](DispatcherElement& hub) { return hub.connections(); });
    std::vector<std::string> out;
    for (const auto& each : all.connections()) {
      out.push_back(each.source() + ">" + each.sink() + " " + graph::to_text(each.kind()));
    }
    return out;
  }

  bool comes_to(const std::string& sink) {
    const auto before = session_.frames_at(sink);
    return session_.eventually([&] { return session_.frames_at(sink) > before + 3; });
  }
  // Nothing comes while others, who had time to get something, do.
  bool stays_away_from(const std::string& sink, const std::string& other) {
    const auto before = session_.frames_at(sink);
    return comes_to(other) && session_.frames_at(sink) == before;
  }
  // The same, once what was under way has arrived.
  bool ceases_at(const std::string& sink, const std::string& other) {
    return session_.eventually([&] { return stays_away_from(sink, other); });
  }

  LiveSession session_{setup()};
};

TEST_F(Dispatching, HandsOnWhatEntersAtOnePortToOthers) {
  begin();
  ASSERT_TRUE(put(test::source("to-a", kPicture)).ok());
  for (const auto* port : {"b", "c"}) {
    ASSERT_TRUE(put(test::sink(std::string("from-") + port, "video:raw")).ok());
    ASSERT_TRUE(connect(connection("a", port)).ok());
  }

  EXPECT_TRUE(comes_to("from-b"));
  EXPECT_TRUE(comes_to("from-c"));
  for (const auto& event : session_.events()) EXPECT_FALSE(event.has_transcoding_started());
}

TEST_F(Dispatching, SendsNothingWhereNothingIsConnected) {
  begin({connection("a", "b")});
  ASSERT_TRUE(put(test::source("to-a", kPicture)).ok());
  ASSERT_TRUE(put(test::sink("from-b", "video:raw")).ok());
  ASSERT_TRUE(put(test::sink("from-c", "video:raw")).ok());

  EXPECT_TRUE(stays_away_from("from-c", "from-b"));

  ASSERT_TRUE(connect(connection("a", "c")).ok());
  ASSERT_TRUE(comes_to("from-c"));
  ASSERT_TRUE(disconnect(connection("a", "b")).ok());
  EXPECT_TRUE(ceases_at("from-b", "from-c"));
}

TEST_F(Dispatching, SoundAndPicturesMayComeFromDifferentPorts) {
  begin();
  ASSERT_TRUE(put(test::source("to-a", kPicture)).ok());
  ASSERT_TRUE(put(test::source("to-b", kSound)).ok());
  ASSERT_TRUE(put(test::sink("from-c", "video:raw")).ok());
  ASSERT_TRUE(put(test::sink("from-too-c", "audio:OPUS")).ok());

  ASSERT_TRUE(connect(connection("a", "c", kms::v1::MEDIA_KIND_VIDEO)).ok());
  ASSERT_TRUE(connect(connection("b", "c", kms::v1::MEDIA_KIND_AUDIO)).ok());

  EXPECT_TRUE(comes_to("from-c"));
  EXPECT_TRUE(comes_to("from-too-c"));
  EXPECT_THAT(connections(), ElementsAre("b>c audio", "a>c video"));
}

TEST_F(Dispatching, ASinkTakesTheLatestSource) {
  begin({connection("a", "c")});
  ASSERT_TRUE(put(test::source("to-b", kPicture)).ok());
  ASSERT_TRUE(put(test::sink("from-c", "video:raw")).ok());

  ASSERT_TRUE(connect(connection("b", "c")).ok());

  EXPECT_TRUE(comes_to("from-c"));
  EXPECT_THAT(connections(), ElementsAre("b>c audio", "b>c video"));
}

TEST_F(Dispatching, SaysWhatHasChangedAndNothingElse) {
  begin();
  ASSERT_TRUE(connect(connection("a", "b")).ok());
  ASSERT_TRUE(connect(connection("a", "b")).ok());  // once more: no news
  ASSERT_TRUE(connect(connection("c", "b", kms::v1::MEDIA_KIND_VIDEO)).ok());
  ASSERT_TRUE(on_hub([](DispatcherElement& hub) { return hub.delete_hub_port("c"); }).ok());

  std::vector<std::string> told;
  for (const auto& event : session_.events()) {
    v1::ConnectionChanged changed;
    if (!event.element_event().UnpackTo(&changed)) continue;
    told.push_back(changed.source() + ">" + changed.sink() + " " + graph::to_text(changed.kind()));
  }
  EXPECT_THAT(told, ElementsAre("a>b audio", "a>b video", "c>b video", ">b video"));
  EXPECT_THAT(connections(), ElementsAre("a>b audio"));
}

TEST_F(Dispatching, APortThatGoesTakesItsLinksAndConnectionsAlong) {
  begin({connection("a", "b"), connection("a", "c"), connection("b", "a")});
  ASSERT_TRUE(put(test::source("to-a", kPicture)).ok());
  ASSERT_TRUE(put(test::sink("from-b", "video:raw")).ok());
  ASSERT_TRUE(put(test::sink("from-c", "video:raw")).ok());
  ASSERT_TRUE(comes_to("from-b"));

  ASSERT_TRUE(on_hub([](DispatcherElement& hub) { return hub.delete_hub_port("b"); }).ok());

  EXPECT_THAT(connections(), ElementsAre("a>c audio", "a>c video"));
  EXPECT_EQ(session_.graph().links_size(), 2);
  EXPECT_TRUE(comes_to("from-c"));
}

TEST_F(Dispatching, APortNobodyTakesFromShowsWhatComes) {
  begin();
  ASSERT_TRUE(put(test::source("to-a", kPicture)).ok());

  EXPECT_TRUE(session_.eventually([&] {
    const auto stats = session_.stats();
    return std::any_of(stats.links().begin(), stats.links().end(),
                       [](const auto& link) { return link.frames() > 3; });
  }));
  EXPECT_EQ(session_.graph().links(0).way(), "pass through");
}

TEST_F(Dispatching, RefusesWhatIsNotThere) {
  begin();

  EXPECT_EQ(reason_of(connect(connection("a", "d"))), "PORT_NOT_FOUND");
  EXPECT_EQ(reason_of(connect(connection("", "a"))), "PORT_NOT_FOUND");
  EXPECT_EQ(reason_of(connect(connection("a", "b", kms::v1::MEDIA_KIND_DATA))), "INVALID_OPTIONS");
  EXPECT_EQ(reason_of(disconnect(connection("a", "b")).status()), "LINK_NOT_FOUND");
  EXPECT_EQ(reason_of(disconnect(connection("", "")).status()), "INVALID_OPTIONS");
  EXPECT_EQ(reason_of(disconnect(connection("d", "")).status()), "PORT_NOT_FOUND");
  EXPECT_THAT(connections(), IsEmpty());
}

TEST_F(Dispatching, IsNotMadeWithOptionsThatDoNotFit) {
  EXPECT_EQ(reason_of(session_.apply({dispatcher({"a", "a"})}, {}).status()), "PORT_EXISTS");
  EXPECT_EQ(reason_of(session_.apply({dispatcher({"a/b"})}, {}).status()), "INVALID_ID");
  EXPECT_EQ(reason_of(session_.apply({dispatcher({"a"}, {connection("a", "b")})}, {}).status()),
            "PORT_NOT_FOUND");
  EXPECT_EQ(session_.graph().elements_size(), 0);
}

TEST_F(Dispatching, MediaDoesNotComeBackToTheHubByWayOfAFilter) {
  begin();
  ASSERT_TRUE(session_.apply({test::filter("grey", "video identity")}, {{"hub", "grey"}}).ok());

  EXPECT_EQ(reason_of(session_.connect("grey", "hub")), "LOOP");
}

}  // namespace
}  // namespace kms::dispatcher
