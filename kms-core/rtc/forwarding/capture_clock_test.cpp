// SPDX-License-Identifier: Apache-2.0
// Senders with clocks, networks and faults of their own, on simulated time.
#include "kms-core/rtc/forwarding/capture_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace kms::rtc {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

TimePoint at(double seconds_since_start) {
  return TimePoint(seconds(10'000)) +
         std::chrono::duration_cast<Duration>(duration<double>(seconds_since_start));
}
double ms(Duration time) { return duration<double, std::milli>(time).count(); }

// One stream of a sender. Time here is true time in seconds.
struct Stream {
  uint32_t rate = 90'000;
  double interval = 1.0 / 30;
  double pace = 1.0;       // of its time stamps, against the sender's own NTP clock
  double ntp_pace = 1.0;   // of that, against ours
  double encoding = 0.01;  // from capture to the network
  double network = 0.03;
  double jitter = 0.02;
  uint32_t first = 0xfff00000;  // wraps soon
  double report_every = 1.0;
  double first_report = 0.5;

  uint32_t timestamp(double time) const {
    return first + static_cast<uint32_t>(static_cast<int64_t>(time * ntp_pace * pace * rate));
  }
  ReportTime report(double time) const {
    constexpr uint64_t kSomeday = uint64_t{3'900'000'000} << 32;
    return {kSomeday + static_cast<uint64_t>(time * ntp_pace * 4294967296.0), timestamp(time)};
  }
};

// What came of a stream.
struct Seen {
  double captured_at;  // true time
  TimePoint captured;
  TimePoint arrived;
};

class CaptureClockTest : public ::testing::Test {
 protected:
  struct Run {
    explicit Run(const Stream& s, SenderClock& publisher)
        : stream(s), clock(s.rate, publisher), next_report(s.first_report) {}
    Stream stream;
    CaptureClock clock;
    double next = 0;
    double next_report;
    double last_arrival = 0;
    std::vector<Seen> seen;
  };

  void play(std::vector<Run*> runs, double until) {
    for (;;) {
      auto* run = *std::ranges::min_element(runs, {}, &Run::next);
      if (run->next >= until) return;
      step(*run);
    }
  }
  void step(Run& run) {
    const auto& stream = run.stream;
    const double time = run.next;
    run.next += stream.interval;
    if (time >= run.next_report) {
      run.clock.on_report(stream.report(time));
      run.next_report += stream.report_every;
    }
    const double jitter = std::uniform_real_distribution<double>(0, stream.jitter)(random_);
    run.last_arrival = std::max(run.last_arrival, time + stream.encoding + stream.network + jitter);
    const auto arrived = at(run.last_arrival);
    run.seen.push_back({time, run.clock.on_packet(stream.timestamp(time), arrived, false), arrived});
  }

  // Frames follow each other in their sender's distances, give or take 2 %, and never go back.
  static void expect_smooth(const Run& run) {
    double worst = 0;
    for (size_t i = 1; i < run.seen.size(); ++i) {
      const auto& [time, captured, arrived] = run.seen[i];
      ASSERT_GT(captured, run.seen[i - 1].captured) << "at " << time;
      const double nominal =
          (time - run.seen[i - 1].captured_at) * run.stream.pace * run.stream.ntp_pace * 1000;
      worst = std::max(worst, std::abs(ms(captured - run.seen[i - 1].captured) / nominal - 1));
    }
    EXPECT_LE(worst, 0.0215) << "2 %, and time stamps are whole numbers";
  }
  // How much longer than it says a packet was under way, at most and at least, from `since` on.
  static std::pair<double, double> delays(const Run& run, double since) {
    std::pair<double, double> range{1e9, -1e9};
    for (const auto& one : run.seen) {
      if (one.captured_at < since) continue;
      const double delay = ms(one.arrived - one.captured);
      range = {std::min(range.first, delay), std::max(range.second, delay)};
    }
    return range;
  }
  // How far apart two streams say that one moment was, at most, from `since` on.
  static double apart(const Run& a, const Run& b, double since) {
    double worst = 0;
    for (const auto& one : b.seen) {
      if (one.captured_at < since) continue;
      const auto next = std::ranges::lower_bound(a.seen, one.captured_at, {}, &Seen::captured_at);
      if (next == a.seen.end()) break;
      const double expected = (next->captured_at - one.captured_at) * 1000;
      worst = std::max(worst, std::abs(ms(next->captured - one.captured) - expected));
    }
    return worst;
  }

  std::mt19937 random_{7};
  SenderClock publisher_;
};

constexpr double kFiveMinutes = 300;

TEST_F(CaptureClockTest, GoesByTheQuickestArrivalsBeforeThereIsAReport) {
  Run run({.first_report = 1e9}, publisher_);
  play({&run}, 20);
  expect_smooth(run);
  const auto [least, most] = delays(run, 5);
  EXPECT_GE(least, -0.5) << "nothing comes before it was captured";
  EXPECT_LE(most, 22) << "all that is left is jitter";
}

TEST_F(CaptureClockTest, GoesOverToTheReportsWithoutAJump) {
  Run sound({.rate = 48'000, .interval = 0.02, .encoding = 0.02, .first_report = 2.5}, publisher_);
  Run picture({.encoding = 0.09}, publisher_);
  play({&sound, &picture}, 30);
  expect_smooth(sound);
  expect_smooth(picture);
  EXPECT_GT(apart(sound, picture, 0), 50) << "at first nothing tells that pictures took longer";
  EXPECT_LT(apart(sound, picture, 8), 5);
  EXPECT_GE(delays(picture, 8).first, 65);
}

TEST_F(CaptureClockTest, FollowsATimeStampClockThatDrifts) {
  for (const double pace : {0.995, 1.005}) {
    SenderClock publisher;
    Run sound({.rate = 48'000, .interval = 0.02, .pace = pace, .encoding = 0.02, .report_every = 5},
              publisher);
    Run picture({}, publisher);
    play({&sound, &picture}, kFiveMinutes);
    expect_smooth(sound);
    EXPECT_LT(apart(sound, picture, 15), 6) << pace;
    EXPECT_GE(delays(sound, 15).first, -1) << pace;
    EXPECT_LE(delays(sound, 15).second, 20 + 10 + 25) << pace;
  }
}

TEST_F(CaptureClockTest, FollowsANtpClockThatDrifts) {
  for (const double pace : {0.995, 1.005}) {
    SenderClock publisher;
    Run sound({.rate = 48'000, .interval = 0.02, .ntp_pace = pace, .encoding = 0.02, .report_every = 5},
              publisher);
    Run picture({.ntp_pace = pace}, publisher);
    play({&sound, &picture}, kFiveMinutes);
    expect_smooth(sound);
    expect_smooth(picture);
    EXPECT_LT(apart(sound, picture, 15), 6) << pace;
    for (const auto* run : {&sound, &picture}) {
      EXPECT_GE(delays(*run, 15).first, -8) << pace << ": the quickest come now and then";
      EXPECT_LE(delays(*run, 15).second, 20 + 20 + 30) << pace;
      EXPECT_NEAR(delays(*run, 15).second, delays(*run, 250).second, 12) << pace << ": it grows";
    }
  }
}

TEST_F(CaptureClockTest, FollowsDriftWithoutReports) {
  for (const double pace : {0.995, 1.005}) {
    SenderClock publisher;
    Run run({.pace = pace, .first_report = 1e9}, publisher);
    play({&run}, kFiveMinutes);
    expect_smooth(run);
    EXPECT_GE(delays(run, 5).first, -8) << pace;
    EXPECT_LE(delays(run, 5).second, 20 + 30) << pace;
  }
}

TEST_F(CaptureClockTest, SoundThatPausesGoesOnInItsPlace) {
  Run sound({.rate = 48'000, .interval = 0.02, .encoding = 0.02}, publisher_);
  Run picture({}, publisher_);
  for (double time = 10; time < 60; time += 10) {
    play({&sound, &picture}, time);
    sound.next += 7;  // longer than any arrival is remembered
  }
  play({&sound, &picture}, 60);
  expect_smooth(sound);
  EXPECT_LT(apart(sound, picture, 8), 5);
}

TEST_F(CaptureClockTest, TimeStampsThatStoodStillInAPauseCatchUp) {
  Run run({.first_report = 1e9}, publisher_);
  play({&run}, 5);
  auto& stream = run.stream;
  const auto stopped = stream.timestamp(run.next);
  run.next = run.last_arrival = 65;
  stream.first = stopped - (stream.timestamp(65) - stream.first);
  play({&run}, 70);
  for (size_t i = 1; i < run.seen.size(); ++i) ASSERT_GT(run.seen[i].captured, run.seen[i - 1].captured);
  EXPECT_LE(delays(run, 66).second, 25);
  EXPECT_GE(delays(run, 66).first, -1);
}

TEST_F(CaptureClockTest, AnOutageThatComesInABurstChangesNothing) {
  Run run({}, publisher_);
  play({&run}, 10);
  run.last_arrival = 13;  // all of three seconds comes then
  play({&run}, 30);
  expect_smooth(run);
  EXPECT_LE(delays(run, 13.5).second, 22);
}

TEST_F(CaptureClockTest, AnotherSsrcOnTheLineGoesOnInTime) {
  Run sound({.rate = 48'000, .interval = 0.02, .encoding = 0.02}, publisher_);
  Run picture({.encoding = 0.09}, publisher_);
  play({&sound, &picture}, 20);
  picture.clock.begin_anew();
  picture.stream.first = 12'345;
  picture.next_report = 21;
  play({&sound, &picture}, 30);
  for (size_t i = 1; i < picture.seen.size(); ++i)
    ASSERT_GT(picture.seen[i].captured, picture.seen[i - 1].captured);
  EXPECT_LT(apart(sound, picture, 20.5), 25) << "before its first report: jitter";
  EXPECT_LT(apart(sound, picture, 25), 5);
}

TEST_F(CaptureClockTest, TimeStampsThatJumpBeginAnew) {
  for (const uint32_t jump : {0x40000000u, 0xc0000000u, 0x80000001u}) {
    SenderClock publisher;
    Run run({.first_report = 1e9}, publisher);
    play({&run}, 10);
    run.stream.first += jump;
    play({&run}, 20);
    for (size_t i = 1; i < run.seen.size(); ++i) ASSERT_GT(run.seen[i].captured, run.seen[i - 1].captured);
    EXPECT_GE(delays(run, 10.1).first, -21) << jump;
    EXPECT_LE(delays(run, 10.1).second, 45) << jump;
  }
}

TEST_F(CaptureClockTest, ASenderWhoseClockIsSetKeepsItsStreamsTogether) {
  for (const double step : {-3600.0, 40.0}) {
    SenderClock publisher;
    Run sound({.rate = 48'000, .interval = 0.02, .encoding = 0.02, .report_every = 5}, publisher);
    Run picture({}, publisher);
    play({&sound, &picture}, 20);
    // The clock that the reports are made of, not that of the time stamps.
    for (auto* run : {&sound, &picture}) {
      for (double time = 20; time < 40; time += run->stream.report_every) {
        play({&sound, &picture}, time);
        auto report = run->stream.report(time);
        report.ntp += static_cast<uint64_t>(static_cast<int64_t>(step * 4294967296.0));
        run->clock.on_report(report);
        run->next_report = 1e9;
      }
    }
    for (size_t i = 1; i < sound.seen.size(); ++i)
      ASSERT_GT(sound.seen[i].captured, sound.seen[i - 1].captured) << step;
    EXPECT_LT(apart(sound, picture, 20), 30) << step;
    EXPECT_LE(delays(sound, 20).second, 90) << step;
    EXPECT_GE(delays(picture, 20).first, -5) << step;
  }
}

TEST_F(CaptureClockTest, ReportsOfNoClockAndOfAnotherClockDoNoHarm) {
  Run sound({.rate = 48'000, .interval = 0.02, .encoding = 0.02}, publisher_);
  Run picture({.first_report = 1e9}, publisher_);
  play({&sound, &picture}, 1);
  for (double time = 1; time < 20; time += 1) {
    play({&sound, &picture}, time);
    picture.clock.on_report({0, 77});
    if (time > 10) picture.clock.on_report({uint64_t(time) << 32, picture.stream.timestamp(time)});
  }
  expect_smooth(sound);
  expect_smooth(picture);
  EXPECT_LE(delays(sound, 5).second, 45);
  EXPECT_LE(delays(picture, 5).second, 45);
}

TEST_F(CaptureClockTest, PacketsOfAFrameHaveItsTimeAndLateOnesTheirs) {
  CaptureClock clock(90'000, publisher_);
  const auto first = clock.on_packet(1000, at(0), false);
  EXPECT_EQ(clock.on_packet(1000, at(0.004), false), first);
  const auto second = clock.on_packet(4000, at(1.0 / 30), false);
  EXPECT_EQ(clock.on_packet(1000, at(0.1), true), second - std::chrono::nanoseconds(33'333'333));
  EXPECT_NEAR(ms(second - first), 100.0 / 3, 0.7);
  EXPECT_EQ(clock.on_packet(4000, at(0.1), true), second) << "a repair";
  EXPECT_LT(clock.on_packet(2500, at(0.1), false), second) << "reordered by its encoder";
  EXPECT_EQ(clock.on_packet(0x70000000, at(0.1), true), second) << "a late one tells nothing new";
}

TEST(CaptureTime, TellsWhatTimeStampAMomentHas) {
  const CaptureTime time{4'294'960'000, at(1)};
  const auto report = time.at(at(1.5), 90'000);
  EXPECT_EQ(report.rtp, 4'294'960'000 + 45'000 - 4294967296);
  EXPECT_EQ(report.ntp, ntp_of(at(1.5)));
  EXPECT_FALSE(CaptureTime{}.known());
}

}  // namespace
}  // namespace kms::rtc
