// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/wanted_encodings.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLook = 50ms;

struct SomeTap final : PacketTap {
  void on_packet(const PacketRef&) override {}
  void on_batch_end() override {}
};

// The streams of a peer, what nobody knows of yet, and what is told of them as time is played.
class WantedEncodingsTest : public testing::Test {
 protected:
  SourceStream& add(const std::string& mid, const std::string& rid, Codec codec = Codec::kVp8) {
    ReceiveLine line;
    line.mid = mid;
    line.rid = rid;
    line.codec = codec;
    SourceSettings settings;
    settings.codec = codec;
    entries_.push_back(std::make_unique<PeerReceiver::Entry>(line, entries_.size() + 1, settings));
    return entries_.back()->stream;
  }
  void come(SourceStream& stream) { stream.counters()->add(100, now_); }
  void wish(SourceStream& stream) { stream.counters()->wish(now_); }

  void look() {
    wanted_.look_at(entries_, now_, [this](const EncodingsWanted& track) {
      std::string text = track.mid + ":";
      for (const auto& each : track.encodings) text += " " + each.rid + (each.wanted ? "+" : "-");
      told_.push_back(text);
    });
  }
  void pass(
      Duration time, const std::function<void()>& meanwhile = [] {}) {
    for (const auto end = now_ + time; now_ < end; now_ += kLook) {
      meanwhile();
      look();
    }
  }
  std::vector<std::string> told() { return std::exchange(told_, {}); }

  TimePoint now_ = TimePoint{} + 1h;
  std::vector<std::unique_ptr<PeerReceiver::Entry>> entries_;
  WantedEncodings wanted_;
  std::vector<std::string> told_;
};

using Told = std::vector<std::string>;

TEST_F(WantedEncodingsTest, OfWhatIsWantedFromTheBeginningNothingIsTold) {
  auto& low = add("1", "l");
  auto& high = add("1", "h");
  come(low);
  pass(10s, [&] {
    wish(low);
    wish(high);
  });
  EXPECT_EQ(told(), Told{});
  EXPECT_TRUE(wanted_.is_wanted(entries_[1]->line));
}

TEST_F(WantedEncodingsTest, WhatNobodyWantsIsToldAfterAWhile) {
  auto& low = add("1", "l");
  add("1", "h");
  come(low);
  pass(WantedEncodings::kPatience, [&] { wish(low); });
  EXPECT_EQ(told(), Told{});
  pass(2 * kLook, [&] { wish(low); });
  EXPECT_EQ(told(), Told{"1: l+ h-"});
  EXPECT_TRUE(wanted_.is_wanted(entries_[0]->line));
  EXPECT_FALSE(wanted_.is_wanted(entries_[1]->line));
  pass(WantedEncodings::kPatience + 2 * kLook);
  EXPECT_EQ(told(), Told{"1: l- h-"}) << "the whole track, each time";
}

TEST_F(WantedEncodingsTest, AWishIsToldAtOnceAndAsLongAsItIsRenewed) {
  auto& low = add("1", "l");
  auto& high = add("1", "h");
  come(low);
  pass(10s);
  ASSERT_EQ(told(), Told{"1: l- h-"});

  wish(high);
  look();
  EXPECT_EQ(told(), Told{"1: l- h+"});

  for (int i = 0; i < 10; ++i) {
    wish(high);
    pass(2s);
  }
  EXPECT_EQ(told(), Told{}) << "who looks away for a moment makes nothing begin anew";
}

TEST_F(WantedEncodingsTest, WhatIsTakenIsWantedWithoutAWish) {
  auto& low = add("1", "l");
  auto& high = add("1", "h");
  come(low);
  pass(10s);
  ASSERT_EQ(told(), Told{"1: l- h-"});

  SomeTap tap;
  high.attach(tap);
  pass(10s);
  EXPECT_EQ(told(), Told{"1: l- h+"});

  high.detach(tap);
  pass(WantedEncodings::kPatience - kLook);
  EXPECT_EQ(told(), Told{});
  pass(2 * kLook);
  EXPECT_EQ(told(), Told{"1: l- h-"});
}

TEST_F(WantedEncodingsTest, BeforeItsFirstPacketAllOfATrackIsWanted) {
  auto& low = add("1", "l");
  add("1", "h");
  pass(1min);
  EXPECT_EQ(told(), Told{}) << "an application may wait for media before it links";
  come(low);
  pass(WantedEncodings::kPatience);
  EXPECT_EQ(told(), Told{});
  pass(2 * kLook);
  EXPECT_EQ(told(), Told{"1: l- h-"});
}

TEST_F(WantedEncodingsTest, EachTrackIsToldByItselfAndOfSoundNothing) {
  come(add("0", "", Codec::kOpus));
  come(add("1", "l"));
  add("1", "h");
  auto& screen = add("2", "");
  come(screen);
  pass(10s, [&] { wish(screen); });
  EXPECT_EQ(told(), Told{"1: l- h-"});
  pass(10s);
  EXPECT_EQ(told(), Told{"2: -"}) << "the only encoding of its track has no name";
}

TEST_F(WantedEncodingsTest, AnotherCodecOnTheLineLeavesWhatWasTold) {
  come(add("1", "l"));
  add("1", "h");
  pass(10s);
  ASSERT_EQ(told(), Told{"1: l- h-"});

  entries_.clear();
  auto& low = add("1", "l", Codec::kH264);
  add("1", "h", Codec::kH264);
  pass(10s);
  EXPECT_EQ(told(), Told{});
  EXPECT_FALSE(wanted_.is_wanted(entries_[0]->line));

  wish(low);
  look();
  EXPECT_EQ(told(), Told{"1: l+ h-"}) << "though nothing has come of it";
}

TEST_F(WantedEncodingsTest, AnEncodingThatComesToATrackIsWantedUntilNobodyHasAskedForAWhile) {
  auto& low = add("1", "l");
  come(low);
  pass(10s, [&] { wish(low); });
  auto& high = add("1", "h");
  pass(WantedEncodings::kPatience, [&] { wish(low); });
  EXPECT_EQ(told(), Told{}) << "who would have it has had no time to say so";
  EXPECT_TRUE(wanted_.is_wanted(entries_[1]->line));

  pass(2 * kLook, [&] { wish(low); });
  EXPECT_EQ(told(), Told{"1: l+ h-"});
  wish(high);
  pass(kLook, [&] { wish(low); });
  EXPECT_EQ(told(), Told{"1: l+ h+"});
}

TEST_F(WantedEncodingsTest, AnotherTrackInThePlaceOfOneThatEndedBeginsAnew) {
  come(add("1", "l"));
  pass(10s);
  ASSERT_EQ(told(), Told{"1: l-"});

  entries_.clear();
  look();
  add("1", "l");
  EXPECT_TRUE(wanted_.is_wanted(entries_[0]->line));
  pass(10s);
  EXPECT_EQ(told(), Told{});
}

}  // namespace
}  // namespace kms::rtc
