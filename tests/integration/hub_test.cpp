// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "kms/dispatcher/v1/dispatcher.grpc.pb.h"
#include "kms/dispatcher_one_to_many/v1/dispatcher_one_to_many.grpc.pb.h"
#include "kms/webrtc/v1/webrtc.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"
#include "tests/support/media_peer.hpp"

namespace kms::test {
namespace {

namespace one_to_many = dispatcher_one_to_many::v1;
using dispatcher::v1::DispatcherService;
using one_to_many::DispatcherOneToManyService;
using rtc::test::TestPeer;
using testing::ElementsAre;
using testing::IsSupersetOf;
using webrtc::v1::WebRtcService;

constexpr MediaPeer::Colour kRedView{255, 0, 0};
constexpr MediaPeer::Colour kBlueView{0, 0, 255};

// A server with a DispatcherOneToMany "desk" and a Dispatcher "board", both with the ports "red", "blue" and
// "program". Each command answers "OK" or code and reason.
class Hubs : public testing::Test {
 protected:
  explicit Hubs(const std::string& sections = {})
      : kms_(std::string("rtc: { ") + kPatientRtc + " }\n" + sections), events_(kms_.client, kms_.session) {
    one_to_many::DispatcherOneToManyOptions desk;
    dispatcher::v1::DispatcherOptions board;
    for (const auto* port : {"red", "blue", "program"}) {
      desk.add_ports(port);
      board.add_ports(port);
    }
    EXPECT_EQ(kms_.create("desk", desk), "OK") << kms_.client.last.message;
    EXPECT_EQ(kms_.create("board", board), "OK") << kms_.client.last.message;
  }

  std::string set_source(const std::string& port, v1::MediaKind kind = {}, const std::string& hub = "desk") {
    one_to_many::SetSourceRequest request;
    request.set_port_id(port);
    request.set_kind(kind);
    return kms_.command<DispatcherOneToManyService>(hub, &DispatcherOneToManyService::Stub::SetSource,
                                                    request);
  }
  std::string remove_source(v1::MediaKind kind = {}) {
    one_to_many::RemoveSourceRequest request;
    request.set_kind(kind);
    return kms_.command<DispatcherOneToManyService>("desk", &DispatcherOneToManyService::Stub::RemoveSource,
                                                    request);
  }
  std::string create_port(const std::string& port) {
    one_to_many::CreateHubPortRequest request;
    request.set_port_id(port);
    return kms_.command<DispatcherOneToManyService>("desk", &DispatcherOneToManyService::Stub::CreateHubPort,
                                                    request);
  }
  std::string delete_port(const std::string& port) {
    one_to_many::DeleteHubPortRequest request;
    request.set_port_id(port);
    return kms_.command<DispatcherOneToManyService>("desk", &DispatcherOneToManyService::Stub::DeleteHubPort,
                                                    request);
  }
  template <typename Request, typename Response>
  std::string on_board(grpc::Status (DispatcherService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                       Response*),
                       const std::string& source, const std::string& sink, v1::MediaKind kind = {}) {
    Request request;
    request.set_source(source);
    request.set_sink(sink);
    request.set_kind(kind);
    return kms_.command<DispatcherService>("board", method, request);
  }
  std::string connect_ports(const std::string& source, const std::string& sink, v1::MediaKind kind = {}) {
    return on_board(&DispatcherService::Stub::ConnectHubPorts, source, sink, kind);
  }
  std::string disconnect_ports(const std::string& source, const std::string& sink, v1::MediaKind kind = {}) {
    return on_board(&DispatcherService::Stub::DisconnectHubPorts, source, sink, kind);
  }
  std::vector<std::string> connections() {
    dispatcher::v1::ListConnectionsRequest request;
    request.set_name(kms_.name_of("board"));
    dispatcher::v1::ListConnectionsResponse response;
    const auto stub = DispatcherService::NewStub(kms_.client.channel);
    EXPECT_EQ(kms_.client.call(*stub, &DispatcherService::Stub::ListConnections, request, &response), "OK");
    std::vector<std::string> out;
    for (const auto& each : response.connections()) {
      out.push_back(each.source() + ">" + each.sink() +
                    (each.kind() == v1::MEDIA_KIND_AUDIO ? " audio" : " video"));
    }
    return out;
  }
  std::string source() {
    one_to_many::GetSourceRequest request;
    request.set_name(kms_.name_of("desk"));
    one_to_many::GetSourceResponse response;
    const auto stub = DispatcherOneToManyService::NewStub(kms_.client.channel);
    EXPECT_EQ(kms_.client.call(*stub, &DispatcherOneToManyService::Stub::GetSource, request, &response),
              "OK");
    return response.audio() + " " + response.video();
  }

  std::string link(const std::string& source, const std::string& sink, const std::string& source_port,
                   const std::string& sink_port) {
    v1::LinkSpec spec;
    spec.set_source(source);
    spec.set_sink(sink);
    spec.set_source_port(source_port);
    spec.set_sink_port(sink_port);
    return kms_.client.connect(kms_.session, spec);
  }
  v1::GetGraphResponse graph() {
    v1::GetGraphRequest request;
    request.set_name(kms_.session);
    v1::GetGraphResponse response;
    EXPECT_EQ(kms_.client.call(*kms_.client.graph, &v1::GraphService::Stub::GetGraph, request, &response),
              "OK");
    return response;
  }
  // Of the hub's element: "in red.audio", "out red.audio".
  std::vector<std::string> ports(const std::string& hub) {
    std::vector<std::string> out;
    const auto all = graph();
    for (const auto& element : all.elements()) {
      if (element.name() != kms_.name_of(hub)) continue;
      for (const auto& port : element.ports()) {
        out.push_back((port.direction() == v1::DIRECTION_SINK ? "in " : "out ") + port.name());
      }
    }
    return out;
  }

  bool join(const std::string& id, TestPeer& peer) {
    EXPECT_EQ(kms_.create(id, webrtc::v1::WebRtcOptions()), "OK") << kms_.client.last.message;
    webrtc::v1::ProcessOfferRequest request;
    request.set_name(kms_.name_of(id));
    request.set_offer(peer.offer());
    webrtc::v1::ProcessOfferResponse response;
    const auto stub = WebRtcService::NewStub(kms_.client.channel);
    EXPECT_EQ(kms_.client.call(*stub, &WebRtcService::Stub::ProcessOffer, request, &response), "OK")
        << kms_.client.last.message;
    return peer.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok() && peer.connect();
  }

  MediaServer kms_;
  EventReader events_;
};

TEST_F(Hubs, PortsMadeOnRequestAreInTheGraph) {
  EXPECT_THAT(ports("desk"),
              ElementsAre("out red.audio", "out red.video", "out blue.audio", "out blue.video",
                          "out program.audio", "out program.video", "in red.audio", "in red.video",
                          "in blue.audio", "in blue.video", "in program.audio", "in program.video"));

  EXPECT_EQ(create_port("guest"), "OK");
  EXPECT_THAT(ports("desk"),
              IsSupersetOf({"in guest.audio", "in guest.video", "out guest.audio", "out guest.video"}));

  ASSERT_EQ(kms_.client.create_pass_through(kms_.session, "after"), "OK");
  EXPECT_EQ(link("desk", "after", "guest", ""), "OK");
  EXPECT_EQ(graph().links_size(), 2);
  EXPECT_EQ(delete_port("guest"), "OK");
  EXPECT_EQ(ports("desk").size(), 12U);
  EXPECT_EQ(graph().links_size(), 0);
  v1::Event event;
  ASSERT_TRUE(MediaServer::wait_for(events_, [&](const v1::Event& each) {
    event = each;
    return each.has_link_disconnected();
  }));
  EXPECT_EQ(event.link_disconnected().reason(), "PORT_ENDED");
  EXPECT_EQ(event.link_disconnected().link().source_port(), "guest.audio");
}

TEST_F(Hubs, WhatIsNotThereIsRefusedWithAReasonAndChangesNothing) {
  EXPECT_EQ(set_source("red"), "OK");
  EXPECT_EQ(connect_ports("red", "program"), "OK");

  EXPECT_EQ(set_source("green"), "NOT_FOUND/PORT_NOT_FOUND");
  EXPECT_EQ(kms_.client.last.resource, kms_.name_of("desk"));
  EXPECT_EQ(set_source("red", v1::MEDIA_KIND_DATA), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(kms_.client.last.metadata["field"], "kind");
  EXPECT_EQ(set_source("red", {}, "board"), "INVALID_ARGUMENT/WRONG_KIND");
  EXPECT_EQ(delete_port("green"), "NOT_FOUND/PORT_NOT_FOUND");
  EXPECT_EQ(create_port("red"), "ALREADY_EXISTS/PORT_EXISTS");
  EXPECT_EQ(create_port("Red!"), "INVALID_ARGUMENT/INVALID_ID");
  EXPECT_EQ(connect_ports("green", "program"), "NOT_FOUND/PORT_NOT_FOUND");
  EXPECT_EQ(connect_ports("red", ""), "NOT_FOUND/PORT_NOT_FOUND");
  EXPECT_EQ(disconnect_ports("blue", "program"), "NOT_FOUND/LINK_NOT_FOUND");
  EXPECT_EQ(disconnect_ports("", ""), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(link("board", "board", "red", "blue"), "FAILED_PRECONDITION/LOOP");
  EXPECT_EQ(link("board", "desk", "green", "red"), "NOT_FOUND/PORT_NOT_FOUND");
  EXPECT_EQ(link("board", "desk", "red.video", "red.audio"), "INVALID_ARGUMENT/KIND_MISMATCH");

  EXPECT_EQ(source(), "red red");
  EXPECT_THAT(connections(), ElementsAre("red>program audio", "red>program video"));
}

TEST_F(Hubs, WhatIsAskedForTwiceIsDoneOnce) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(set_source("red"), "OK");
    EXPECT_EQ(connect_ports("red", "program", v1::MEDIA_KIND_VIDEO), "OK");
  }
  EXPECT_EQ(connect_ports("blue", "blue", v1::MEDIA_KIND_VIDEO), "OK") << "back to where it came from";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(remove_source(), "OK");

  std::vector<std::string> told;
  while (told.size() < 4) {
    v1::Event event;
    ASSERT_TRUE(events_.next(event));
    one_to_many::SourceChanged source;
    if (event.element_event().UnpackTo(&source)) told.push_back("source " + source.video());
    dispatcher::v1::ConnectionChanged connection;
    if (event.element_event().UnpackTo(&connection)) {
      told.push_back(connection.source() + ">" + connection.sink());
    }
  }
  EXPECT_THAT(told, ElementsAre("source red", "red>program", "blue>blue", "source "));
}

class SmallHubs : public Hubs {
 protected:
  SmallHubs() : Hubs("limits: { ports_per_hub: 3 }\n") {}
};

TEST_F(SmallHubs, HaveNoMorePortsThanTheirQuota) {
  EXPECT_EQ(create_port("guest"), "RESOURCE_EXHAUSTED/PORT_QUOTA");
  EXPECT_EQ(kms_.client.last.metadata["quota"], "3");
  EXPECT_EQ(delete_port("blue"), "OK");
  EXPECT_EQ(create_port("guest"), "OK");
}

// With two cameras and a viewer of what leaves at "program": of the desk, by way of the board.
class Desk : public Hubs {
 protected:
  void SetUp() override {
    ASSERT_TRUE(join("red", red_peer_) && join("blue", blue_peer_) && join("viewer", viewer_peer_));
    ASSERT_EQ(link("red", "desk", "", "red"), "OK");
    ASSERT_EQ(link("blue", "desk", "", "blue"), "OK");
    ASSERT_EQ(link("desk", "board", "program", "program"), "OK");
    ASSERT_EQ(link("board", "viewer", "red", ""), "OK");
    ASSERT_EQ(connect_ports("program", "red"), "OK");
  }

  bool work_until(const std::function<bool()>& holds) {
    return viewer_.work_until([&] {
      red_.work();
      blue_.work();
      return holds();
    });
  }
  bool sees(const MediaPeer::Colour& colour) {
    return work_until([&] { return viewer_.sees(colour); });
  }

  TestPeer red_peer_{{.publishes = true}};
  TestPeer blue_peer_{{.publishes = true}};
  TestPeer viewer_peer_{{}};
  MediaPeer red_{red_peer_, "ff0000"};
  MediaPeer blue_{blue_peer_, "0000ff"};
  MediaPeer viewer_{viewer_peer_, "000000"};
};

TEST_F(Desk, TheViewerSeesWhatTheDirectorChooses) {
  ASSERT_EQ(set_source("red"), "OK");
  ASSERT_TRUE(sees(kRedView));
  ASSERT_EQ(set_source("blue"), "OK");
  ASSERT_TRUE(sees(kBlueView));

  const auto now = graph();
  EXPECT_EQ(now.transcoders_size(), 0);
  EXPECT_EQ(now.bridges_size(), 0);
  for (const auto& each : now.links()) {
    if (each.sink() == kms_.name_of("viewer") && each.kind() == v1::MEDIA_KIND_VIDEO) {
      EXPECT_EQ(each.way(), "forward");
    }
  }
  for (const auto& picture : viewer_.pictures())
    EXPECT_TRUE(picture.near(kRedView) || picture.near(kBlueView));
}

TEST_F(Desk, ACameraThatIsRemovedWhileItIsChosenDisturbsNobody) {
  ASSERT_EQ(set_source("red"), "OK");
  ASSERT_TRUE(sees(kRedView));

  for (int i = 0; i < 5; ++i) {
    TestPeer guest({.publishes = true});
    ASSERT_EQ(create_port("guest"), "OK");
    ASSERT_TRUE(join("guest", guest));
    ASSERT_EQ(link("guest", "desk", "", "guest"), "OK");
    ASSERT_EQ(set_source("guest"), "OK");
    const bool element_first = i % 2 == 0;
    ASSERT_EQ(element_first ? kms_.remove("guest") : delete_port("guest"), "OK");
    ASSERT_EQ(element_first ? delete_port("guest") : kms_.remove("guest"), "OK");
    EXPECT_EQ(source(), " ");
    ASSERT_EQ(set_source("red"), "OK");
  }

  const auto seen = viewer_.pictures().size();
  EXPECT_TRUE(work_until([&] { return viewer_.pictures().size() > seen + 10 && viewer_.sees(kRedView); }));
}

TEST_F(Desk, FiveHundredSwitchesLeaveNoThreadAndNoDescriptor) {
  const auto cut = [&](int number) {
    ASSERT_EQ(set_source(number % 2 == 0 ? "blue" : "red"), "OK");
    if (number % 50 == 0) {
      ASSERT_TRUE(sees(kBlueView));
      for (auto* peer : {&red_peer_, &blue_peer_, &viewer_peer_}) peer->send_check();
    }
    red_.work();
    blue_.work();
    viewer_.work();
  };
  for (int i = 0; i <= 50; ++i) cut(i);
  const auto before = level_of(kms_.running->server);

  for (int i = 0; i <= 450; ++i) cut(i);

  EXPECT_TRUE(came_back_to(before, [&] {
    for (auto* each : {&red_, &blue_, &viewer_}) each->work();
    return level_of(kms_.running->server);
  }));
  ASSERT_EQ(set_source("red"), "OK");
  EXPECT_TRUE(sees(kRedView));
}

}  // namespace
}  // namespace kms::test
