// SPDX-License-Identifier: Apache-2.0
// A viewer of a simulcast track: which encoding it gets, and how it changes from one to another.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <set>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using test::TestPeer;

constexpr size_t kSmall = 300;   // bytes of a frame: 72 kbit/s
constexpr size_t kLarge = 1300;  // 312 kbit/s

class Layers : public ::testing::Test {
 protected:
  Layers() {
    server_ = kms::test::start_rtc();
    sender_ = server_->create_peer({});
    sources_ = publisher_.join(*sender_)->sources;
    EXPECT_TRUE(publisher_.connect());
  }

  void watch(const LayerWish& wish, bool transport_cc) {
    viewer_ = std::make_unique<TestPeer>(TestPeer::Options{.transport_cc = transport_cc});
    receiver_ = server_->create_peer({});
    consumer_ = receiver_->consume(sources_.back(), {}, {}, wish);
    EXPECT_TRUE(viewer_->join(*receiver_).ok());
    EXPECT_TRUE(viewer_->connect());
  }

  // Both encodings at thirty frames a second, with key frames when they are asked for, and the viewer's
  // reports, until `done` or the end of the time.
  bool stream_until(const std::function<bool()>& done, Duration limit = 40s) {
    const auto begin = Clock::now();
    for (int frame = 0; Clock::now() - begin < limit; ++frame) {
      publisher_.read_available();
      const bool key_frame = publisher_.asked_for_key_frame();
      note_requests();
      const bool lost = loses_ && sequence_ % 10 == 0;
      if (small_comes_ && !lost) send(key_frame, kSmall, "l", 50);
      if (large_comes_ && !lost) send(key_frame && large_has_key_frames_, kLarge, "h", 60);
      ++sequence_;
      timestamp_ += 3000;
      const auto next = begin + frame * 33ms;
      viewer_->receive_until([&] { return Clock::now() >= next; });
      if (frame % 2 == 0) viewer_->send_transport_feedback();
      if (done()) return true;
    }
    return false;
  }
  // Both come before anybody chooses.
  void begin() {
    send(true, kSmall, "l", 50);
    send(true, kLarge, "h", 60);
    ++sequence_;
    timestamp_ += 3000;
    const auto comes = [](const SourceRef& encoding) { return encoding->packets() > 0; };
    EXPECT_TRUE(
        publisher_.receive_until([&] { return std::ranges::all_of(sources_.back()->encodings(), comes); }));
  }
  // Of whose packets the server wants something, again or a key frame.
  void note_requests() {
    for (const auto& compound : publisher_.rtcp()) {
      RtcpReader reader(compound);
      while (const auto packet = reader.next()) {
        const bool nack = packet->type == rtcp::kTransportFeedback && packet->count == rtcp::kNack;
        if (nack || is_pli(*packet)) asked_.insert(read_feedback_head(*packet)->media_ssrc);
      }
    }
    publisher_.clear();
  }
  void send(bool key_frame, size_t size, const std::string& rid, uint32_t ssrc) {
    publisher_.send({.key_frame = key_frame,
                     .sequence = sequence_,
                     .timestamp = timestamp_,
                     .size = size,
                     .ssrc = ssrc,
                     .rid = rid});
  }

  std::vector<RtpView> media() const {
    std::vector<RtpView> all;
    for (const auto& packet : viewer_->rtp()) {
      if ((packet[1] & 0x7f) == TestPeer::kVideoType) all.push_back(*RtpView::parse(packet));
    }
    return all;
  }
  bool gets(size_t size) const {
    const auto all = media();
    return !all.empty() && all.back().payload().size() == size;
  }
  // Packets without a gap under one SSRC, time that runs, and changes on key frames alone.
  void expect_no_fault() const {
    const auto all = media();
    for (size_t i = 1; i < all.size(); ++i) {
      EXPECT_EQ(all[i].sequence(), static_cast<uint16_t>(all[i - 1].sequence() + 1));
      EXPECT_EQ(all[i].ssrc(), all[0].ssrc());
      EXPECT_LT(all[i].timestamp() - all[i - 1].timestamp(), 10u * 90'000);
      const bool changes = all[i].payload().size() != all[i - 1].payload().size();
      if (changes) {
        EXPECT_EQ(all[i].payload()[1] & 1, 0) << "a key frame";
      }
    }
    EXPECT_EQ(viewer_->failed_to_open(), 0u);
  }

  std::unique_ptr<Server> server_;
  TestPeer publisher_{{.publishes = true, .rids = {"l", "h"}}};
  std::unique_ptr<Peer> sender_;
  std::vector<SourceRef> sources_;
  std::unique_ptr<TestPeer> viewer_;
  std::unique_ptr<Peer> receiver_;
  std::unique_ptr<Consumer> consumer_;
  bool small_comes_ = true;
  bool large_comes_ = true;
  bool large_has_key_frames_ = true;
  bool loses_ = false;  // every tenth frame of both
  std::set<uint32_t> asked_;
  uint16_t sequence_ = 100;
  uint32_t timestamp_ = 90'000;
};

TEST_F(Layers, ATrackKnowsItsEncodings) {
  const auto encodings = sources_.back()->encodings();
  ASSERT_EQ(encodings.size(), 2u);
  EXPECT_EQ(encodings[0]->rid(), "l");
  EXPECT_EQ(encodings[1]->id(), sources_.back()->id());
  EXPECT_EQ(encodings[0]->encodings().size(), 2u);
  EXPECT_TRUE(sources_.front()->encodings().empty());
}

TEST_F(Layers, AnEncodingThatIsOfferedLaterIsOneOfItsTrack) {
  auto offer = publisher_.offer();
  const auto insert_behind = [&](const std::string& place, const std::string& what) {
    offer.insert(offer.find(place) + place.size(), what);
  };
  insert_behind("a=rid:h send\r\n", "a=rid:m send\r\n");
  insert_behind("a=simulcast:send l;h", ";m");
  std::promise<Result<Answer>> promise;
  sender_->answer(offer, [&](Result<Answer> answer) { promise.set_value(std::move(answer)); });

  const auto answer = promise.get_future().get();

  ASSERT_TRUE(answer.ok()) << answer.status();
  std::vector<std::string> rids;
  for (const auto& encoding : answer->sources.back()->encodings()) rids.push_back(encoding->rid());
  EXPECT_EQ(answer->sources.back()->rid(), "m");
  EXPECT_EQ(rids, (std::vector<std::string>{"l", "h", "m"}));
}

TEST_F(Layers, WhoDoesNotReportGetsTheLargest) {
  begin();
  watch({}, false);
  ASSERT_TRUE(stream_until([&] { return media().size() >= 40; }));
  for (const auto& packet : media()) EXPECT_EQ(packet.payload().size(), kLarge);
}

TEST_F(Layers, WhoReportsBeginsWithWhatIsSureToFitAndRises) {
  large_has_key_frames_ = false;
  watch({}, true);
  ASSERT_TRUE(stream_until([&] { return gets(kSmall) && media().size() >= 90; })) << "rates are known by now";

  large_has_key_frames_ = true;
  ASSERT_TRUE(stream_until([&] { return gets(kLarge); }));

  expect_no_fault();
}

TEST_F(Layers, AWishIsFollowedOnAKeyFrame) {
  watch({.preferred = 0}, false);
  ASSERT_TRUE(stream_until([&] { return gets(kSmall); }));
  consumer_->set_layers({.preferred = 1});
  ASSERT_TRUE(stream_until([&] { return gets(kLarge); }));
  consumer_->set_layers({.most = 0});
  ASSERT_TRUE(stream_until([&] { return gets(kSmall); }));
  expect_no_fault();
}

TEST_F(Layers, AKeyFrameThatDoesNotComeLeavesThingsAsTheyAre) {
  watch({.preferred = 0}, false);
  ASSERT_TRUE(stream_until([&] { return gets(kSmall); }));
  large_has_key_frames_ = false;
  consumer_->set_layers({});
  const size_t before = media().size();
  ASSERT_TRUE(stream_until([&] { return media().size() >= before + 100; })) << "for over three seconds";
  EXPECT_TRUE(gets(kSmall));
  expect_no_fault();
}

TEST_F(Layers, ALostLayerFallsBack) {
  watch({}, false);
  ASSERT_TRUE(stream_until([&] { return media().size() > 60 && gets(kLarge); }));
  large_comes_ = false;
  ASSERT_TRUE(stream_until([&] { return gets(kSmall); }));
  large_comes_ = true;
  ASSERT_TRUE(stream_until([&] { return gets(kLarge); }));
  expect_no_fault();
}

TEST_F(Layers, WhatIsPausedIsNotSentAndBeginsAgainWithAKeyFrame) {
  watch({}, false);
  ASSERT_TRUE(stream_until([&] { return media().size() > 20; }));
  consumer_->set_layers({.paused = true});
  size_t paused_at = 0;
  int quiet = 0;
  ASSERT_TRUE(stream_until([&] {
    quiet = media().size() == paused_at ? quiet + 1 : 0;
    paused_at = media().size();
    return quiet == 20;
  }));

  consumer_->set_layers({});
  ASSERT_TRUE(stream_until([&] { return media().size() > paused_at + 5; }));

  EXPECT_EQ(media()[paused_at].payload()[1] & 1, 0) << "a key frame";
  EXPECT_EQ(media()[paused_at].sequence(), static_cast<uint16_t>(media()[paused_at - 1].sequence() + 1));
  EXPECT_EQ(viewer_->failed_to_open(), 0u);
}

TEST_F(Layers, WhatIsPausedFromTheBeginningIsNotSent) {
  watch({.paused = true}, false);
  EXPECT_FALSE(stream_until([&] { return !media().empty(); }, 500ms));
  consumer_->set_layers({});
  EXPECT_TRUE(stream_until([&] { return !media().empty(); }));
}

TEST_F(Layers, OfAnEncodingThatNobodyGetsNothingIsAskedFor) {
  watch({.preferred = 0}, false);
  ASSERT_TRUE(stream_until([&] { return gets(kSmall) && media().size() > 30; }));
  asked_.clear();
  loses_ = true;
  const size_t before = media().size();

  ASSERT_TRUE(stream_until([&] { return media().size() > before + 60; }));

  EXPECT_EQ(asked_, std::set<uint32_t>{50});
}

TEST_F(Layers, StatisticsNameTheEncodingThatIsSent) {
  watch({.preferred = 0}, false);
  ASSERT_TRUE(stream_until([&] { return gets(kSmall); }));
  std::promise<Result<PeerStatistics>> promise;
  receiver_->statistics([&](Result<PeerStatistics> all) { promise.set_value(std::move(all)); });
  const auto all = promise.get_future().get();
  EXPECT_TRUE(std::ranges::any_of(all->outbound, [](const auto& stream) { return stream.rid == "l"; }));
}

}  // namespace
}  // namespace kms::rtc
