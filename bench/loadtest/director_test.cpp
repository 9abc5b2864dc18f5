// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/director.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/loadtest/test_door.hpp"

namespace kms::rtc::loadtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestDoor;
using testing::ElementsAre;
using testing::Pair;

using Reasons = std::map<std::string, uint64_t>;

Settings settings_for(const TestDoor& door) {
  Settings settings;
  settings.whip = *HttpTarget::parse(door.url("/whip/{room}"));
  settings.whep = *HttpTarget::parse(door.url("/whep/{room}"));
  settings.own = settings.bind = *SocketAddress::parse("127.0.0.1", 0);
  settings.layers.push_back({"", made_clip({.bitrate_bps = 500'000, .seconds = 1})});
  settings.viewers_per_room = 2;
  settings.warm_up = milliseconds(200);
  settings.duration = seconds(1);
  return settings;
}

Outcome outcome_of(const Settings& settings) {
  const auto director = Director::make(settings, {});
  EXPECT_TRUE(director.ok());
  return (*director)->run();
}

TEST(Director, RunsFromTheFirstPostToTheLastDelete) {
  TestDoor door;
  auto settings = settings_for(door);
  settings.rooms = 2;
  settings.threads = 2;

  const auto outcome = outcome_of(settings);

  EXPECT_TRUE(outcome.measured);
  EXPECT_EQ(outcome.attendance.publishers, 2u);
  EXPECT_EQ(outcome.attendance.viewers, 4u);
  EXPECT_EQ(outcome.attendance.reasons, Reasons());
  EXPECT_GT(outcome.video.received, 0u);
  EXPECT_EQ(outcome.video.lost(), 0);
  EXPECT_EQ(outcome.audio.lost(), 0);
  EXPECT_GT(outcome.video_latency.count(), 0u);
  EXPECT_GT(outcome.audio_latency.count(), 0u);
  EXPECT_EQ(outcome.counts[Count::kMisrouted], 0u);
  EXPECT_EQ(outcome.counts[Count::kUnopened], 0u);
  EXPECT_EQ(outcome.viewers_without_media, 0u);
  EXPECT_EQ(outcome.publisher_setup.total.count(), 2u);
  EXPECT_EQ(outcome.viewer_setup.total.count(), 4u);
  EXPECT_EQ(door.participants(), 0u);
  EXPECT_EQ(door.deleted(), 6u);
}

TEST(Director, FollowsServersThatLeadElsewhere) {
  TestDoor door(TestDoor::Mood::kLeadsAway);

  const auto outcome = outcome_of(settings_for(door));

  EXPECT_EQ(outcome.attendance.reasons, Reasons());
  EXPECT_GT(outcome.video.received, 0u);
  EXPECT_EQ(door.deleted(), 3u);
  const TestDoor endless(TestDoor::Mood::kLeadsInCircles);
  EXPECT_THAT(outcome_of(settings_for(endless)).attendance.reasons,
              ElementsAre(Pair("HTTP_307", testing::Gt(0u))));
}

TEST(Director, RepairsWhatIsLostBothWays) {
  TestDoor door;
  auto settings = settings_for(door);
  settings.loss_up = settings.loss_down = 0.05;
  settings.duration = seconds(2);

  const auto outcome = outcome_of(settings);

  EXPECT_GT(outcome.counts[Count::kDroppedUp], 0u);
  EXPECT_GT(outcome.counts[Count::kDroppedDown], 0u);
  EXPECT_GT(outcome.counts[Count::kPublisherNacks], 0u);
  EXPECT_GT(outcome.counts[Count::kRepeatedPackets], 0u);
  EXPECT_GT(outcome.video.repaired, 0u);
  EXPECT_LT(outcome.video.lost(), static_cast<int64_t>(outcome.video.repaired));
  EXPECT_GT(outcome.audio.lost(), 0);
}

TEST(Director, LetsViewersComeAndGo) {
  TestDoor door;
  auto settings = settings_for(door);
  settings.churn_per_minute = 600;

  const auto outcome = outcome_of(settings);

  EXPECT_GT(outcome.attendance.left, 3u);
  EXPECT_GT(outcome.attendance.viewers, 5u);
  EXPECT_EQ(outcome.attendance.reasons, Reasons());
  EXPECT_EQ(door.participants(), 0u);
}

TEST(Director, CountsThoseWhomTheServerRefuses) {
  const TestDoor door(TestDoor::Mood::kRefuses);

  const auto outcome = outcome_of(settings_for(door));

  EXPECT_FALSE(outcome.measured);
  EXPECT_EQ(outcome.attendance.failed, 1u);
  EXPECT_THAT(outcome.attendance.reasons, ElementsAre(Pair("HTTP_503 SERVER_FULL", 1u)));
}

TEST(Director, WaitsForNobodyForEver) {
  const TestDoor silent(TestDoor::Mood::kSaysNothing);
  auto settings = settings_for(silent);
  settings.patience = milliseconds(200);
  EXPECT_THAT(outcome_of(settings).attendance.reasons, ElementsAre(Pair("HTTP_TIMEOUT", 1u)));

  const TestDoor elsewhere(TestDoor::Mood::kIsSomewhereElse);
  settings = settings_for(elsewhere);
  settings.patience = milliseconds(1000);  // the answer comes by then
  EXPECT_THAT(outcome_of(settings).attendance.reasons, ElementsAre(Pair("CONNECT_TIMEOUT", 1u)));
  EXPECT_EQ(elsewhere.participants(), 0u) << "what the server has of it is given back";
}

TEST(Director, EndsEarlyWithWhatItHas) {
  const TestDoor door;
  auto settings = settings_for(door);
  settings.duration = seconds(3600);
  std::unique_ptr<Director> director;
  const auto stop_when_measuring = [&](const Progress& progress) {
    if (progress.phase == Phase::kMeasuring) director->stop();
  };
  director = std::move(*Director::make(settings, stop_when_measuring));

  const auto outcome = director->run();

  EXPECT_TRUE(outcome.measured);
  EXPECT_GT(outcome.seconds, 0);
  EXPECT_GT(outcome.video.received, 0u);
  EXPECT_EQ(door.participants(), 0u);
}

}  // namespace
}  // namespace kms::rtc::loadtest
