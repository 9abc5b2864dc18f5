// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/hub_ports.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include "kms-core/gst/inlet.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"

namespace kms::graph {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kPicture[] =
    "video:raw videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1 ! identity";
constexpr char kSound[] = "audio:OPUS audiotestsrc is-live=true ! opusenc";

// A way in and a way out of both kinds; what comes in leaves again.
Result<Ports> both_ways(const std::string& id) {
  Ports out;
  for (const auto kind : {v1::MEDIA_KIND_AUDIO, v1::MEDIA_KIND_VIDEO}) {
    out.sinks.push_back({.name = {}, .kind = kind});
    out.sources.push_back({.name = {}, .kind = kind, .reoffers = HubPorts::port_name(id, kind)});
  }
  return out;
}

template <typename Port>
std::vector<std::string> names_of(const std::vector<Port>& ports) {
  std::vector<std::string> out;
  for (const auto& port : ports) out.push_back(port.name);
  return out;
}

Config with_room_for(unsigned hub_ports) {
  Config config;
  config.limits.ports_per_hub = hub_ports;
  return config;
}

TEST(HubPorts, AreAWayInAndAWayOutOfEachKind) {
  test::FakeHost host;
  Ports ports;
  HubPorts hub(host, ports);

  const auto made = hub.create("alice", both_ways);

  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->port_id(), "alice");
  EXPECT_THAT(made->sink_ports(), ElementsAre("alice.audio", "alice.video"));
  EXPECT_THAT(made->source_ports(), ElementsAre("alice.audio", "alice.video"));
  EXPECT_THAT(names_of(ports.sinks), ElementsAre("alice.audio", "alice.video"));
  EXPECT_THAT(names_of(ports.sources), ElementsAre("alice.audio", "alice.video"));
}

TEST(HubPorts, GoWithoutTheOthers) {
  test::FakeHost host;
  Ports ports;
  HubPorts hub(host, ports);
  for (const auto* id : {"a", "a-b", "b"}) ASSERT_TRUE(hub.create(id, both_ways).ok());

  ASSERT_TRUE(hub.release("a").ok());

  EXPECT_THAT(names_of(ports.sinks), ElementsAre("a-b.audio", "a-b.video", "b.audio", "b.video"));
  EXPECT_THAT(names_of(ports.sources), ElementsAre("a-b.audio", "a-b.video", "b.audio", "b.video"));
  EXPECT_TRUE(hub.create("a", both_ways).ok());
}

TEST(HubPorts, GetAnIdOfTheirOwnWhenNoneIsAskedFor) {
  test::FakeHost host;
  Ports ports;
  HubPorts hub(host, ports);

  const auto first = hub.create("", both_ways);
  const auto second = hub.create("", both_ways);

  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->port_id(), second->port_id());
  EXPECT_TRUE(hub.check(first->port_id()).ok());
}

TEST(HubPorts, AreRefusedWithAReason) {
  test::FakeHost host(with_room_for(2));
  Ports ports;
  HubPorts hub(host, ports);
  ASSERT_TRUE(hub.create("a", both_ways).ok());

  EXPECT_EQ(reason_of(hub.create("a", both_ways).status()), "PORT_EXISTS");
  EXPECT_EQ(reason_of(hub.create("A.b", both_ways).status()), "INVALID_ID");
  EXPECT_EQ(reason_of(hub.release("b")), "PORT_NOT_FOUND");
  EXPECT_THAT(message_of(hub.check("b")), HasSubstr("hub ports: a"));
  ASSERT_TRUE(hub.create("b", both_ways).ok());
  EXPECT_EQ(reason_of(hub.create("c", both_ways).status()), "PORT_QUOTA");
}

TEST(HubPorts, AreNotThereWhenTheirMediaCannotBeMade) {
  test::FakeHost host;
  Ports ports;
  HubPorts hub(host, ports);

  const auto failed = hub.create("a", [](const std::string&) -> Result<Ports> {
    return error(StatusCode::kInternal, "MEDIA_ERROR", "no");
  });

  EXPECT_EQ(reason_of(failed.status()), "MEDIA_ERROR");
  EXPECT_THAT(hub.ids(), IsEmpty());
  EXPECT_THAT(ports.sinks, IsEmpty());
}

// A hub whose ports hand back what comes.
class Echo : public Element {
 public:
  explicit Echo(ElementHost& element_host) : Element(element_host), hub_ports_(element_host, ports_) {}
  Status add(const std::string& id) {
    const auto made = hub_ports_.create(id, both_ways);
    host().ports_changed();
    return made.status();
  }
  Status release(const std::string& id) {
    const auto status = hub_ports_.release(id);
    host().ports_changed();
    return status;
  }

 private:
  HubPorts hub_ports_;
};

Result<std::unique_ptr<Element>> create_echo(ElementHost& host, const google::protobuf::BoolValue&) {
  return std::make_unique<Echo>(host);
}

class HubInASession : public testing::Test {
 protected:
  HubInASession()
      : session_({.declare = [](Catalog& catalog) {
          test::declare_test_elements(catalog);
          catalog.add(define<google::protobuf::BoolValue>(
              {.title = "Echo",
               .summary = "A hub.",
               .ports = HubPorts::declared({v1::MEDIA_KIND_AUDIO, v1::MEDIA_KIND_VIDEO})},
              create_echo));
        }}) {}

  static v1::ElementSpec echo() {
    v1::ElementSpec spec;
    spec.set_element_id("hub");
    spec.mutable_options()->PackFrom(google::protobuf::BoolValue());
    return spec;
  }

  Status on_hub(Status (Echo::*work)(const std::string&), const std::string& id) {
    return session_.on_loop(
        [&](Session& s) { return ((*s.find<Echo>(session_.element("hub")))->*work)(id); });
  }

  static v1::LinkSpec link(const std::string& source, const std::string& sink) {
    v1::LinkSpec spec;
    spec.set_source(source);
    spec.set_sink(sink);
    return spec;
  }

  Status connect(const v1::LinkSpec& spec) {
    return session_.on_loop([&](Session& s) { return s.connect(spec).status(); });
  }

  // "from.port to.port" of each link.
  std::vector<std::string> links() {
    std::vector<std::string> out;
    const auto graph = session_.graph();
    for (const auto& link : graph.links()) {
      const auto id = [](const std::string& name) { return name.substr(name.rfind('/') + 1); };
      out.push_back(id(link.source()) + "." + link.source_port() + " " + id(link.sink()) + "." +
                    link.sink_port());
    }
    return out;
  }

  test::LiveSession session_;
};

TEST_F(HubInASession, AHubPortsNameMeansItsPortsOfEveryKind) {
  ASSERT_TRUE(session_
                  .apply({echo(), test::source("camera", kPicture), test::source("microphone", kSound),
                          test::sink("eye", "video:raw"), test::sink("ear", "audio:OPUS")},
                         {})
                  .ok());
  for (const auto* id : {"a", "b"}) ASSERT_TRUE(on_hub(&Echo::add, id).ok());

  for (const auto* source : {"camera", "microphone"}) {
    auto in = link(source, "hub");
    in.set_sink_port("b");
    ASSERT_TRUE(connect(in).ok());
  }
  for (const auto* sink : {"eye", "ear"}) {
    auto out = link("hub", sink);
    out.set_source_port("b");
    ASSERT_TRUE(connect(out).ok());
  }

  EXPECT_THAT(links(),
              testing::UnorderedElementsAre("camera.video hub.b.video", "microphone.audio hub.b.audio",
                                            "hub.b.video eye.video", "hub.b.audio ear.audio"));
  EXPECT_TRUE(
      session_.eventually([&] { return session_.frames_at("eye") > 3 && session_.frames_at("ear") > 3; }));
  auto both = link("", "hub");
  both.set_sink_port("b");
  const auto removed = session_.on_loop([&](Session& s) { return s.disconnect(both); });
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(*removed, 2U);
}

TEST_F(HubInASession, APortThatIsReleasedTakesItsLinksAlong) {
  ASSERT_TRUE(
      session_.apply({echo(), test::source("camera", kPicture), test::sink("eye", "video:raw")}, {}).ok());
  ASSERT_TRUE(on_hub(&Echo::add, "a").ok());
  ASSERT_TRUE(session_.connect("camera", "hub").ok());
  ASSERT_TRUE(session_.connect("hub", "eye").ok());
  ASSERT_TRUE(session_.eventually([&] { return session_.frames_at("eye") > 3; }));

  ASSERT_TRUE(on_hub(&Echo::release, "a").ok());

  EXPECT_THAT(links(), IsEmpty());
  const auto ended = [](const auto& e) { return e.has_link_disconnected(); };
  EXPECT_EQ(session_.await(ended).link_disconnected().reason(), "PORT_ENDED");
  EXPECT_EQ(session_.await(ended).link_disconnected().reason(), "PORT_ENDED");
  EXPECT_EQ(reason_of(session_.connect("hub", "eye")), "NO_COMMON_KIND");
}

TEST_F(HubInASession, APortThatIsNotThereIsNamed) {
  ASSERT_TRUE(session_.apply({echo(), test::source("camera", kPicture)}, {}).ok());
  ASSERT_TRUE(on_hub(&Echo::add, "a").ok());
  auto wrong = link("camera", "hub");
  wrong.set_sink_port("b");

  const auto refused = connect(wrong);

  EXPECT_EQ(reason_of(refused), "PORT_NOT_FOUND");
  EXPECT_THAT(message_of(refused), HasSubstr("a.audio, a.video"));
}

}  // namespace
}  // namespace kms::graph
