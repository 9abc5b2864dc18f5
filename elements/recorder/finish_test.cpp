// SPDX-License-Identifier: Apache-2.0
// What a killed server leaves, and what becomes of it: the files of recorders that are at work, as they lie
// on the disk.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "elements/recorder/journal.hpp"
#include "elements/recorder/muxer.hpp"
#include "elements/recorder/part_file.hpp"
#include "elements/recorder/recorder_rig.hpp"
#include "elements/recorder/recovery.hpp"

namespace kms::recorder {
namespace {

using test::decoded_frames;
using test::Feeder;
using test::packets_of;
using test::read_file;

Result<Contents> finish(const std::string& path) {
  const OpenFile file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  const auto container = path.ends_with(".mp4") ? v1::CONTAINER_MP4 : v1::CONTAINER_MATROSKA;
  Steps steps = 0;
  const auto out = finish_file(container, file.get(), steps);
  EXPECT_TRUE(!out.ok() || steps >= 1);  // whoever waits sees that it gets on
  return out;
}

// A recording of 60 pictures and more as it lies there while the recorder goes on, and as it was finished.
struct Halfway {
  std::string left;
  std::string whole;
};

Halfway record_halfway(const std::string& file, const std::string& source) {
  Feeder feeder(source, Feeder::Pace::kRealTime);
  RecorderRig rig(file, beginning());
  rig.link(feeder);
  feeder.start();
  EXPECT_TRUE(rig.wait_video_frames(60));
  const auto left = test::write_file("left-" + file, read_file(rig.path()));
  EXPECT_TRUE(rig.stop().ok());
  return {left, rig.path()};
}

class WhatIsLeft : public testing::TestWithParam<const char*> {
 protected:
  static const Halfway& halfway(const std::string& ending) {
    static std::map<std::string, Halfway> made;
    auto& out = made[ending];
    if (out.left.empty())
      out = record_halfway("halfway" + ending, ending == ".webm" ? live_clip() : live_h264());
    return out;
  }
};

// One key frame in twenty seconds: what is safe does not depend on them.
TEST_P(WhatIsLeft, PlaysToWithinASecondBeforeAndAfterItIsFinished) {
  const auto& [left, whole] = halfway(GetParam());
  const auto pictures = packets_of(left, 'v').size();
  EXPECT_GT(pictures, 30U);
  EXPECT_GT(packets_of(left, 'a').size(), 50U);

  const auto contents = finish(left);

  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->video_frames, pictures);
  EXPECT_EQ(decoded_frames(left, 'v'), static_cast<int>(pictures));
  EXPECT_GT(decoded_frames(left, 'a'), 50);
  EXPECT_NEAR(test::duration_of(left), std::chrono::duration<double>(contents->duration).count(), 0.034);
  EXPECT_EQ(contents->size_bytes, std::filesystem::file_size(left));
}

TEST_P(WhatIsLeft, IsTheSameWhenItIsFinishedTwice) {
  const auto& whole = halfway(GetParam()).whole;
  const auto copy = test::write_file("twice" + std::string(GetParam()), read_file(whole));

  ASSERT_TRUE(finish(copy).ok());

  EXPECT_EQ(test::hashes_of(copy, 'v'), test::hashes_of(whole, 'v'));
  EXPECT_EQ(decoded_frames(copy, 'v'), decoded_frames(whole, 'v'));
  EXPECT_NEAR(test::duration_of(copy), test::duration_of(whole), 0.034);
}

// Wherever it ends: in the head, in the beginning of a fragment, in a frame.
TEST_P(WhatIsLeft, CanBeCutOffAnywhere) {
  const auto content = read_file(halfway(GetParam()).whole);
  uint64_t most = 0;
  for (size_t i = 0; i <= 16; ++i) {
    const auto bytes = content.size() * i / 16 + i;
    const auto path = test::write_file("cut" + std::string(GetParam()), content.substr(0, bytes));
    const auto contents = finish(path);
    if (!contents.ok()) {
      EXPECT_TRUE(reason_of(contents.status()) == "NOTHING_RECORDED" ||
                  reason_of(contents.status()) == "MEDIA_ERROR");
      continue;
    }
    EXPECT_GE(contents->video_frames, most);
    most = contents->video_frames;
    EXPECT_EQ(packets_of(path, 'v').size(), most) << bytes;
    if (i % 8 == 0) {
      EXPECT_EQ(decoded_frames(path, 'v'), static_cast<int>(most)) << bytes;
    }
  }
  EXPECT_GT(most, 50U);
}

// Nothing in it is believed.
TEST_P(WhatIsLeft, MayBeDamagedAnyhow) {
  const auto content = read_file(halfway(GetParam()).whole);
  uint32_t seed = 20261128;
  const auto random = [&seed] { return seed = seed * 1664525 + 1013904223; };
  for (int i = 0; i < 200; ++i) {
    auto damaged = content;
    for (int n = 0; n < 8; ++n)
      damaged[random() % (i < 100 ? 2000 : damaged.size())] = static_cast<char>(random() >> 8);
    const auto path = test::write_file("damaged" + std::string(GetParam()), damaged);
    static_cast<void>(finish(path));
    EXPECT_LT(std::filesystem::file_size(path), 3 * content.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Containers, WhatIsLeft, testing::Values(".webm", ".mkv", ".mp4"),
                         [](const auto& run) { return std::string(run.param).substr(1); });

Config config_of(const std::string& state) {
  Config out;
  out.files.write = {test::media_folder()};
  out.files.state = test::media_folder() + "/" + state;
  return out;
}

Facts facts_of(const std::string& file) {
  return {{"uri", "file://" + test::media_folder() + "/" + file},
          {"element", "sessions/a/elements/r"},
          {"container", "1"},
          {"number", "2"},
          {"reason", "3"},
          {"start", "1795000000000000000"}};
}

// As the process that wrote it leaves it: what holds the lock is closed.
void leave_behind(const Config& config, const Facts& facts) { JournalEntry::make(config, facts); }

std::vector<Facts> orphans(const Config& config) {
  std::vector<Facts> out;
  JournalEntry::for_each_orphan(config, [&](JournalEntry& entry) { out.push_back(entry.facts()); });
  return out;
}

TEST(Journal, IsBesideWhatIsRecorded) {
  Config config;
  EXPECT_EQ(JournalEntry::folder(config), "");
  config.spool.folder = "/spool";
  EXPECT_EQ(JournalEntry::folder(config), "/spool/.kms");
  config.files.write = {"/recordings", "/more"};
  EXPECT_EQ(JournalEntry::folder(config), "/recordings/.kms");
  config.files.state = "/state";
  EXPECT_EQ(JournalEntry::folder(config), "/state");
}

TEST(Journal, KnowsWhatNobodyWritesAnyMore) {
  const auto config = config_of("journal");
  auto living = JournalEntry::make(config, facts_of("living.webm"));
  leave_behind(config, facts_of("dead.webm"));

  size_t found = 0;
  JournalEntry::for_each_orphan(config, [&](JournalEntry& entry) {
    ++found;
    EXPECT_EQ(entry.facts(), facts_of("dead.webm"));
    EXPECT_THAT(orphans(config), testing::IsEmpty()) << "two servers take the same";
    entry.remove();
  });

  EXPECT_EQ(found, 1U);
  EXPECT_THAT(orphans(config), testing::IsEmpty());
  living.remove();
}

TEST(Journal, TellsOfPartsInTheirOrder) {
  const auto config = config_of("ordered");
  std::vector<std::string> noted;
  for (int number = 1; number <= 12; ++number) {
    noted.push_back(std::to_string(number));
    auto facts = facts_of("parts.m3u8");
    facts["number"] = noted.back();
    leave_behind(config, facts);
  }

  std::vector<std::string> told;
  for (auto& facts : orphans(config)) told.push_back(facts["number"]);

  EXPECT_EQ(told, noted);
}

TEST(Journal, HasALineForEachFactWhateverItSays) {
  const auto config = config_of("lines");
  auto facts = facts_of("dead.webm");
  facts["uri"] = "file:///a\nuri=file:///b\nend\n";
  leave_behind(config, facts);

  facts["uri"] = "file:///a%0Auri=file:///b%0Aend%0A";

  EXPECT_THAT(orphans(config), testing::ElementsAre(facts));
}

TEST(Journal, ThrowsAwayWhatWasNeverWhole) {
  using std::filesystem::exists;
  const auto config = config_of("torn");
  leave_behind(config, facts_of("dead.webm"));
  const auto torn = test::write_file("torn/1.part", "uri=file:///a\n");
  const auto old = test::write_file("torn/2.part.new", "");
  const auto now = test::write_file("torn/3.part.new", "");
  std::filesystem::last_write_time(old,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));

  EXPECT_EQ(orphans(config).size(), 1U);

  EXPECT_FALSE(exists(torn));
  EXPECT_FALSE(exists(old));
  EXPECT_TRUE(exists(now)) << "it may be on its way";
}

TEST(Recovery, PutsTheFinishedFileInPlaceOfWhatWasLeft) {
  const auto config = config_of("recovery");
  const auto made = record_halfway("orphan.webm", live_clip());
  const auto pictures = packets_of(made.left, 'v').size();
  leave_behind(config, facts_of("left-orphan.webm"));

  Recovered recovered;
  JournalEntry::for_each_orphan(config, [&](JournalEntry& entry) { recovered = recover(config, entry); });

  EXPECT_TRUE(recovered.part.outcome.ok()) << recovered.part.outcome;
  EXPECT_TRUE(recovered.part.final);
  EXPECT_EQ(recovered.element, "sessions/a/elements/r");
  EXPECT_EQ(recovered.part.number, 2U);
  EXPECT_EQ(recovered.part.reason, PartReason::kSplit);
  EXPECT_EQ(recovered.part.video_frames, pictures);
  EXPECT_EQ(decoded_frames(made.left, 'v'), static_cast<int>(pictures));
  EXPECT_GT(test::duration_of(made.left), 1);
  EXPECT_FALSE(std::filesystem::exists(made.left + ".recovering"));
  EXPECT_THAT(orphans(config), testing::IsEmpty());
}

// Killed before the first frame was written.
TEST(Recovery, TakesAwayAFileWithNothingInIt) {
  const auto config = config_of("begun");
  const auto empty = test::write_file("begun.webm", "");
  leave_behind(config, facts_of("begun.webm"));

  Recovered recovered;
  JournalEntry::for_each_orphan(config, [&](JournalEntry& entry) { recovered = recover(config, entry); });

  EXPECT_EQ(reason_of(recovered.part.outcome), "NOTHING_RECORDED");
  EXPECT_FALSE(std::filesystem::exists(empty));
  EXPECT_THAT(orphans(config), testing::IsEmpty());
}

TEST(Recovery, LeavesAloneWhatItCannotFinish) {
  const auto config = config_of("unfinished");
  const auto other = test::write_file("other.webm", "something else");
  leave_behind(config, facts_of("other.webm"));
  leave_behind(config, facts_of("missing.webm"));
  auto outside = facts_of("x");
  outside["uri"] = "file:///etc/passwd";
  leave_behind(config, outside);

  std::vector<std::string> reasons;
  JournalEntry::for_each_orphan(config, [&](JournalEntry& entry) {
    reasons.push_back(reason_of(recover(config, entry).part.outcome));
  });

  EXPECT_THAT(reasons, testing::UnorderedElementsAre("MEDIA_ERROR", "NOTHING_RECORDED", "URI_NOT_ALLOWED"));
  EXPECT_EQ(read_file(other), "something else");
}

// Another recording has taken its name: that one's file is not this one's to take away.
TEST(PartFile, WithoutAFrameTakesAwayItsOwnFileOnly) {
  const auto config = config_of("empty");
  PartFile::Plan plan{.container = v1::CONTAINER_WEBM, .overwrite = true};
  plan.part.uri = facts_of("empty.webm")["uri"];
  auto first = PartFile::make(config, plan);
  auto second = PartFile::make(config, plan);
  ASSERT_TRUE(first.ok() && second.ok());
  const auto path = (*second)->part().path;
  Steps steps = 0;

  EXPECT_EQ(reason_of((*first)->finish(steps).outcome), "NOTHING_RECORDED");
  EXPECT_TRUE(std::filesystem::exists(path));

  EXPECT_EQ(reason_of((*second)->finish(steps).outcome), "NOTHING_RECORDED");
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace kms::recorder
