// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/feed.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace kms::graph {
namespace {

using Numbers = Feed<int>;

std::shared_ptr<const int> number(int value) { return std::make_shared<const int>(value); }

TEST(Feed, GivesWhatItGotInOrderAndThenItsEnd) {
  Numbers feed({});
  int woken = 0;
  feed.on_wake([&] { ++woken; });

  feed.push(number(1), 1);
  feed.push(number(2), 1);
  feed.end(error(StatusCode::kAborted, "WHY", "because"));
  feed.push(number(3), 1);

  EXPECT_EQ(woken, 3);
  EXPECT_EQ(*feed.next().item, 1);
  EXPECT_EQ(*feed.next().item, 2);
  const auto end = feed.next();
  EXPECT_TRUE(end.ended);
  EXPECT_EQ(reason_of(end.status), "WHY");
}

TEST(Feed, SaysOnceThatItIsHighAndOnceThatItIsLow) {
  Numbers feed({.high = 10, .most = 100});
  int low = 0;
  feed.on_low([&] { ++low; });

  EXPECT_FALSE(feed.push(number(1), 6));
  EXPECT_TRUE(feed.push(number(2), 6));
  EXPECT_FALSE(feed.push(number(3), 1));
  EXPECT_TRUE(feed.is_high());
  feed.next();
  EXPECT_EQ(low, 0);
  feed.next();
  EXPECT_EQ(low, 1);
  EXPECT_FALSE(feed.is_high());
  feed.next();
  EXPECT_EQ(low, 1);
  EXPECT_FALSE(feed.next().ended);
  feed.end(ok());
  EXPECT_EQ(low, 2);
}

TEST(Feed, EndsWhereMoreWaitsThanMay) {
  Numbers feed({.high = 10, .most = 20});

  feed.push(number(1), 20);
  feed.push(number(2), 1);

  EXPECT_TRUE(feed.is_ended());
  EXPECT_EQ(*feed.next().item, 1);
  EXPECT_EQ(reason_of(feed.next().status), "SUBSCRIBER_TOO_SLOW");
}

TEST(Feed, IsReadWhileItIsFilled) {
  constexpr int kAll = 100'000;
  Numbers feed({.high = 10, .most = 1'000'000'000});
  std::thread source([&] {
    for (int i = 0; i < kAll; ++i) feed.push(number(i), 1);
    feed.end(ok());
  });

  int expected = 0;
  for (auto next = feed.next(); !next.ended; next = feed.next()) {
    if (!next.item) continue;
    EXPECT_EQ(*next.item, expected++);
  }
  source.join();

  EXPECT_EQ(expected, kAll);
}

}  // namespace
}  // namespace kms::graph
