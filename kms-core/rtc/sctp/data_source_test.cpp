// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/data_source.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

struct Counter final : DataSource::Taker {
  bool on_message(const DataChannelRef&, const DataMessage& message) override {
    bytes += message.bytes.size();
    return bytes == 5;
  }
  void on_closed(const DataChannelRef&) override { ++closed; }
  bool is_full() const override { return false; }
  void give_up() override {}
  size_t bytes = 0;
  int closed = 0;
};

TEST(DataSource, GivesEachTakerWhatIsPutInAndCounts) {
  DataSource source;
  const auto one = std::make_shared<Counter>(), two = std::make_shared<Counter>();
  source.add(one);
  source.put(nullptr, {false, {1, 2}});
  source.add(two);
  source.put(nullptr, {false, {1, 2, 3}});
  source.remove(one);
  source.put(nullptr, {true, {}});
  source.close(nullptr);

  EXPECT_EQ(one->bytes, 5u);
  EXPECT_EQ(one->closed, 0);
  EXPECT_EQ(two->bytes, 3u);
  EXPECT_EQ(two->closed, 1);
  EXPECT_EQ(source.messages(), 3u);
  EXPECT_EQ(source.bytes(), 5u);
  EXPECT_NE(source.id(), DataSource().id());
}

TEST(DataSource, SaysWhichTakerHasBecomeFull) {
  DataSource source;
  std::vector<DataSource::TakerRef> full;
  int room = 0;
  source.set_holders(
      {.on_full = [&](const auto& taker) { full.push_back(taker); }, .on_room = [&] { ++room; }});
  const auto one = std::make_shared<Counter>(), two = std::make_shared<Counter>();
  source.add(one);
  source.put(nullptr, {false, {1, 2}});
  source.add(two);
  EXPECT_TRUE(full.empty());

  source.put(nullptr, {false, {1, 2, 3}});
  source.tell_room();

  EXPECT_EQ(full, std::vector<DataSource::TakerRef>{one});
  EXPECT_EQ(room, 1);
}

}  // namespace
}  // namespace kms::rtc
