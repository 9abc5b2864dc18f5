// SPDX-License-Identifier: Apache-2.0
// A publisher that sends what is wanted, as it is told, and viewers of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <future>
#include <list>
#include <map>
#include <mutex>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "kms-core/rtc/tap.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using test::TestPeer;

struct Encoding {
  std::string rid;
  uint32_t ssrc;
  size_t size;  // bytes of a frame
  uint16_t sequence = 100;
  bool active = true;
  unsigned asked = 0;  // for key frames
};

struct WantingViewer {
  explicit WantingViewer(bool reports) : page({.transport_cc = reports}) {}
  TestPeer page;
  std::unique_ptr<Peer> peer;
  std::unique_ptr<Consumer> consumer;

  std::vector<RtpView> media() const {
    std::vector<RtpView> all;
    for (const auto& packet : page.rtp()) {
      if ((packet[1] & 0x7f) == TestPeer::kVideoType) all.push_back(*RtpView::parse(packet));
    }
    return all;
  }
  size_t frames() const { return media().size(); }
  bool gets(const Encoding& encoding) const {
    const auto all = media();
    return !all.empty() && all.back().payload().size() == encoding.size;
  }
  // Packets without a gap, and changes on key frames alone.
  void expect_no_fault() const {
    const auto all = media();
    for (size_t i = 1; i < all.size(); ++i) {
      EXPECT_EQ(all[i].sequence(), static_cast<uint16_t>(all[i - 1].sequence() + 1));
      const bool changes = all[i].payload().size() != all[i - 1].payload().size();
      if (changes) {
        EXPECT_EQ(all[i].payload()[1] & 1, 0) << "a key frame";
      }
    }
    EXPECT_EQ(page.failed_to_open(), 0u);
  }
};

// The parameter: what is paused says goodbye (RTCP BYE), as Chromium's encodings do.
class WantedLayers : public ::testing::TestWithParam<bool> {
 protected:
  WantedLayers() {
    PeerOptions options;
    options.events.on_encodings_wanted = [this](const EncodingsWanted& track) {
      const std::lock_guard lock(mutex_);
      for (const auto& each : track.encodings) told_[each.rid] = each.wanted;
      ++events_;
    };
    sender_ = server_->create_peer(std::move(options));
    source_ = publisher_.join(*sender_)->sources.back();
    EXPECT_TRUE(publisher_.connect());
  }
  ~WantedLayers() override {
    viewers_.clear();
    sender_.reset();
    server_.reset();  // then nothing is told any more
  }

  WantingViewer& watch(const LayerWish& wish, bool reports = false) {
    auto& viewer = viewers_.emplace_back(reports);
    viewer.peer = server_->create_peer({});
    viewer.consumer = viewer.peer->consume(source_, {}, {}, wish);
    EXPECT_TRUE(viewer.page.join(*viewer.peer).ok());
    EXPECT_TRUE(viewer.page.connect());
    return viewer;
  }

  // "l+ h-": what was told last.
  std::string told() {
    const std::lock_guard lock(mutex_);
    return (told_["l"] ? "l+ " : "l- ") + std::string(told_["h"] ? "h+" : "h-");
  }
  size_t events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  // Thirty frames a second of what is active, until `done` or the end of the time.
  bool stream_until(const std::function<bool()>& done, Duration limit = 40s) {
    const auto begin = Clock::now();
    for (int frame = 0; Clock::now() - begin < limit; ++frame) {
      publisher_.read_available();
      for (auto* each : {&low_, &high_}) work(*each);
      publisher_.clear();
      timestamp_ += 3000;
      wait_for_frame(begin + frame * 33ms, frame);
      if (done()) return true;
    }
    return false;
  }
  bool stream_for(Duration time) {
    return !stream_until([] { return false; }, time);
  }

  std::unique_ptr<Server> server_ = kms::test::start_rtc();
  TestPeer publisher_{{.publishes = true, .rids = {"l", "h"}}};
  std::unique_ptr<Peer> sender_;
  SourceRef source_;  // the larger one
  std::list<WantingViewer> viewers_;
  Encoding low_{"l", 50, 300};
  Encoding high_{"h", 60, 1300};
  bool follows_ = true;  // what is told

 private:
  void work(Encoding& encoding) {
    const bool asked = publisher_.asked_for_key_frame(encoding.ssrc);
    encoding.asked += asked ? 1 : 0;
    bool begins = false;
    if (follows_ && encoding.active != is_wanted(encoding.rid)) {
      encoding.active = !encoding.active;
      begins = encoding.active;
      if (!begins && GetParam()) publisher_.send_rtcp(test::goodbye(encoding.ssrc));
    }
    if (!encoding.active) return;
    publisher_.send({.key_frame = asked || begins,
                     .sequence = encoding.sequence++,
                     .timestamp = timestamp_,
                     .size = encoding.size,
                     .ssrc = encoding.ssrc,
                     .rid = encoding.rid});
  }
  bool is_wanted(const std::string& rid) {
    const std::lock_guard lock(mutex_);
    return told_[rid];
  }
  void wait_for_frame(TimePoint next, int frame) {
    publisher_.receive_until([&] {
      for (auto& each : viewers_) each.page.read_available();
      return Clock::now() >= next;
    });
    for (auto& each : viewers_) {
      if (frame % 2 == 0) each.page.send_transport_feedback();
    }
  }

  std::mutex mutex_;
  std::map<std::string, bool> told_{{"l", true}, {"h", true}};
  size_t events_ = 0;
  uint32_t timestamp_ = 90'000;
};

INSTANTIATE_TEST_SUITE_P(, WantedLayers, testing::Bool(),
                         [](const auto& one) { return one.param ? "WithGoodbyes" : "WithoutAWord"; });

TEST_P(WantedLayers, TheWishesOfAllViewersCount) {
  auto& modest = watch({.most = 0});
  ASSERT_TRUE(stream_until([&] { return told() == "l+ h-" && modest.gets(low_); }));

  auto& other = watch({});
  ASSERT_TRUE(stream_until([&] { return other.gets(high_); }));
  EXPECT_EQ(told(), "l+ h+") << "a smaller one to fall back to";

  other.consumer->set_layers({.most = 0});
  ASSERT_TRUE(stream_until([&] { return told() == "l+ h-" && other.gets(low_); }));
  modest.consumer->set_layers({.paused = true});
  other.consumer->set_layers({.preferred = 1});
  ASSERT_TRUE(stream_until([&] { return other.gets(high_); }));
  EXPECT_EQ(told(), "l+ h+");

  other.consumer.reset();
  ASSERT_TRUE(stream_until([&] { return told() == "l- h-" && !low_.active && !high_.active; }));
  const auto before = modest.frames();
  modest.consumer->set_layers({.most = 0});
  ASSERT_TRUE(stream_until([&] { return modest.frames() > before + 30; }));
  EXPECT_TRUE(modest.gets(low_));
  EXPECT_EQ(told(), "l+ h-") << "the order of what does not come is known";

  modest.expect_no_fault();
  other.expect_no_fault();
}

TEST_P(WantedLayers, TheFirstViewerAfterAPauseOfAllGetsPictures) {
  ASSERT_TRUE(stream_until([&] { return told() == "l- h-"; }));
  EXPECT_EQ(events(), 1u);
  ASSERT_TRUE(stream_for(2s)) << "by now it is known that nothing comes";
  auto& viewer = watch({});
  EXPECT_TRUE(stream_until([&] { return viewer.gets(high_) && told() == "l+ h+"; })) << told();
  viewer.expect_no_fault();
}

TEST_P(WantedLayers, WhoWantsTheSmallOneWakesNoOther) {
  ASSERT_TRUE(stream_until([&] { return told() == "l- h-"; }));
  auto& viewer = watch({.most = 0});
  ASSERT_TRUE(stream_until([&] { return viewer.gets(low_) && viewer.frames() > 10; }));
  EXPECT_EQ(told(), "l+ h-");
  EXPECT_EQ(events(), 2u) << "not even for a moment";
  viewer.expect_no_fault();
}

TEST_P(WantedLayers, WhatNeverCameIsNoneOfTheSmallOnes) {
  follows_ = false;
  high_.active = false;
  ASSERT_TRUE(stream_for(2s)) << "what the other takes is known by now";
  auto& viewer = watch({.most = 0});
  EXPECT_TRUE(stream_until([&] { return viewer.gets(low_) && viewer.frames() > 10; }));
  viewer.expect_no_fault();
}

TEST_P(WantedLayers, WhoReportsRisesToWhatBeginsAgain) {
  auto& viewer = watch({.most = 0}, true);
  ASSERT_TRUE(stream_until([&] { return told() == "l+ h-" && viewer.gets(low_); }));
  viewer.consumer->set_layers({});
  ASSERT_TRUE(stream_until([&] { return viewer.gets(high_); }));
  viewer.expect_no_fault();
}

TEST_P(WantedLayers, WhatDoesNotComeIsNotWaitedFor) {
  auto& viewer = watch({.most = 0});
  ASSERT_TRUE(stream_until([&] { return told() == "l+ h-" && viewer.gets(low_); }));
  ASSERT_TRUE(stream_for(2s));

  follows_ = false;
  const auto [asked, begun] = std::array{low_.asked, high_.asked};
  const auto before = viewer.frames();
  viewer.consumer->set_layers({});
  ASSERT_TRUE(stream_until([&] { return viewer.frames() >= before + 90; }, 6s))
      << "it goes on with the other";
  EXPECT_TRUE(viewer.gets(low_));
  EXPECT_EQ(told(), "l+ h+");
  EXPECT_EQ(low_.asked, asked);
  EXPECT_EQ(high_.asked, begun) << "of who is silent nothing is asked";

  follows_ = true;
  ASSERT_TRUE(stream_until([&] { return viewer.gets(high_); }));
  viewer.expect_no_fault();
}

TEST_P(WantedLayers, WhatATapTakesIsWanted) {
  ASSERT_TRUE(stream_until([&] { return told() == "l- h-" && !high_.active; }));
  auto tap = server_->tap(source_, {});
  PacketRef packet;
  ASSERT_TRUE(stream_until([&] { return tap->pop(packet); }));
  EXPECT_TRUE(packet->starts_key_frame);
  EXPECT_EQ(told(), "l- h+");
  packet = {};
  tap.reset();
  EXPECT_TRUE(stream_until([&] { return told() == "l- h-"; }));
}

TEST_P(WantedLayers, StatisticsSayIt) {
  watch({.most = 0});
  ASSERT_TRUE(stream_until([&] { return told() == "l+ h-"; }));
  std::promise<Result<PeerStatistics>> promise;
  sender_->statistics([&](Result<PeerStatistics> all) { promise.set_value(std::move(all)); });
  const auto all = promise.get_future().get();
  for (const auto& stream : all->inbound) EXPECT_EQ(stream.wanted, stream.rid != "h") << stream.mid;
}

}  // namespace
}  // namespace kms::rtc
