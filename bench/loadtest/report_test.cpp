// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>
#include <unistd.h>

#include "bench/loadtest/json_writer.hpp"
#include "bench/loadtest/options.hpp"

namespace kms::rtc::loadtest {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Ten seconds in which 1,000 packets should have come, of which 20 were repaired and 10 are lost.
Outcome outcome() {
  Outcome outcome;
  outcome.measured = true;
  outcome.seconds = 10;
  outcome.attendance = {
      .publishers = 1, .viewers = 3, .failed = 1, .lost = 0, .left = 2, .reasons = {{"HTTP_503", 1}}};
  outcome.video = {.expected = 1000, .received = 970, .repaired = 20, .waiting = 0, .duplicates = 0};
  outcome.counts[Count::kReceivedPackets] = 2000;
  outcome.video_latency.add(milliseconds(5));
  outcome.viewer_setup.total.add(milliseconds(80));
  outcome.server = ProcessUsage{.cpu_seconds = 0.02, .threads = 4, .resident_mb = 50};
  return outcome;
}

TEST(Outcome, SaysWhatWasLostAndWhatAPacketCosts) {
  EXPECT_DOUBLE_EQ(outcome().loss_percent(), 1);
  EXPECT_DOUBLE_EQ(outcome().loss_before_repair_percent(), 3);
  EXPECT_DOUBLE_EQ(outcome().us_per_packet().value(), 10);
  EXPECT_EQ(Outcome().loss_percent(), 0);
  EXPECT_FALSE(Outcome().us_per_packet());
}

TEST(Bounds, AreBrokenByWhatExceedsThem) {
  EXPECT_THAT(broken_bounds({}, outcome()), IsEmpty());
  EXPECT_THAT(broken_bounds({.loss = 1, .setup_ms = 80, .latency_ms = 5, .failures = 1}, outcome()),
              IsEmpty());
  EXPECT_THAT(broken_bounds({.loss = 0.9, .setup_ms = 79, .latency_ms = 4.9, .failures = 0}, outcome()),
              ElementsAre("loss in percent 1.000 exceeds 0.900", "longest set-up in ms 80.000 exceeds 79.000",
                          "latency of pictures (99 %) in ms 5.000 exceeds 4.900",
                          "failed and lost 1.000 exceeds 0.000"));
}

TEST(Bounds, AreBrokenByViewersThatWaitForEver) {
  auto waits = outcome();
  waits.viewers_without_media = 2;

  EXPECT_THAT(broken_bounds({.loss = 5}, waits), IsEmpty());
  EXPECT_THAT(broken_bounds({.setup_ms = 1000}, waits),
              ElementsAre("viewers without media 2.000 exceeds 0.000"));
}

TEST(Bounds, AreBrokenWhenNothingWasMeasured) {
  EXPECT_THAT(broken_bounds({}, Outcome()), ElementsAre("nothing was measured"));
}

TEST(Report, NamesFiguresForPeople) {
  Settings settings;
  settings.bounds.loss = 0.5;

  const auto text = text_of(settings, outcome());

  for (const auto* part :
       {"1 publishers, 3 viewers; 2 left, 1 failed", "1 x HTTP_503", "loss       1.000 %",
        "10.00 us per received packet", "latency of pictures", "viewer in all", "BROKEN"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("FAULT")));
  auto faulty = outcome();
  faulty.counts[Count::kMisrouted] = 7;
  EXPECT_THAT(text_of(settings, faulty), HasSubstr("FAULT      7 packets of another room"));
}

TEST(Report, NamesFiguresForPrograms) {
  Settings settings;
  settings.bounds.loss = 0.5;

  const auto json = json_of(settings, outcome());

  for (const auto* part : {R"("viewers":3,)", R"("reasons":{"HTTP_503":1})", R"("loss_percent":1.000)",
                           R"("received_packets":2000)", R"("us_per_packet":10.000)", R"("lost":10,)",
                           R"("broken":["loss in percent 1.000 exceeds 0.500"])", R"("measured":true)"}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
  EXPECT_THAT(json_of(settings, Outcome()), HasSubstr(R"("broken":["nothing was measured")"));
}

TEST(JsonWriter, EscapesTextAndKeepsToWhatNumbersThereAre) {
  JsonWriter json;
  json.begin_list("a");
  json.text_item("\"\\\n");
  json.text_item("b");
  json.end_list();
  json.number("c", std::numeric_limits<double>::infinity());

  EXPECT_EQ(json.take(), R"({"a":["\"\\\u000a","b"],"c":null})");
}

TEST(ProcessUsage, IsReadFromTheKernelsText) {
  const auto usage =
      ProcessUsage::parse("42 (kms (a) b) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 7 18 19 20 1024 22 23");

  ASSERT_TRUE(usage);
  EXPECT_DOUBLE_EQ(usage->cpu_seconds, 200.0 / static_cast<double>(sysconf(_SC_CLK_TCK)));
  EXPECT_EQ(usage->threads, 7);
  EXPECT_DOUBLE_EQ(usage->resident_mb, 1024.0 * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576);
  EXPECT_FALSE(ProcessUsage::parse(""));
  EXPECT_FALSE(ProcessUsage::parse("42 (kms) S 1 2"));
}

TEST(ProcessUsage, OfOurselvesIsThereAndOfNobodyIsNot) {
  EXPECT_GE(ProcessUsage::of(getpid())->threads, 1);
  EXPECT_FALSE(ProcessUsage::of(0));
}

TEST(ProcessUsage, IsFinerThanTheKernelsText) {
  const double before = ProcessUsage::of(getpid())->cpu_seconds;
  timespec begin{}, now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  while (now.tv_sec == begin.tv_sec && now.tv_nsec - begin.tv_nsec < 1'000'000);
  EXPECT_GT(ProcessUsage::of(getpid())->cpu_seconds, before);
}

CommandLine read_line(std::vector<const char*> words) {
  words.insert(words.begin(), "kms-loadtest");
  return read_command_line(static_cast<int>(words.size()), words.data());
}

TEST(CommandLine, BecomesSettings) {
  const auto line = read_line({"--url", "http://127.0.0.1:9", "--rooms", "3", "--simulcast", "2",
                               "--loss-down", "5", "--duration", "2.5", "--srtp", "cm", "--max-loss", "1"});

  ASSERT_FALSE(line.exit_code);
  const auto& settings = line.settings;
  EXPECT_EQ(settings.whip->path, "/whip/{room}");
  EXPECT_EQ(settings.whep->path, "/whep/{room}");
  EXPECT_EQ(settings.rooms, 3u);
  ASSERT_EQ(settings.layers.size(), 2u);
  EXPECT_EQ(settings.layers[0].rid, "h");
  EXPECT_EQ(settings.layers[1].rid, "f");
  EXPECT_LT(settings.layers[0].clip.bitrate_bps(), settings.layers[1].clip.bitrate_bps());
  EXPECT_DOUBLE_EQ(settings.loss_down, 0.05);
  EXPECT_EQ(settings.duration, milliseconds(2500));
  EXPECT_EQ(settings.profiles, std::vector{SrtpProfile::kAesCm128HmacSha1_80});
  EXPECT_EQ(settings.own.to_string(), "127.0.0.1:0");
  EXPECT_EQ(settings.bind.to_string(), "0.0.0.0:0");
  EXPECT_EQ(settings.bounds.loss, 1);
}

TEST(CommandLine, HasNoRidWithoutSimulcast) {
  const auto line = read_line({"--no-publishers"});

  ASSERT_FALSE(line.exit_code);
  EXPECT_FALSE(line.settings.whip);
  ASSERT_EQ(line.settings.layers.size(), 1u);
  EXPECT_EQ(line.settings.layers[0].rid, "");
}

TEST(CommandLine, IsRefusedWhereItMakesNoSense) {
  EXPECT_EQ(read_line({"--rooms", "0"}).exit_code, kUsage);
  EXPECT_EQ(read_line({"--url", "https://127.0.0.1"}).exit_code, kUsage);
  EXPECT_EQ(read_line({"--no-publishers", "--viewers", "0"}).exit_code, kUsage);
  EXPECT_EQ(read_line({"--clip", "/nowhere"}).exit_code, kUsage);
  EXPECT_EQ(read_line({"--clip", "/proc/self/exe"}).exit_code, kUsage);
  EXPECT_EQ(read_line({"--help"}).exit_code, 0);
}

}  // namespace
}  // namespace kms::rtc::loadtest
