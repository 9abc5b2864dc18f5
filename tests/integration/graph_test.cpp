// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>

#include "kms/pass_through/v1/pass_through.pb.h"
#include "kms/player/v1/player.grpc.pb.h"
#include "tests/integration/fixture.hpp"

namespace kms::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using v1::ElementService;
using v1::GraphService;

// "RTP VP8", "RAW".
std::vector<std::string> formats_of(const v1::Port& port) {
  std::vector<std::string> out;
  for (const auto& format : port.formats()) {
    const auto packing = v1::Packing_Name(format.packing()).substr(std::string("PACKING_").size());
    out.push_back(format.codec().empty() ? packing : packing + " " + format.codec());
  }
  return out;
}

// A session "a" with elements "x" and "y".
class GraphTest : public testing::Test {
 protected:
  explicit GraphTest(const std::string& config = {}) : kms_(config) {
    EXPECT_EQ(client_.create_session("a"), "OK");
    EXPECT_EQ(client_.create_pass_through(kA, "x"), "OK");
    EXPECT_EQ(client_.create_pass_through(kA, "y"), "OK");
  }
  static v1::LinkSpec link(const std::string& source, const std::string& sink) {
    v1::LinkSpec spec;
    spec.set_source(source);
    spec.set_sink(sink);
    return spec;
  }
  std::string disconnect(const v1::LinkSpec& spec) {
    v1::DisconnectRequest request;
    request.set_parent(kA);
    *request.mutable_link() = spec;
    return client_.call(*client_.graph, &GraphService::Stub::Disconnect, request, &disconnected_);
  }
  v1::ListLinksResponse links() {
    v1::ListLinksRequest request;
    request.set_parent(kA);
    v1::ListLinksResponse response;
    EXPECT_EQ(client_.call(*client_.graph, &GraphService::Stub::ListLinks, request, &response), "OK");
    return response;
  }
  std::string stats(const std::string& name, v1::GetStatsResponse& response) {
    v1::GetStatsRequest request;
    request.set_name(name);
    return client_.call(*client_.graph, &GraphService::Stub::GetStats, request, &response);
  }
  std::string get_element(const std::string& name) {
    v1::GetElementRequest request;
    request.set_name(name);
    return client_.call(*client_.elements, &ElementService::Stub::GetElement, request, &got_);
  }
  static void add(v1::ApplyGraphRequest& request, const std::string& id) {
    auto* element = request.add_elements();
    element->set_element_id(id);
    element->mutable_options()->PackFrom(pass_through::v1::PassThroughOptions());
  }

  static constexpr char kA[] = "sessions/a";
  Running kms_;
  RpcClient& client_ = kms_.client;
  v1::DisconnectResponse disconnected_;
  v1::GetElementResponse got_;
};

TEST_F(GraphTest, ElementsAreShownChangedListedAndDeleted) {
  v1::UpdateElementRequest update;
  update.set_name("sessions/a/elements/x");
  update.set_display_name("fixed point");
  (*update.mutable_set_tags())["k"] = "v";
  v1::UpdateElementResponse updated;
  ASSERT_EQ(client_.call(*client_.elements, &ElementService::Stub::UpdateElement, update, &updated), "OK");
  EXPECT_EQ(updated.element().display_name(), "fixed point");
  EXPECT_EQ(updated.element().kind(), "kms.pass_through.v1.PassThroughOptions");
  EXPECT_EQ(updated.element().ports_size(), 4);

  ASSERT_EQ(get_element("sessions/a/elements/x"), "OK");
  EXPECT_EQ(got_.element().name(), "sessions/a/elements/x");
  EXPECT_EQ(got_.element().kind(), "kms.pass_through.v1.PassThroughOptions");
  EXPECT_TRUE(got_.element().options().Is<pass_through::v1::PassThroughOptions>());
  EXPECT_EQ(got_.element().display_name(), "fixed point");
  EXPECT_EQ(got_.element().tags().at("k"), "v");
  EXPECT_EQ(got_.element().ports_size(), 4);
  EXPECT_NEAR(static_cast<double>(got_.element().create_time().seconds()), static_cast<double>(time(nullptr)),
              60);

  EXPECT_EQ(client_.delete_element("sessions/a/elements/y"), "OK");
  v1::ListElementsRequest list;
  list.set_parent(kA);
  v1::ListElementsResponse listed;
  ASSERT_EQ(client_.call(*client_.elements, &ElementService::Stub::ListElements, list, &listed), "OK");
  ASSERT_EQ(listed.elements_size(), 1);
  EXPECT_EQ(listed.elements(0).tags().at("k"), "v");

  v1::UpdateElementRequest remove;
  remove.set_name("sessions/a/elements/x");
  remove.add_remove_tags("k");
  remove.add_remove_tags("unknown");
  (*remove.mutable_set_tags())["l"] = "w";
  ASSERT_EQ(client_.call(*client_.elements, &ElementService::Stub::UpdateElement, remove, &updated), "OK");
  EXPECT_EQ(updated.element().display_name(), "fixed point") << "not set: unchanged";
  ASSERT_EQ(get_element("sessions/a/elements/x"), "OK");
  ASSERT_EQ(got_.element().tags_size(), 1);
  EXPECT_EQ(got_.element().tags().at("l"), "w");
}

TEST_F(GraphTest, LinksAreMadeSeenAndRemoved) {
  ASSERT_EQ(client_.connect(kA, "x", "sessions/a/elements/y"), "OK");
  EXPECT_EQ(links().links_size(), 2);
  v1::GetGraphRequest get;
  get.set_name(kA);
  v1::GetGraphResponse graph;
  ASSERT_EQ(client_.call(*client_.graph, &GraphService::Stub::GetGraph, get, &graph), "OK");
  EXPECT_EQ(graph.elements_size(), 2);
  EXPECT_EQ(graph.links_size(), 2);
  EXPECT_NE(graph.graphviz().find("digraph"), std::string::npos);
  v1::GetStatsResponse counted;
  EXPECT_EQ(stats(kA, counted), "OK");
  EXPECT_EQ(counted.elements_size(), 2);
  EXPECT_EQ(stats("sessions/a/elements/x", counted), "OK");
  EXPECT_EQ(counted.elements_size(), 1);

  auto audio = link("x", "y");
  audio.set_kind(v1::MEDIA_KIND_AUDIO);
  EXPECT_EQ(disconnect(audio), "OK");
  EXPECT_EQ(disconnected_.removed(), 1U);
  EXPECT_EQ(links().links_size(), 1);
}

TEST_F(GraphTest, LinksAreRemovedByOnePortAndFromEveryoneAndToEveryone) {
  ASSERT_EQ(client_.create_pass_through(kA, "z"), "OK");
  ASSERT_EQ(client_.connect(kA, "x", "y"), "OK");
  ASSERT_EQ(client_.connect(kA, "x", "z"), "OK");
  auto by_source_port = link("x", "y");
  by_source_port.set_source_port("video");
  EXPECT_EQ(disconnect(by_source_port), "OK");
  EXPECT_EQ(disconnected_.removed(), 1U);
  EXPECT_EQ(disconnect(by_source_port), "NOT_FOUND/LINK_NOT_FOUND");
  auto by_sink_port = link("x", "y");
  by_sink_port.set_sink_port("audio");
  EXPECT_EQ(disconnect(by_sink_port), "OK");
  EXPECT_EQ(disconnected_.removed(), 1U);
  const auto left = links();
  ASSERT_EQ(left.links_size(), 2);
  for (const auto& each : left.links()) EXPECT_EQ(each.sink(), "sessions/a/elements/z");

  ASSERT_EQ(client_.connect(kA, "x", "y"), "OK");
  EXPECT_EQ(disconnect(link("", "y")), "OK");
  EXPECT_EQ(disconnected_.removed(), 2U) << "all that come to it";
  ASSERT_EQ(client_.connect(kA, "x", "y"), "OK");
  auto sound = link("x", "");
  sound.set_kind(v1::MEDIA_KIND_AUDIO);
  EXPECT_EQ(disconnect(sound), "OK");
  EXPECT_EQ(disconnected_.removed(), 2U) << "all sound that leaves it";
  EXPECT_EQ(disconnect(link("x", "")), "OK");
  EXPECT_EQ(disconnected_.removed(), 2U);
  EXPECT_EQ(links().links_size(), 0);
  EXPECT_EQ(disconnect(link("", "")), "INVALID_ARGUMENT/INVALID_OPTIONS");
}

TEST_F(GraphTest, AnElementThatCannotBeMadeIsRefusedWithAReason) {
  v1::CreateElementRequest request;
  request.set_parent(kA);
  EXPECT_EQ(client_.create_element(request), "INVALID_ARGUMENT/EMPTY_OPTIONS");
  request.mutable_element()->mutable_options()->set_type_url("type.googleapis.com/kms.nothing.v1.Options");
  EXPECT_EQ(client_.create_element(request), "INVALID_ARGUMENT/UNKNOWN_KIND");
  request.mutable_element()->mutable_options()->PackFrom(pass_through::v1::PassThroughOptions());
  request.mutable_element()->mutable_options()->set_value("\xff\xff\xff");
  EXPECT_EQ(client_.create_element(request), "INVALID_ARGUMENT/INVALID_OPTIONS");
  request.mutable_element()->mutable_options()->clear_value();
  request.mutable_element()->set_display_name(std::string(257, 'x'));
  EXPECT_EQ(client_.create_element(request), "INVALID_ARGUMENT/INVALID_LABELS");
  EXPECT_EQ(client_.create_pass_through(kA, "X"), "INVALID_ARGUMENT/INVALID_ID");
  EXPECT_EQ(client_.create_pass_through(kA, "x"), "ALREADY_EXISTS/ELEMENT_EXISTS");
  EXPECT_EQ(client_.last.resource, "sessions/a/elements/x");
  EXPECT_EQ(client_.create_pass_through("sessions/b", "x"), "NOT_FOUND/SESSION_NOT_FOUND");
  EXPECT_EQ(client_.create_pass_through("sessions/a/elements/x", "x"), "INVALID_ARGUMENT/INVALID_NAME");
}

TEST_F(GraphTest, AnElementThatIsNotThereIsNamed) {
  const std::string none = "sessions/a/elements/none";
  EXPECT_EQ(get_element(none), "NOT_FOUND/ELEMENT_NOT_FOUND");
  EXPECT_EQ(client_.last.resource, none);
  EXPECT_EQ(client_.delete_element(none), "NOT_FOUND/ELEMENT_NOT_FOUND");
  EXPECT_EQ(client_.delete_element(kA), "INVALID_ARGUMENT/INVALID_NAME");
  EXPECT_EQ(get_element("sessions/b/elements/x"), "NOT_FOUND/SESSION_NOT_FOUND");
  v1::GetStatsResponse counted;
  EXPECT_EQ(stats(none, counted), "NOT_FOUND/ELEMENT_NOT_FOUND");
  EXPECT_EQ(stats("x", counted), "INVALID_ARGUMENT/INVALID_NAME");
}

TEST_F(GraphTest, ALinkThatCannotBeMadeIsRefusedWithAReason) {
  EXPECT_EQ(client_.connect(kA, "x", "none"), "NOT_FOUND/ELEMENT_NOT_FOUND");
  auto wrong_port = link("x", "y");
  wrong_port.set_source_port("text");
  EXPECT_EQ(client_.connect(kA, wrong_port), "NOT_FOUND/PORT_NOT_FOUND");
  EXPECT_THAT(client_.last.message, testing::EndsWith("source ports: audio, video"));
  EXPECT_EQ(disconnect(wrong_port), "NOT_FOUND/PORT_NOT_FOUND");
  auto mixed = link("x", "y");
  mixed.set_source_port("audio");
  mixed.set_sink_port("video");
  EXPECT_EQ(client_.connect(kA, mixed), "INVALID_ARGUMENT/KIND_MISMATCH");
  auto data = link("x", "y");
  data.set_kind(v1::MEDIA_KIND_DATA);
  EXPECT_EQ(client_.connect(kA, data), "INVALID_ARGUMENT/NO_COMMON_KIND");
  ASSERT_EQ(client_.connect(kA, "x", "y"), "OK");
  EXPECT_EQ(client_.connect(kA, "y", "x"), "FAILED_PRECONDITION/LOOP");
  EXPECT_EQ(client_.connect(kA, "x", "x"), "FAILED_PRECONDITION/LOOP");
  EXPECT_EQ(disconnect(link("y", "x")), "NOT_FOUND/LINK_NOT_FOUND");
  EXPECT_EQ(disconnect(link("none", "x")), "NOT_FOUND/ELEMENT_NOT_FOUND");
  EXPECT_EQ(links().links_size(), 2);
}

TEST_F(GraphTest, AGraphIsAppliedAsAWholeOrNotAtAll) {
  v1::ApplyGraphRequest request;
  request.set_parent(kA);
  add(request, "p");
  add(request, "q");
  *request.add_links() = link("p", "q");
  *request.add_links() = link("q", "x");
  *request.add_links() = link("x", "p");
  v1::ApplyGraphResponse response;
  EXPECT_EQ(client_.apply(request, &response), "FAILED_PRECONDITION/LOOP");
  EXPECT_EQ(get_element("sessions/a/elements/p"), "NOT_FOUND/ELEMENT_NOT_FOUND");
  EXPECT_EQ(links().links_size(), 0);

  request.mutable_links()->RemoveLast();
  EXPECT_EQ(client_.apply(request, &response), "OK");
  EXPECT_EQ(response.elements_size(), 2);
  EXPECT_EQ(response.links_size(), 4);

  v1::ApplyGraphRequest twice;
  twice.set_parent(kA);
  add(twice, "r");
  add(twice, "r");
  EXPECT_EQ(client_.apply(twice, &response), "INVALID_ARGUMENT/DUPLICATE_ID");
  EXPECT_EQ(get_element("sessions/a/elements/r"), "NOT_FOUND/ELEMENT_NOT_FOUND");
}

// Audio and video side by side double the ways with each element: looking for loops must not walk them all.
TEST_F(GraphTest, LongChainsAreQuicklyLinked) {
  v1::ApplyGraphRequest request;
  request.set_parent(kA);
  for (int i = 0; i < 60; ++i) {
    add(request, "c" + std::to_string(i));
    if (i > 0) *request.add_links() = link("c" + std::to_string(i - 1), "c" + std::to_string(i));
  }
  v1::ApplyGraphResponse response;
  EXPECT_EQ(client_.apply(request, &response), "OK");
  EXPECT_EQ(client_.connect(kA, "c59", "c0"), "FAILED_PRECONDITION/LOOP");
  EXPECT_EQ(client_.connect(kA, "x", "c0"), "OK");
}

TEST_F(GraphTest, KindsAreListedWithTheirPorts) {
  v1::ListElementKindsResponse kinds;
  ASSERT_EQ(client_.call(*client_.elements, &ElementService::Stub::ListElementKinds, {}, &kinds), "OK");
  std::map<std::string, v1::ElementKind> by_title;
  for (const auto& kind : kinds.kinds()) by_title[kind.title()] = kind;

  const auto& point = by_title["PassThrough"];
  EXPECT_EQ(point.kind(), "kms.pass_through.v1.PassThroughOptions");
  EXPECT_TRUE(point.available());
  EXPECT_EQ(point.ports_size(), 4);
  EXPECT_THAT(point.needs(), IsEmpty());
  EXPECT_THAT(by_title["GStreamerFilter"].needs(),
              ElementsAre("videoconvert", "audioconvert", "audioresample"));
  for (const auto& port : by_title["FaceDetectionFilter"].ports()) {
    if (port.kind() == v1::MEDIA_KIND_VIDEO) {
      EXPECT_THAT(formats_of(port), ElementsAre("RAW"));
    }
  }
  const auto& browser = by_title["WebRtcEndpoint"];
  EXPECT_EQ(browser.service(), "kms.webrtc.v1.WebRtcService");
  ASSERT_EQ(browser.ports_size(), 6);
  for (const auto& port : browser.ports()) {
    if (port.kind() == v1::MEDIA_KIND_DATA) {
      EXPECT_THAT(formats_of(port), ElementsAre("RAW"));
    } else if (port.kind() == v1::MEDIA_KIND_VIDEO) {
      EXPECT_THAT(formats_of(port), ElementsAre("RTP VP8", "RTP H264", "RTP VP9", "RTP AV1", "RTP H265"));
    } else {
      EXPECT_THAT(formats_of(port), ElementsAre("RTP OPUS", "RTP PCMU", "RTP PCMA", "RTP G722"));
    }
  }
}

class SmallGraphTest : public GraphTest {
 protected:
  SmallGraphTest() : GraphTest("limits: { elements_per_session: 3, links_per_session: 3 }") {}
};

TEST_F(SmallGraphTest, QuotasAreKept) {
  ASSERT_EQ(client_.connect(kA, "x", "y"), "OK");
  EXPECT_EQ(client_.create_pass_through(kA, "z"), "OK");
  EXPECT_EQ(client_.create_pass_through(kA, "z2"), "RESOURCE_EXHAUSTED/ELEMENT_QUOTA");
  EXPECT_EQ(client_.last.metadata["quota"], "3");
  EXPECT_EQ(client_.connect(kA, "y", "z"), "RESOURCE_EXHAUSTED/LINK_QUOTA");
  EXPECT_EQ(client_.delete_element("sessions/a/elements/x"), "OK");
  EXPECT_EQ(client_.create_pass_through(kA, "z2"), "OK");
}

}  // namespace
}  // namespace kms::test
