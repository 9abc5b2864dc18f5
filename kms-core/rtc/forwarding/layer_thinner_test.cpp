// SPDX-License-Identifier: Apache-2.0
// What of a stream with layers goes out, and under which numbers; judged by what a receiver could decode.
#include "kms-core/rtc/forwarding/layer_thinner.hpp"

#include <gtest/gtest.h>

#include <random>

#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/forwarding/test_layers.hpp"

namespace kms::rtc {
namespace {

using test::LayerChecker;
using test::LayeredStream;

constexpr uint64_t kFirst = 65'500;  // of the source; soon wraps
constexpr uint64_t kOffset = 1000;

using ThinnedStream = LayeredStream::Options;

std::string name_of_case(const ::testing::TestParamInfo<ThinnedStream>& info) {
  const auto& is = info.param;
  if (is.codec == Codec::kVp8) return "Vp8";
  return std::string(is.key_only ? "KeyOnly" : "Full") + (is.flexible ? "Flexible" : "");
}

class LayerThinnerTest : public ::testing::TestWithParam<ThinnedStream> {
 protected:
  void SetUp() override { thinner_.begin({kFirst, kOffset, {}}); }

  // The next picture's packets, in order; indices go on.
  std::vector<PacketRef> picture(bool key = false) {
    std::vector<PacketRef> packets;
    now_ += std::chrono::milliseconds(33);
    for (const auto& piece : stream_.next(key)) {
      auto& packet = packets.emplace_back(test::packet_of(piece, GetParam().codec, pool_));
      packet->index = next_++;
      packet->arrived = now_;
      packet->timestamp = timestamp_;
    }
    timestamp_ += 3000;
    return packets;
  }
  void send(const PacketRef& packet) {
    const auto as = thinner_.take(*packet);
    if (!as) return;
    sent_[as->index] = packet;
    auto payload = std::vector<uint8_t>(packet->payload().begin(), packet->payload().end());
    if (as->pictures) shift_pictures(GetParam().codec, as->pictures, payload);
    checker_.take(as->index, packet->timestamp, as->marker, as->empty ? Bytes{} : Bytes(payload));
    if (as->empty) ++empty_;
  }
  void send_pictures(int count, bool key = false) {
    for (int i = 0; i < count; ++i) {
      for (const auto& packet : picture(key && i == 0)) send(packet);
    }
  }
  // What is there of a layer and was not there before.
  size_t fresh(int spatial, int temporal) {
    const size_t all = checker_.frames(spatial, temporal);
    return all - std::exchange(known_[{spatial, temporal}], all);
  }
  void forget() {
    for (int spatial = 0; spatial < 3; ++spatial) {
      for (int temporal = 0; temporal < 3; ++temporal) fresh(spatial, temporal);
    }
  }
  int top() const { return GetParam().spatial - 1; }

  PacketPool pool_{100'000};
  LayeredStream stream_{GetParam()};
  LayerThinner thinner_{GetParam().codec};
  LayerChecker checker_{GetParam().codec};
  std::map<uint64_t, PacketRef> sent_;
  std::map<std::pair<int, int>, size_t> known_;
  size_t empty_ = 0;
  uint64_t next_ = kFirst;
  uint32_t timestamp_ = 90'000;
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);
};

class SpatialThinnerTest : public LayerThinnerTest {};  // VP8 has no spatial layers
class BaseThinnerTest : public LayerThinnerTest {};     // flexible streams do not number base pictures
class PatternThinnerTest : public LayerThinnerTest {};  // numbers of VP9's pictures stay

TEST_P(LayerThinnerTest, SendsAllThatIsWanted) {
  send_pictures(64, true);
  EXPECT_EQ(checker_.fault(), "");
  EXPECT_EQ(fresh(0, 0), 16u);
  EXPECT_EQ(fresh(top(), 2), 32u);
  EXPECT_EQ(thinner_.offset(), kOffset);
}

TEST_P(LayerThinnerTest, LeavesOutTemporalLayersAtOnceAndNumbersCloseUp) {
  send_pictures(18, true);
  forget();
  thinner_.want({.temporal = 1});
  send_pictures(64);
  EXPECT_EQ(checker_.fault(), "");
  EXPECT_EQ(fresh(0, 2), 0u);
  EXPECT_EQ(fresh(top(), 1), 16u);
  thinner_.want({.temporal = 0});
  forget();
  send_pictures(64);
  EXPECT_EQ(checker_.fault(), "");
  EXPECT_EQ(fresh(0, 1), 0u);
  EXPECT_EQ(fresh(top(), 0), 16u);
}

TEST_P(LayerThinnerTest, BeginsInTheMiddleOfAPicture) {
  thinner_.go_on({kFirst, kOffset, {}}, kFirst);
  send_pictures(1, true);
  const auto cut = picture();
  for (size_t i = 0; i + 1 < cut.size(); ++i) send(cut[i]);
  thinner_.want({0, 0});
  send(cut.back());
  send_pictures(32);
  EXPECT_EQ(checker_.fault(), "");
  EXPECT_EQ(fresh(top(), 2), 1u) << "the picture that was under way is whole";
}

TEST_P(LayerThinnerTest, GoesUpToTemporalLayersWithoutAKeyFrameAndWithoutAFault) {
  thinner_.want({.temporal = 0});
  for (int at = 0; at < 8; ++at) {
    send_pictures(8 + at, at == 0);
    thinner_.want({});
    send_pictures(24);
    forget();
    send_pictures(8);
    EXPECT_EQ(fresh(top(), 2), 4u) << "all of them by now";
    EXPECT_FALSE(thinner_.needs_key_frame(now_));
    thinner_.want({.temporal = 0});
  }
  EXPECT_EQ(checker_.fault(), "");
}

TEST_P(LayerThinnerTest, WantsAKeyFrameWhereNothingElseLetsItUp) {
  thinner_.want({.temporal = 0});
  send_pictures(8, true);
  thinner_.want({});
  for (int i = 0; i < 90; ++i) {
    for (const auto& packet : picture()) {
      packet->layers.switches_up = false;
      send(packet);
    }
  }
  EXPECT_TRUE(thinner_.needs_key_frame(now_));
  forget();
  send_pictures(8, true);
  EXPECT_FALSE(thinner_.needs_key_frame(now_));
  EXPECT_EQ(fresh(0, 2), 4u);
  EXPECT_EQ(checker_.fault(), "");
}

TEST_P(SpatialThinnerTest, SpatialLayersEndAtOnceAndBeginWithAKeyPicture) {
  send_pictures(11, true);
  thinner_.want({.spatial = 1});
  forget();
  send_pictures(16);
  EXPECT_EQ(fresh(2, 0), 0u);
  EXPECT_EQ(fresh(1, 0), 4u);
  thinner_.want({.spatial = 0});
  send_pictures(16);
  EXPECT_EQ(fresh(1, 0), 0u);
  EXPECT_FALSE(thinner_.needs_key_frame(now_));

  thinner_.want({});
  send_pictures(8);
  EXPECT_EQ(fresh(2, 0), 0u);
  EXPECT_TRUE(thinner_.needs_key_frame(now_));
  send_pictures(8, true);
  EXPECT_EQ(fresh(2, 2), 4u);
  EXPECT_FALSE(thinner_.needs_key_frame(now_));
  EXPECT_EQ(checker_.fault(), "");
}

TEST_P(SpatialThinnerTest, WhatIsNotWantedAnyMoreIsNotLacking) {
  thinner_.want({.spatial = 0});
  send_pictures(8, true);
  thinner_.want({});
  send_pictures(8);
  EXPECT_TRUE(thinner_.lacks_spatial(now_));
  thinner_.want({.spatial = 0});
  send_pictures(8);
  EXPECT_FALSE(thinner_.lacks_spatial(now_));
  thinner_.want({.spatial = 0, .temporal = 1});
  send_pictures(8, true);
  thinner_.want({.spatial = 0});
  EXPECT_FALSE(thinner_.lacks_spatial(now_));
}

TEST_P(LayerThinnerTest, WhatDoesNotComeIsNotLacking) {
  thinner_.want({.spatial = 0, .temporal = 0});
  send_pictures(8, true);
  thinner_.want({7, 7});
  EXPECT_FALSE(thinner_.needs_key_frame(now_ + std::chrono::seconds(5)));
}

TEST_P(LayerThinnerTest, FindsTheSourcesPacketOfEachNumber) {
  thinner_.want({.spatial = 0, .temporal = 1});
  send_pictures(40, true);
  for (const auto& [number, packet] : sent_) {
    EXPECT_EQ(thinner_.source_of(number), packet->index);
    const auto again = thinner_.find(*packet);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->index, number);
  }
  EXPECT_FALSE(thinner_.source_of(sent_.begin()->first - 1));
  EXPECT_FALSE(thinner_.source_of(sent_.rbegin()->first + 1));
}

// Of the base alone it is known by the numbers of base pictures what is missing.
TEST_P(BaseThinnerTest, AGapOfWhatIsNotWantedIsClosedWhereTheNumbersShowIt) {
  thinner_.want({.spatial = 0, .temporal = 0});
  send_pictures(8, true);
  for (int i = 0; i < 8; ++i) {
    send_pictures(1);  // of the base
    picture();
    send_pictures(1);
    picture();
  }
  EXPECT_EQ(checker_.fault(), "");
  EXPECT_EQ(empty_, 0u);
}

TEST_P(LayerThinnerTest, AWholePictureThatIsLateComesUnderItsOwnNumbers) {
  thinner_.want({.temporal = 1});
  send_pictures(8, true);
  const auto base = picture();
  send_pictures(1);
  for (const auto& packet : base) send(packet);
  send_pictures(8);
  EXPECT_EQ(checker_.fault(), "");
}

TEST_P(PatternThinnerTest, AGapOfWhatIsNotWantedIsClosedWhereTheEncodersTurnShowsIt) {
  thinner_.want({.temporal = 1});
  send_pictures(16, true);
  for (int i = 0; i < 8; ++i) {
    send_pictures(1);  // of the base
    const auto lost = picture();
    send_pictures(5);
    picture();
    EXPECT_FALSE(thinner_.take(*lost.front())) << "not wanted, and its number is no more";
    send_pictures(8);
  }
  EXPECT_EQ(checker_.fault(), "");
  EXPECT_EQ(empty_, 0u);
  EXPECT_EQ(fresh(0, 1), 36u) << "all";
}

TEST_P(PatternThinnerTest, AGapOfWhatIsWantedStaysOpenUntilItComes) {
  thinner_.want({.temporal = 1});
  send_pictures(18, true);
  const auto lost = picture();
  send_pictures(8);
  EXPECT_NE(checker_.fault(), "");
  for (const auto& packet : lost) send(packet);
  EXPECT_EQ(checker_.fault(), "");
}

TEST_P(LayerThinnerTest, WhatIsLateAndNotWantedIsSentEmptyOrNotAtAll) {
  thinner_.want({.temporal = 1});
  send_pictures(5, true);  // no whole turn, which would tell that nothing wanted is missing
  const auto high = picture();
  send_pictures(1);
  const auto highest = sent_.rbegin()->first;
  for (const auto& packet : high) send(packet);
  EXPECT_EQ(empty_, high.size());
  EXPECT_EQ(sent_.rbegin()->first, highest);
  for (const auto& packet : high)
    EXPECT_TRUE(thinner_.find(*packet)->empty) << "the same when asked for again";
}

// Each packet comes once, none under the number of another, whatever is lost, late or wanted.
TEST_P(LayerThinnerTest, HoldsItsNumbersWhateverHappens) {
  std::mt19937 random(7);
  std::vector<PacketRef> late;
  std::map<uint64_t, uint64_t> numbers;
  for (int i = 0; i < 4000; ++i) {
    if (random() % 16 == 0)
      thinner_.want({static_cast<uint8_t>(random() % 4), static_cast<uint8_t>(random() % 4)});
    auto packets = picture(i % 100 == 0);
    if (!late.empty() && random() % 4 == 0) {
      packets.insert(packets.end(), late.begin(), late.end());
      late.clear();
    }
    for (const auto& packet : packets) {
      if (packet->index + 64 > next_ && random() % 8 == 0) {
        late.push_back(packet);
        continue;
      }
      const auto as = thinner_.take(*packet);
      if (!as) continue;
      ASSERT_TRUE(numbers.emplace(as->index, packet->index).second);
      ASSERT_EQ(thinner_.source_of(as->index), packet->index);
    }
  }
  uint64_t before = 0;
  for (const auto& [number, source] : numbers) {
    EXPECT_GT(source, before) << "in the order of the source";
    before = source;
  }
}

constexpr ThinnedStream kTemporal{};
constexpr ThinnedStream kFull{.codec = Codec::kVp9, .spatial = 3};
constexpr ThinnedStream kKeyOnly{.codec = Codec::kVp9, .spatial = 3, .key_only = true};
constexpr ThinnedStream kFlexible{.codec = Codec::kVp9, .spatial = 3, .key_only = true, .flexible = true};

INSTANTIATE_TEST_SUITE_P(Streams, LayerThinnerTest, ::testing::Values(kTemporal, kFull, kKeyOnly, kFlexible),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Streams, SpatialThinnerTest, ::testing::Values(kFull, kKeyOnly, kFlexible),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Streams, PatternThinnerTest, ::testing::Values(kTemporal), name_of_case);
INSTANTIATE_TEST_SUITE_P(Streams, BaseThinnerTest, ::testing::Values(kTemporal, kFull, kKeyOnly),
                         name_of_case);

}  // namespace
}  // namespace kms::rtc
