// SPDX-License-Identifier: Apache-2.0
// Viewers of a track with temporal and spatial layers: what each of them gets, and that it can be decoded.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>

#include "kms-core/rtc/forwarding/test_layers.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using test::LayerChecker;
using test::LayeredStream;
using test::TestPeer;

class Svc : public ::testing::Test {
 protected:
  struct Viewer {
    Viewer(const TestPeer::Options& options, Codec codec) : peer(options), checker(codec) {}
    TestPeer peer;
    std::unique_ptr<Peer> receiver = {};
    std::unique_ptr<Consumer> consumer = {};
    LayerChecker checker;
    size_t checked = 0;
    std::map<std::pair<int, int>, size_t> known = {};
  };

  void publish(const LayeredStream::Options& stream) {
    codec_ = stream.codec;
    video_ = codec_ == Codec::kVp9 ? "VP9/90000" : "VP8/90000";
    stream_ = std::make_unique<LayeredStream>(stream);
    publisher_ = std::make_unique<TestPeer>(TestPeer::Options{.publishes = true, .video = video_});
    sender_.reset();  // before its server
    source_.reset();
    server_ = kms::test::start_rtc();
    sender_ = server_->create_peer({});
    source_ = publisher_->join(*sender_)->sources.back();
    EXPECT_TRUE(publisher_->connect());
  }
  Viewer& watch(const LayerWish& wish, TestPeer::Options options = {}) {
    options.video = video_;
    auto& viewer = *viewers_.emplace_back(std::make_unique<Viewer>(options, codec_));
    viewer.receiver = server_->create_peer({});
    viewer.consumer = viewer.receiver->consume(source_, {}, {}, wish);
    EXPECT_TRUE(viewer.peer.join(*viewer.receiver).ok());
    EXPECT_TRUE(viewer.peer.connect());
    return viewer;
  }

  // Pictures, with key frames when they are asked for, until `done` or the end of the time.
  bool stream_until(const std::function<bool()>& done, Duration limit = 40s) {
    const auto begin = Clock::now();
    for (int picture = 1; Clock::now() - begin < limit; ++picture) {
      publisher_->read_available();
      const bool asked = publisher_->asked_for_key_frame();
      if (asked) ++key_frames_asked_;
      publisher_->clear();
      send_picture((asked && !deaf_) || sequence_ == 0);
      const auto next = begin + picture * 15ms;
      viewers_.front()->peer.receive_until([&] { return Clock::now() >= next; });
      for (auto& viewer : viewers_) viewer->peer.read_available();
      for (auto& viewer : viewers_) check(*viewer);
      if (done()) return true;
    }
    return false;
  }
  // Of each `loses_`-th packet it is not known for two pictures what it was.
  void send_picture(bool key) {
    for (const auto& frame : std::exchange(late_, {})) publisher_->send(frame);
    for (auto& piece : stream_->next(key)) {
      const TestPeer::Frame frame{.marker = piece.marker,
                                  .sequence = sequence_++,
                                  .timestamp = timestamp_,
                                  .payload = std::move(piece.payload)};
      if (loses_ != 0 && frame.sequence % loses_ == 0) {
        later_.push_back(frame);
      } else {
        publisher_->send(frame);
      }
    }
    late_ = std::exchange(later_, {});
    timestamp_ += 3000;
  }
  static void check(Viewer& viewer) {
    const auto& all = viewer.peer.rtp();
    for (; viewer.checked < all.size(); ++viewer.checked) {
      const auto view = *RtpView::parse(all[viewer.checked]);
      if (view.payload_type() != TestPeer::kVideoType) continue;
      viewer.checker.take(view.sequence(), view.timestamp(), view.marker(), view.payload());
    }
  }
  // Frames of a layer that are new since the last time.
  static size_t fresh(Viewer& viewer, int spatial, int temporal) {
    const size_t all = viewer.checker.frames(spatial, temporal);
    return all - std::exchange(viewer.known[{spatial, temporal}], all);
  }
  static void forget(Viewer& viewer) {
    for (int i = 0; i < 9; ++i) fresh(viewer, i / 3, i % 3);
  }
  bool stream_pictures(size_t count) {
    size_t sent = 0;
    const bool done = stream_until([&] { return ++sent == count; });
    kms::test::settle(*server_);  // what was to be sent of them is
    for (auto& viewer : viewers_) viewer->peer.read_available();
    for (auto& viewer : viewers_) check(*viewer);
    return done;
  }
  StreamStatistics video_of(Peer& peer, bool inbound) {
    std::promise<Result<PeerStatistics>> promise;
    peer.statistics([&](Result<PeerStatistics> all) { promise.set_value(std::move(all)); });
    const auto all = promise.get_future().get();
    const auto& streams = inbound ? all->inbound : all->outbound;
    return *std::ranges::find_if(streams, &StreamStatistics::video);
  }

  Codec codec_ = Codec::kVp8;
  std::string video_;
  std::unique_ptr<LayeredStream> stream_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<TestPeer> publisher_;
  std::unique_ptr<Peer> sender_;
  SourceRef source_;
  std::vector<std::unique_ptr<Viewer>> viewers_;
  std::vector<TestPeer::Frame> late_;
  std::vector<TestPeer::Frame> later_;
  uint16_t loses_ = 0;
  bool deaf_ = false;  // the publisher, to requests for key frames
  int key_frames_asked_ = 0;
  uint16_t sequence_ = 0;
  uint32_t timestamp_ = 90'000;
};

constexpr LayeredStream::Options kKeyOnly{
    .codec = Codec::kVp9, .spatial = 3, .key_only = true, .flexible = true};
constexpr LayeredStream::Options kFull{.codec = Codec::kVp9, .spatial = 3};

TEST_F(Svc, OneViewerGetsAQuarterOfThePicturesAndTheOtherAll) {
  publish({});
  auto& few = watch({.most_temporal = 0});
  auto& all = watch({});
  ASSERT_TRUE(stream_until([&] { return few.checker.frames(0, 0) > 20; }));

  EXPECT_EQ(few.checker.frames(0, 1) + few.checker.frames(0, 2), 0u);
  EXPECT_GT(all.checker.frames(0, 2), 30u);
  EXPECT_EQ(few.checker.fault(), "");
  EXPECT_EQ(all.checker.fault(), "");
}

TEST_F(Svc, AWishForTemporalLayersIsFollowedWithoutAKeyFrame) {
  publish({});
  auto& viewer = watch({});
  ASSERT_TRUE(stream_until([&] { return viewer.checker.frames(0, 2) > 20; }));
  const int asked = key_frames_asked_;
  viewer.consumer->set_layers({.most_temporal = 1});
  ASSERT_TRUE(stream_pictures(16));
  forget(viewer);
  ASSERT_TRUE(stream_pictures(32));
  EXPECT_GT(fresh(viewer, 0, 1), 4u);
  EXPECT_EQ(fresh(viewer, 0, 2), 0u);
  viewer.consumer->set_layers({});
  ASSERT_TRUE(stream_until([&] { return fresh(viewer, 0, 2) > 0; }));

  EXPECT_EQ(viewer.checker.fault(), "");
  EXPECT_EQ(key_frames_asked_, asked);
}

TEST_F(Svc, SpatialLayersEndWithoutAndBeginWithAKeyPicture) {
  for (const auto& kind : {kKeyOnly, kFull}) {
    viewers_.clear();
    publish(kind);
    auto& viewer = watch({});
    auto& other = watch({});
    ASSERT_TRUE(stream_until([&] { return viewer.checker.frames(2, 2) > 20; }));
    const int asked = key_frames_asked_;
    viewer.consumer->set_layers({.most = 0});
    ASSERT_TRUE(stream_pictures(16));
    forget(viewer);
    ASSERT_TRUE(stream_pictures(16));
    EXPECT_EQ(fresh(viewer, 1, 0), 0u);
    EXPECT_TRUE(stream_until([&] { return fresh(viewer, 0, 2) > 0; }));
    EXPECT_EQ(key_frames_asked_, asked);

    viewer.consumer->set_layers({.preferred = 1});
    ASSERT_TRUE(stream_until([&] { return fresh(viewer, 1, 2) > 0; }));
    EXPECT_GT(key_frames_asked_, asked);
    EXPECT_EQ(fresh(viewer, 2, 0), 0u);
    EXPECT_EQ(viewer.checker.fault(), "");
    EXPECT_EQ(other.checker.fault(), "");
  }
}

TEST_F(Svc, ALayerThatDidNotComeWithAKeyPictureInTimeIsTriedAgain) {
  publish(kFull);
  auto& viewer = watch({});
  ASSERT_TRUE(stream_until([&] { return viewer.checker.frames(2, 2) > 20; }));
  viewer.consumer->set_layers({.most = 0});
  ASSERT_TRUE(stream_pictures(16));
  deaf_ = true;
  const int asked = key_frames_asked_;
  viewer.consumer->set_layers({});
  ASSERT_TRUE(stream_until([&] { return key_frames_asked_ > asked; }));
  const auto begin = Clock::now();
  ASSERT_TRUE(stream_until([&] { return Clock::now() - begin > 3s; }));  // until it is given up
  forget(viewer);

  deaf_ = false;
  EXPECT_TRUE(stream_until([&] { return fresh(viewer, 2, 2) > 0; }));
  EXPECT_EQ(viewer.checker.fault(), "");
}

TEST_F(Svc, WhatWasLostOnTheWayHereIsRepairedForAll) {
  publish(kFull);
  auto& few = watch({.most = 1, .most_temporal = 1});
  auto& all = watch({});
  loses_ = 7;
  ASSERT_TRUE(stream_until([&] { return few.checker.frames(1, 1) > 40; }));
  loses_ = 0;
  ASSERT_TRUE(stream_pictures(4));

  EXPECT_EQ(few.checker.frames(2, 0), 0u);
  EXPECT_EQ(few.checker.fault(), "");
  EXPECT_EQ(all.checker.fault(), "");
}

TEST_F(Svc, WhatAViewerAsksForAgainIsWhatItWasSent) {
  publish({});
  auto& viewer = watch({.most_temporal = 1});
  ASSERT_TRUE(stream_until([&] { return viewer.checker.frames(0, 1) > 8; }));
  std::vector<test::Packet> media;
  for (const auto& packet : viewer.peer.rtp()) {
    if ((packet[1] & 0x7f) == TestPeer::kVideoType) media.push_back(packet);
  }
  for (size_t back = 1; back <= 8; ++back) {
    const auto original = *RtpView::parse(media[media.size() - back]);
    const uint16_t lost[] = {original.sequence()};
    viewer.peer.clear();
    viewer.peer.send_rtcp(test::compound([&](RtcpWriter& writer) {
      writer.nack({1, original.ssrc()}, lost);
    }));
    ASSERT_TRUE(viewer.peer.receive_until([&] { return !viewer.peer.rtp().empty(); }));
    const auto repair = *RtpView::parse(viewer.peer.rtp().front());
    EXPECT_EQ(repair.payload_type(), TestPeer::kRtxType);
    EXPECT_EQ(load_u16(repair.payload().data()), original.sequence());
    EXPECT_TRUE(std::ranges::equal(repair.payload().subspan(2), original.payload()));
  }
}

TEST_F(Svc, ASlowViewerGetsFewerPicturesAndNobodyElseDoes) {
  publish({.size = 600});
  auto& slow = watch({}, {.remb = true});
  auto& fast = watch({});
  ASSERT_TRUE(stream_until([&] { return fast.checker.frames(0, 2) > 60; })) << "rates are known by now";
  const auto report = [&](uint64_t bps) {
    slow.peer.send_rtcp(test::compound([&](RtcpWriter& writer) { writer.remb(1, {.bitrate_bps = bps}); }));
  };
  ASSERT_TRUE(stream_until([&] {
    report(100'000);
    return fresh(slow, 0, 0) > 0 && fresh(slow, 0, 2) == 0 && fresh(slow, 0, 1) == 0;
  }));
  forget(slow);
  const size_t before = fast.checker.frames(0, 2);
  ASSERT_TRUE(stream_until([&] {
    report(100'000);
    return fast.checker.frames(0, 2) > before + 30;
  }));
  EXPECT_EQ(fresh(slow, 0, 2), 0u);
  EXPECT_GT(fresh(slow, 0, 0), 5u);

  ASSERT_TRUE(stream_until([&] {
    report(10'000'000);
    return fresh(slow, 0, 2) > 0;
  }));
  EXPECT_EQ(slow.checker.fault(), "");
  EXPECT_EQ(fast.checker.fault(), "");
}

TEST_F(Svc, StatisticsCountLayersThatComeAndNameThoseThatAreSent) {
  publish(kKeyOnly);
  auto& viewer = watch({.most = 1, .most_temporal = 0});
  auto& all = watch({});
  ASSERT_TRUE(stream_until([&] { return all.checker.frames(2, 2) > 4 && viewer.checker.frames(1, 0) > 4; }));

  EXPECT_EQ(video_of(*sender_, true).spatial_layers, 3u);
  EXPECT_EQ(video_of(*sender_, true).temporal_layers, 3u);
  EXPECT_EQ(video_of(*viewer.receiver, false).spatial_layer, 1u);
  EXPECT_EQ(video_of(*viewer.receiver, false).temporal_layer, 0u);
  EXPECT_EQ(video_of(*all.receiver, false).spatial_layer, 2u);
  EXPECT_EQ(video_of(*all.receiver, false).temporal_layer, 2u);
}

}  // namespace
}  // namespace kms::rtc
