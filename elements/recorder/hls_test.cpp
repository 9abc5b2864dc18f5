// SPDX-License-Identifier: Apache-2.0
// Recordings as HLS: what lies in the folder, put together and decoded.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "elements/recorder/hls_recovery.hpp"
#include "elements/recorder/recorder_rig.hpp"
#include "elements/recorder/recovery.hpp"

namespace kms::recorder {
namespace {

using test::decoded_frames;
using test::demuxed;
using test::Feeder;
using test::make_clip;
using test::read_file;
using testing::HasSubstr;
using testing::Not;

// Names and durations in a playlist, in its order.
std::vector<std::pair<std::string, double>> segments_in(const std::string& playlist) {
  constexpr std::string_view kEntry = "#EXTINF:";
  std::vector<std::pair<std::string, double>> out;
  std::istringstream lines(playlist);
  for (std::string line, name; std::getline(lines, line);) {
    if (!line.starts_with(kEntry) || !std::getline(lines, name)) continue;
    out.emplace_back(name, std::stod(line.substr(kEntry.size())));
  }
  return out;
}

std::vector<std::string> names_in(const std::string& playlist) {
  std::vector<std::string> out;
  for (const auto& [name, duration] : segments_in(playlist)) out.push_back(name);
  return out;
}

// Where it begins in a playlist.
size_t second_segment(const std::string& playlist) {
  return playlist.find("#EXTINF", playlist.find("#EXTINF") + 1);
}

// An init segment and some segments, as one file.
std::string joined(const std::string& name, const std::vector<std::string>& files) {
  std::string bytes;
  for (const auto& file : files) bytes += read_file(test::media_folder() + "/" + file);
  return test::write_file(name, bytes);
}

v1::RecorderOptions hls(int target_s, unsigned window = 0) {
  auto options = whole_clip();
  options.mutable_hls()->mutable_target_duration()->set_seconds(target_s);
  options.mutable_hls()->set_window(window);
  return options;
}

std::string reason_of_making(const std::string& file, const v1::RecorderOptions& options) {
  const RecorderRig rig(file, options);
  return reason_of(rig.status());
}

// Two parts of two segments each.
Result<v1::Recording> record_two_sizes(const std::string& playlist) {
  const auto small = make_clip("small.mp4", 2);
  const auto large = test::make_media(
      "large.mp4",
      "mp4mux name=mux ! filesink location={} videotestsrc num-buffers=60 ! video/x-raw,width=640,height=480,"
      "framerate=30/1 ! x264enc key-int-max=30 bframes=0 ! mux. audiotestsrc num-buffers=94 "
      "samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! mux.");
  auto options = hls(1);
  options.set_stop_on_end_of_stream(false);
  RecorderRig rig(playlist, options);
  for (const auto& clip : {small, large}) rig.take_whole(clip, "qtdemux");
  return rig.stop();
}

TEST(Hls, SegmentsBeginWithKeyFramesAndHaveEveryFrame) {
  const auto clip = make_clip("hls.mp4", 6);  // a key frame a second
  Feeder feeder(demuxed(clip, "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("whole.m3u8", hls(2));
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));

  const auto playlist = read_file(rig.path());
  EXPECT_THAT(playlist, HasSubstr("#EXT-X-TARGETDURATION:2\n"));
  EXPECT_THAT(playlist, HasSubstr("#EXT-X-ENDLIST\n"));
  const auto segments = segments_in(playlist);
  ASSERT_EQ(segments.size(), 3U);
  std::vector<std::string> all{"whole-1-init.mp4"};
  for (const auto& [name, duration] : segments) {
    EXPECT_NEAR(duration, 2, 0.05) << name;
    const auto alone = joined("alone.mp4", {"whole-1-init.mp4", name});
    const auto packets = test::packets_of(alone, 'v');
    ASSERT_FALSE(packets.empty());
    EXPECT_TRUE(packets.at(0).key) << name;
    EXPECT_EQ(decoded_frames(alone, 'v'), 60) << name;
    all.push_back(name);
  }
  const auto whole = joined("joined.mp4", all);
  EXPECT_EQ(test::hashes_of(whole, 'v'), test::hashes_of(clip, 'v'));
  EXPECT_EQ(test::hashes_of(whole, 'a'), test::hashes_of(clip, 'a'));
}

TEST(Hls, ALivePlaylistSlidesAndItsOldFilesGo) {
  const auto clip = make_clip("hls12.mp4", 12);
  Feeder feeder(demuxed(clip, "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("live.m3u8", hls(1, 3));
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));

  const auto playlist = read_file(rig.path());
  EXPECT_THAT(playlist, HasSubstr("#EXT-X-MEDIA-SEQUENCE:9\n"));
  EXPECT_THAT(playlist, Not(HasSubstr("EVENT")));
  EXPECT_EQ(segments_in(playlist).size(), 3U);
  const auto there = [](int n) {
    return std::filesystem::exists(test::media_folder() + "/live-1-" + std::to_string(n) + ".m4s");
  };
  EXPECT_FALSE(there(1));
  EXPECT_FALSE(there(5));
  EXPECT_TRUE(there(6));
  EXPECT_TRUE(there(12));
}

TEST(Hls, APictureOfAnotherSizeIsADiscontinuity) {
  const auto recording = record_two_sizes("sizes.m3u8");
  ASSERT_TRUE(recording.ok()) << recording.status();

  const auto playlist = read_file(test::media_folder() + "/sizes.m3u8");
  EXPECT_THAT(playlist, HasSubstr("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"sizes-2-init.mp4\"\n"));
  ASSERT_EQ(recording->parts_size(), 2);
  EXPECT_EQ(recording->parts(1).uri(), recording->parts(0).uri());
  std::map<int, std::vector<std::string>> parts;
  for (const auto& [name, duration] : segments_in(playlist)) parts[name.at(6) - '0'].push_back(name);
  int frames = 0;
  for (auto& [number, files] : parts) {
    files.insert(files.begin(), "sizes-" + std::to_string(number) + "-init.mp4");
    frames += decoded_frames(joined("part.mp4", files), 'v');
  }
  EXPECT_EQ(frames, 120);
}

TEST(Hls, WhatAKilledServerLeftIsEndedWithItsLastWholeFragments) {
  const auto clip = make_clip("killed.mp4", 4);
  Feeder feeder(demuxed(clip, "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("killed.m3u8", hls(2));
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  // As it was before its end: the last segment is being written, the playlist does not have it.
  const auto folder = test::media_folder() + "/";
  const auto last = read_file(folder + "killed-1-2.m4s");
  std::filesystem::remove(folder + "killed-1-2.m4s");
  test::write_file("killed-1-2.m4s.tmp", last + last.substr(0, 100));  // in the head of a further fragment
  auto playlist = read_file(rig.path());
  const auto before = playlist.substr(0, second_segment(playlist));
  test::write_file("killed.m3u8", before);

  const auto finished = finish_hls(rig.path(), 1);

  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_THAT(read_file(rig.path()), HasSubstr("#EXT-X-ENDLIST\n"));
  const auto segments = segments_in(read_file(rig.path()));
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_GT(segments[1].second, 1.9);
  EXPECT_EQ(
      decoded_frames(joined("ended.mp4", {"killed-1-init.mp4", segments[0].first, segments[1].first}), 'v'),
      120);
  EXPECT_FALSE(std::filesystem::exists(folder + "killed-1-2.m4s.tmp"));
}

// Killed after the segment had its name, and before the playlist had the segment.
TEST(Hls, ASegmentThatThePlaylistOfAKilledServerHasNotIsInItAfterwards) {
  const auto clip = make_clip("killed.mp4", 4);
  const auto folder = test::media_folder() + "/";
  test::write_file("unlisted-1-3.m4s", "of an earlier recording");
  Feeder feeder(demuxed(clip, "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("unlisted.m3u8", hls(2));
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  const auto playlist = read_file(rig.path());
  test::write_file("unlisted.m3u8", playlist.substr(0, playlist.rfind("#EXTINF")));

  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(finish_hls(rig.path(), 1).ok());

    const auto segments = segments_in(read_file(rig.path()));
    ASSERT_EQ(segments.size(), 2U) << start;
    EXPECT_EQ(segments[1].first, "unlisted-1-2.m4s");
    EXPECT_NEAR(segments[1].second, 2, 0.1);
  }
  test::write_file("unlisted.m3u8", playlist.substr(0, playlist.find("#EXT-X-ENDLIST")));
  ASSERT_TRUE(finish_hls(rig.path(), 1).ok());
  EXPECT_EQ(segments_in(read_file(rig.path())).size(), 2U) << "of an earlier recording";
}

// Killed while the first of two parts was being finished: the playlist may have neither's rest.
TEST(Hls, WhatAKilledServerLeftOfTwoPartsIsInItsPlaylistOneAfterTheOther) {
  ASSERT_TRUE(record_two_sizes("two.m3u8").ok());
  const auto path = test::media_folder() + "/two.m3u8";
  const auto whole = read_file(path);
  test::write_file("two.m3u8", whole.substr(0, second_segment(whole)));
  const auto last = test::media_folder() + "/two-2-2.m4s";
  std::filesystem::rename(last, last + ".tmp");

  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(finish_hls(path, 1).ok());
    const auto finished = finish_hls(path, 2);
    ASSERT_TRUE(finished.ok()) << finished.status();
    EXPECT_GE(finished->duration, std::chrono::milliseconds(1900));

    const auto playlist = read_file(path);
    const auto end = playlist.find("#EXT-X-ENDLIST\n");
    EXPECT_EQ(end + 15, playlist.size()) << playlist;
    EXPECT_THAT(playlist, HasSubstr("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"two-2-init.mp4\"\n"));
    EXPECT_THAT(names_in(playlist),
                testing::ElementsAre("two-1-1.m4s", "two-1-2.m4s", "two-2-1.m4s", "two-2-2.m4s"));
  }
}

// What could not be finished at one start, for want of room, is at the next one.
TEST(Hls, WhatIsLeftOfAPartGetsBeforeTheNextOne) {
  ASSERT_TRUE(record_two_sizes("late.m3u8").ok());
  const auto path = test::media_folder() + "/late.m3u8";
  const auto whole = read_file(path);
  test::write_file("late.m3u8", whole.substr(0, second_segment(whole)));

  ASSERT_TRUE(finish_hls(path, 2).ok());
  ASSERT_TRUE(finish_hls(path, 1).ok());

  EXPECT_EQ(names_in(read_file(path)), names_in(whole));
  EXPECT_THAT(read_file(path), HasSubstr("late-1-2.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP"));
}

TEST(Hls, WhatIsAddedMayBeLongerThanTheTargetDuration) {
  ASSERT_TRUE(record_two_sizes("longer.m3u8").ok());
  const auto path = test::media_folder() + "/longer.m3u8";
  auto text = read_file(path);
  text.resize(second_segment(text));
  text.replace(text.find("#EXTINF:"), 16, "#EXTINF:7.600000");
  test::write_file("longer.m3u8", text);

  ASSERT_TRUE(finish_hls(path, 1).ok());

  EXPECT_THAT(read_file(path), HasSubstr("#EXT-X-TARGETDURATION:8\n"));
  for (const auto* damaged : {"inf", "nan", "-1e300", "1e300"}) {
    auto other = text;
    other.replace(other.find("#EXTINF:") + 8, 8, damaged);
    test::write_file("longer.m3u8", other);
    ASSERT_TRUE(finish_hls(path, 1).ok());
    EXPECT_THAT(read_file(path), testing::ContainsRegex("#EXT-X-TARGETDURATION:[0-9]\n")) << damaged;
  }
}

TEST(Hls, NothingIsLeftOfARecordingThatIsOverwritten) {
  ASSERT_TRUE(record_two_sizes("again.m3u8").ok());
  const auto others = {"again-1.m3u8", "again-1-1-init.mp4", "again-1-1-1.m4s", "again-1-x.m4s",
                       "against-1-1.m4s"};
  for (const auto* other : others) test::write_file(other, "");
  test::write_file("again-2-3.m4s.tmp", "");
  Config config;
  config.files.write = {test::media_folder()};

  ASSERT_TRUE(
      HlsShow::make(config, nullptr, {{}, "file://" + test::media_folder() + "/again.m3u8", "", true}).ok());

  std::vector<std::string> left;
  for (const auto& found : std::filesystem::directory_iterator(test::media_folder())) {
    const auto name = found.path().filename().string();
    if (name.starts_with("again")) left.push_back(name);
  }
  EXPECT_THAT(left, testing::UnorderedElementsAreArray(others));
}

// The application records again before the server has come to what was left.
TEST(Hls, ARecordingThatTookTheNameIsNotTouched) {
  Config config;
  config.files.write = {test::media_folder()};
  config.files.state = test::media_folder() + "/taken-over";
  const auto path = test::write_file("over.m3u8", "#EXTM3U\n");
  Facts facts{{"uri", "file://" + path}, {"container", std::to_string(v1::CONTAINER_HLS)}, {"number", "1"}};
  JournalEntry::make(config, facts);  // of the killed server
  auto living = JournalEntry::make(config, facts);

  std::vector<std::string> reasons;
  const auto recover_all = [&] {
    JournalEntry::for_each_orphan(config, [&](JournalEntry& entry) {
      reasons.push_back(reason_of(recover(config, entry).part.outcome));
    });
  };
  recover_all();

  EXPECT_THAT(reasons, testing::ElementsAre("NOTHING_RECORDED"));
  EXPECT_EQ(read_file(path), "#EXTM3U\n");
  living.remove();
  facts["show"] = "the same";
  JournalEntry::make(config, facts);
  auto other_part = JournalEntry::make(config, facts);  // that another server has taken over
  recover_all();
  other_part.remove();
  EXPECT_THAT(read_file(path), HasSubstr("#EXT-X-ENDLIST\n"));
}

// Until the playlist has its end the next start must know of it.
TEST(Hls, TheJournalKnowsOfItUntilItsPlaylistHasItsEnd) {
  Config config;
  config.files.write = {test::media_folder()};
  config.files.state = test::media_folder() + "/noted";
  const auto noted = [&] {
    const std::filesystem::directory_iterator found(config.files.state);
    return std::distance(begin(found), end(found));
  };
  PartFile::Plan plan{.container = v1::CONTAINER_HLS};
  plan.part.uri = "file://" + test::media_folder() + "/noted.m3u8";
  const auto show = HlsShow::make(config, nullptr, {{}, plan.part.uri, "", false});
  ASSERT_TRUE(show.ok());
  plan.hls = *show;
  Steps steps = 0;
  const auto make_part = [&](unsigned number) {
    plan.part.number = number;
    return *PartFile::make(config, plan);
  };

  const auto first = make_part(1);
  first->finish(steps);
  EXPECT_EQ(noted(), 1) << "no part but this one";
  const auto second = make_part(2);
  EXPECT_EQ(noted(), 1) << "the second";
  const auto third = make_part(3);
  second->finish(steps);
  EXPECT_EQ(noted(), 1) << "the third";
  third->finish(steps);
  EXPECT_EQ(noted(), 1) << "its playlist has no end";
  ASSERT_TRUE((*show)->close().ok());
  EXPECT_EQ(noted(), 0);
}

TEST(Hls, AFolderThatIsTakenAwayIsAnErrorAndNotMadeAgain) {
  Feeder feeder(live_h264(), Feeder::Pace::kRealTime);
  RecorderRig rig("taken/away.m3u8", hls(1));
  rig.link(feeder);
  feeder.start();
  const auto folder = test::media_folder() + "/taken";
  ASSERT_TRUE(test::eventually([&] { return std::filesystem::exists(folder + "/away-1-1.m4s.tmp"); }));

  std::filesystem::rename(folder, folder + "-away");

  EXPECT_TRUE(rig.host().wait_for("ElementError FILE_REMOVED"));
  static_cast<void>(rig.stop());
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(Hls, ALivePlaylistOfAKilledServerIsEndedWithTheLengthOfItsLastSegment) {
  const auto clip = make_clip("killed6.mp4", 6);
  Feeder feeder(demuxed(clip, "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("slid.m3u8", hls(1, 3));
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  const auto folder = test::media_folder() + "/";
  std::filesystem::rename(folder + "slid-1-6.m4s", folder + "slid-1-6.m4s.tmp");
  const auto playlist = read_file(rig.path());
  test::write_file("slid.m3u8", playlist.substr(0, playlist.rfind("#EXTINF")));

  const auto finished = finish_hls(rig.path(), 1);

  ASSERT_TRUE(finished.ok()) << finished.status();
  const auto segments = segments_in(read_file(rig.path()));
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[2].first, "slid-1-6.m4s");
  EXPECT_NEAR(segments[2].second, 1, 0.1);
  EXPECT_THAT(read_file(rig.path()), HasSubstr("#EXT-X-ENDLIST\n"));
}

TEST(Hls, OptionsOutOfRangeAreRefused) {
  EXPECT_EQ(reason_of_making("a.m3u8", hls(61)), "INVALID_OPTIONS");
  EXPECT_EQ(reason_of_making("a.m3u8", hls(2, 2)), "INVALID_OPTIONS");
  EXPECT_EQ(reason_of_making("a.m3u8", hls(2, 1001)), "INVALID_OPTIONS");
  auto other_name = hls(2);
  other_name.set_container(v1::CONTAINER_HLS);
  EXPECT_EQ(reason_of_making("a.mp4", other_name), "INVALID_OPTIONS");
}

}  // namespace
}  // namespace kms::recorder
