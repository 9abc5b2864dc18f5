// SPDX-License-Identifier: Apache-2.0
// A peer whose application has it send what somebody wants of its pictures, and nothing else
// (EncodingsWanted).
#include <algorithm>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>

#include "kms/composite/v1/composite.pb.h"
#include "tests/integration/simulcast_camera.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using rtc::test::TestPeer;

// What the events of a session say of what its endpoints send, as they come.
class Watch {
 public:
  Watch(RpcClient& client, const std::string& session) {
    v1::SubscribeEventsRequest request;
    request.set_name(session);
    reader_ = client.sessions->SubscribeEvents(&context_, request);
    thread_ = std::jthread([this] {
      v1::Event event;
      while (reader_->Read(&event)) take(event);
    });
  }
  ~Watch() { context_.TryCancel(); }

  bool wants(const std::string& rid) {
    const std::lock_guard lock(mutex_);
    return wanted_[rid];
  }
  // "l+ h-": of all encodings, as told last.
  std::string told() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& each : latest_.encodings()) {
      text += (text.empty() ? "" : " ") + each.rid() + (each.wanted() ? "+" : "-");
    }
    return text;
  }
  EncodingsWanted latest() {
    const std::lock_guard lock(mutex_);
    return latest_;
  }
  std::string source() {
    const std::lock_guard lock(mutex_);
    return source_;
  }
  // Whether the last that was told of a port is that media flows there.
  bool flows(const std::string& element, const std::string& port, v1::Direction direction) {
    const std::lock_guard lock(mutex_);
    return flowing_[{element, port, direction}];
  }
  // How often it was told that none does.
  int stops(const std::string& element, const std::string& port, v1::Direction direction) {
    const std::lock_guard lock(mutex_);
    return stops_[{element, port, direction}];
  }

 private:
  using Port = std::tuple<std::string, std::string, v1::Direction>;

  void take(const v1::Event& event) {
    const std::lock_guard lock(mutex_);
    if (event.has_media_flowing()) {
      flowing_[port_of(event.source(), event.media_flowing())] = true;
    } else if (event.has_media_not_flowing()) {
      flowing_[port_of(event.source(), event.media_not_flowing())] = false;
      ++stops_[port_of(event.source(), event.media_not_flowing())];
    } else if (event.element_event().UnpackTo(&latest_)) {
      source_ = event.source();
      for (const auto& each : latest_.encodings()) wanted_[each.rid()] = each.wanted();
    }
  }
  template <typename Flow>
  static Port port_of(const std::string& source, const Flow& flow) {
    return {source, flow.port(), flow.direction()};
  }

  std::mutex mutex_;
  EncodingsWanted latest_;
  std::string source_;
  std::map<std::string, bool> wanted_{{"l", true}, {"h", true}};
  std::map<Port, bool> flowing_;
  std::map<Port, int> stops_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::Event>> reader_;
  std::jthread thread_;  // ends first
};

class Wanted : public testing::Test {
 protected:
  Wanted() { EXPECT_TRUE(kms_.join(peer_)); }

  // The camera in what is wanted of its two sizes, until it holds.
  bool stream_until(const std::function<bool()>& holds) {
    const auto give_up = rtc::Clock::now() + std::chrono::seconds(20);
    while (rtc::Clock::now() < give_up) {
      for (auto* each : {&camera_.small, &camera_.large}) camera_.set_active(*each, watch_.wants(each->rid));
      camera_.work();
      if (viewer_) viewer_->read_available();
      if (holds()) return true;
    }
    return false;
  }
  bool nobody_wants_it() {
    return stream_until([&] { return watch_.told() == "l- h-" && !camera_.small.active; });
  }
  // A page that sees what "w" sends.
  void watch_it(SetPreferredLayersRequest layers) {
    ASSERT_EQ(kms_.create("viewer", WebRtcOptions()), "OK") << kms_.client.last.message;
    bound(std::move(layers));
    ASSERT_EQ(kms_.client.connect(kms_.session, "w", "viewer"), "OK") << kms_.client.last.message;
    viewer_.emplace(TestPeer::Options{});
    ProcessOfferRequest request;
    request.set_name(kms_.name_of("viewer"));
    request.set_offer(viewer_->offer());
    ProcessOfferResponse response;
    ASSERT_EQ(kms_.ask(&WithEndpoint::Stub::ProcessOffer, request, &response), "OK");
    ASSERT_TRUE(viewer_->use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok());
    ASSERT_TRUE(viewer_->connect());
  }
  void bound(SetPreferredLayersRequest layers) {
    layers.set_name(kms_.name_of("viewer"));
    EXPECT_EQ(kms_.set_layers(layers), "OK") << kms_.client.last.message;
  }
  // The rid of what the viewer is sent now.
  std::string gets() {
    const auto stats = kms_.stats_of("viewer");
    const auto video = std::ranges::find(stats.outbound_rtp(), "video", &OutboundRtpStats::kind);
    return video->packets_sent() > 10 ? video->rid() : "";
  }
  std::string link(const std::string& sink, const std::string& port) {
    v1::LinkSpec link;
    link.set_source("w");
    link.set_source_port("video");
    link.set_sink(sink);
    link.set_sink_port(port);
    return kms_.client.connect(kms_.session, link);
  }
  bool sends() { return watch_.flows(kms_.name_of("w"), "video", v1::DIRECTION_SOURCE); }
  int pauses() { return watch_.stops(kms_.name_of("w"), "video", v1::DIRECTION_SOURCE); }

  WithEndpoint kms_;
  TestPeer peer_{{.publishes = true, .rids = {"l", "h"}}};
  SimulcastCamera camera_{peer_};
  std::optional<TestPeer> viewer_;
  Watch watch_{kms_.client, kms_.session};  // ends first
};

SetPreferredLayersRequest at_most(uint32_t layer) {
  SetPreferredLayersRequest layers;
  layers.set_maximum_layer(layer);
  return layers;
}

TEST_F(Wanted, WhatNobodyWantsIsTold) {
  ASSERT_TRUE(nobody_wants_it());

  EXPECT_EQ(watch_.source(), kms_.name_of("w"));
  EXPECT_EQ(watch_.latest().port(), "video");
  EXPECT_EQ(watch_.latest().mid(), "1");
  const auto stats = kms_.stats_of("w");
  for (const auto& stream : stats.inbound_rtp()) {
    EXPECT_EQ(stream.has_wanted(), stream.kind() == "video") << stream.mid();
    EXPECT_FALSE(stream.wanted()) << stream.rid();
  }
  EXPECT_TRUE(stream_until([&] { return !sends(); })) << "MediaNotFlowing";
}

TEST_F(Wanted, AViewersWishIsToldAndIsGot) {
  ASSERT_TRUE(nobody_wants_it());
  watch_it(at_most(0));
  ASSERT_TRUE(stream_until([&] { return gets() == "l" && sends(); }));
  EXPECT_EQ(watch_.told(), "l+ h-");

  bound({});
  ASSERT_TRUE(stream_until([&] { return gets() == "h"; }));
  EXPECT_EQ(watch_.told(), "l+ h+");
  const int pauses_before = pauses();
  bound(at_most(0));
  ASSERT_TRUE(stream_until([&] { return gets() == "l" && !camera_.large.active; }));
  EXPECT_EQ(watch_.told(), "l+ h-");
  const auto sent = camera_.small.sequence;
  ASSERT_TRUE(stream_until([&] { return camera_.small.sequence - sent > 90; })) << "for three seconds";
  EXPECT_TRUE(sends());
  EXPECT_EQ(pauses(), pauses_before) << "one of its encodings goes on";

  EXPECT_EQ(kms_.remove("viewer"), "OK");
  viewer_.reset();
  EXPECT_TRUE(nobody_wants_it());
}

TEST_F(Wanted, ARecorderGetsWhatWasPaused) {
  ASSERT_TRUE(nobody_wants_it());
  auto recorder = MediaServer::recorder("wanted.webm");
  recorder.set_autostart(true);
  ASSERT_EQ(kms_.create("r", recorder), "OK") << kms_.client.last.message;
  ASSERT_EQ(link("r", "video"), "OK") << kms_.client.last.message;
  ASSERT_TRUE(stream_until([&] { return watch_.flows(kms_.name_of("r"), "video", v1::DIRECTION_SINK); }));
  EXPECT_TRUE(stream_until([&] { return watch_.wants("h"); })) << "the largest, whichever came first";

  EXPECT_EQ(kms_.remove("r"), "OK");
  EXPECT_TRUE(nobody_wants_it());
}

TEST_F(Wanted, ACellOfAPictureGetsTheSizeThatFillsIt) {
  composite::v1::CompositeOptions room;
  room.set_width(320);
  room.set_height(240);
  room.add_ports()->set_port_id("ann");
  auto* cell = room.mutable_layout()->mutable_custom()->add_cells();
  cell->set_port_id("ann");
  cell->set_width(80);
  cell->set_height(60);
  ASSERT_EQ(kms_.create("room", room), "OK") << kms_.client.last.message;
  ASSERT_TRUE(nobody_wants_it());

  ASSERT_EQ(link("room", "ann.video"), "OK") << kms_.client.last.message;
  ASSERT_TRUE(
      stream_until([&] { return watch_.flows(kms_.name_of("room"), "ann.video", v1::DIRECTION_SINK); }));
  EXPECT_TRUE(stream_until([&] { return watch_.told() == "l+ h-"; }));
}

}  // namespace
}  // namespace kms::test
