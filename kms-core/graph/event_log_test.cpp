// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/event_log.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace kms::graph {
namespace {

v1::Event event(const std::string& source = "sessions/a") {
  v1::Event made;
  made.set_source(source);
  return made;
}

void append(EventLog& log, int count) {
  for (int i = 0; i < count; ++i) log.append(event());
}

std::vector<uint64_t> read(Subscription& subscription) {
  std::vector<uint64_t> seen;
  for (auto item = subscription.next(); item.event; item = subscription.next()) {
    seen.push_back(item.event->sequence());
  }
  return seen;
}

using Sequences = std::vector<uint64_t>;

TEST(EventLog, NumbersEventsFromOneWithoutGapsAndDatesThem) {
  EventLog log({});
  append(log, 2);

  auto reader = log.subscribe(0, [] {});

  ASSERT_TRUE(reader.ok());
  auto first = (*reader)->next();
  ASSERT_TRUE(first.event);
  EXPECT_EQ(first.event->sequence(), 1U);
  EXPECT_GT(first.event->time().seconds(), 0);
  EXPECT_EQ(read(**reader), Sequences{2});
}

TEST(EventLog, ResumesAfterASequence) {
  EventLog log({.ring = 3, .queue = 10, .subscribers = 10});
  append(log, 5);
  EXPECT_EQ(read(**log.subscribe(0, [] {})), (Sequences{3, 4, 5}));
  EXPECT_EQ(read(**log.subscribe(2, [] {})), (Sequences{3, 4, 5}));
  EXPECT_EQ(read(**log.subscribe(4, [] {})), (Sequences{5}));
  EXPECT_EQ(read(**log.subscribe(5, [] {})), Sequences{});
}

TEST(EventLog, SaysWhatIsLostAndWhatIsNotThereYet) {
  EventLog log({.ring = 3, .queue = 10, .subscribers = 10});
  append(log, 5);

  const auto before = log.subscribe(1, [] {}).status();
  EXPECT_EQ(reason_of(before), "EVENTS_LOST");
  EXPECT_EQ(info_of(before).metadata.at("oldest"), "3");
  EXPECT_EQ(reason_of(log.subscribe(6, [] {}).status()), "NO_SUCH_EVENT");
}

TEST(EventLog, WakesAWaitingReaderOncePerWait) {
  EventLog log({});
  int wakes = 0;
  auto reader = *log.subscribe(0, [&] { ++wakes; });
  append(log, 1);
  EXPECT_EQ(wakes, 0);  // nobody asked yet

  EXPECT_EQ(read(*reader), Sequences{1});
  append(log, 3);
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(read(*reader), (Sequences{2, 3, 4}));
}

TEST(EventLog, EndsAReaderThatIsTooSlowAndLetsItComeBack) {
  EventLog log({.ring = 100, .queue = 3, .subscribers = 1});
  bool woken = false;
  auto slow = *log.subscribe(0, [&] { woken = true; });
  EXPECT_FALSE(slow->next().event);
  append(log, 4);
  EXPECT_TRUE(woken);

  const auto end = slow->next();

  EXPECT_FALSE(end.event);
  EXPECT_TRUE(end.ended);
  EXPECT_EQ(reason_of(end.status), "SUBSCRIBER_TOO_SLOW");
  EXPECT_EQ(log.subscribers(), 0U);
  auto again = log.subscribe(0, [] {});  // the replay may be longer than the queue
  ASSERT_TRUE(again.ok());
  append(log, 3);
  EXPECT_EQ(read(**again).size(), 7U);
}

TEST(EventLog, HasAQuotaOfReaders) {
  EventLog log({.ring = 1, .queue = 1, .subscribers = 2});
  auto first = *log.subscribe(0, [] {});
  auto second = *log.subscribe(0, [] {});
  const auto third = log.subscribe(0, [] {}).status();
  EXPECT_EQ(reason_of(third), "SUBSCRIBER_QUOTA");
  EXPECT_EQ(info_of(third).metadata.at("quota"), "2");

  log.unsubscribe(first);
  EXPECT_TRUE(log.subscribe(0, [] {}).ok());
}

TEST(EventLog, EndsReadersWithOkAfterTheLastEvent) {
  EventLog log({});
  int wakes = 0;
  auto reader = *log.subscribe(0, [&] { ++wakes; });
  EXPECT_FALSE(reader->next().ended);
  append(log, 1);
  log.close();
  append(log, 1);

  EXPECT_TRUE(reader->next().event);
  const auto end = reader->next();

  EXPECT_TRUE(end.ended);
  EXPECT_TRUE(end.status.ok());
  EXPECT_EQ(wakes, 2);  // for the event, and for the end
  auto late = *log.subscribe(0, [] {});
  EXPECT_EQ(read(*late), Sequences{1});
  EXPECT_TRUE(late->next().ended);
}

TEST(EventLog, LosesNothingBetweenThreads) {
  constexpr uint64_t kEvents = 20000;
  EventLog log({.ring = kEvents, .queue = kEvents, .subscribers = 1});
  std::atomic<int> wakes = 0;
  auto reader = *log.subscribe(0, [&] {
    ++wakes;
    wakes.notify_one();
  });
  std::thread writer([&] { append(log, kEvents); });

  Sequences seen;
  for (int known = 0; seen.size() < kEvents;) {
    for (const auto sequence : read(*reader)) seen.push_back(sequence);
    if (seen.size() < kEvents) wakes.wait(known);
    known = wakes;
  }

  writer.join();
  for (uint64_t i = 0; i < kEvents; ++i) ASSERT_EQ(seen[i], i + 1);
}

}  // namespace
}  // namespace kms::graph
