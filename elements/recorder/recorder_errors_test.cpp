// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "elements/recorder/hls_recovery.hpp"
#include "elements/recorder/recorder_rig.hpp"
#include "tests/support/busy_workers.hpp"

namespace kms::recorder {
namespace {

using test::decoded_frames;
using test::demuxed;
using test::Feeder;
using test::make_clip;

// The process may write no file longer than this, as if the disk were full.
class ShortFiles {
 public:
  explicit ShortFiles(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit short_files{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &short_files);
  }
  ~ShortFiles() { setrlimit(RLIMIT_FSIZE, &before_); }
  ShortFiles(const ShortFiles&) = delete;
  ShortFiles& operator=(const ShortFiles&) = delete;

 private:
  rlimit before_{};
};

// Nothing of what a killed server left is lost for want of room: the next start tries again.
TEST(FullDiskAfterAKill, LeavesTheUnfinishedSegmentOfAPlaylist) {
  Feeder feeder(demuxed(make_clip("left.mp4", 4), "qtdemux"), Feeder::Pace::kUnpaced);
  auto options = whole_clip();
  options.mutable_hls()->mutable_target_duration()->set_seconds(2);
  RecorderRig rig("left.m3u8", options);
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  const auto segment = test::media_folder() + "/left-1-2.m4s";
  const auto bytes = test::read_file(segment);
  std::filesystem::rename(segment, segment + ".tmp");
  const auto playlist = test::read_file(rig.path());
  test::write_file("left.m3u8", playlist.substr(0, playlist.rfind("#EXTINF")));

  {
    const ShortFiles limit(bytes.size() / 2);
    EXPECT_EQ(reason_of(finish_hls(rig.path(), 1).status()), "NO_SPACE");
  }
  EXPECT_EQ(test::read_file(segment + ".tmp"), bytes);

  ASSERT_TRUE(finish_hls(rig.path(), 1).ok());
  EXPECT_EQ(test::read_file(segment), bytes);
  EXPECT_THAT(test::read_file(rig.path()), testing::EndsWith("left-1-2.m4s\n#EXT-X-ENDLIST\n"));
}

class FullDisk : public testing::TestWithParam<const char*> {};

// What is in the file plays, and is what is told of it.
TEST_P(FullDisk, EndsTheRecordingAndKeepsWhatIsWritten) {
  const std::string ending = GetParam();
  const auto clip = make_clip(ending == ".webm" ? "full-source.webm" : "full-source.mp4", 8);
  Feeder feeder(demuxed(clip, ending == ".webm" ? "matroskademux" : "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("full" + ending, whole_clip());
  const ShortFiles limit(std::filesystem::file_size(clip) / 2);

  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("ElementError NO_SPACE"));
  EXPECT_EQ(rig.recording().state(), v1::STATE_FAILED);
  EXPECT_EQ(reason_of(rig.stop().status()), "NO_SPACE");
  ASSERT_TRUE(rig.host().wait_for("PartFinished"));
  const auto recording = rig.recording().recording();
  ASSERT_EQ(recording.parts_size(), 1);
  EXPECT_EQ(recording.parts(0).failure(), "NO_SPACE");
  EXPECT_GT(recording.video_frames(), 10U);
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), static_cast<int>(recording.video_frames()));
  EXPECT_EQ(test::packets_of(rig.path(), 'a').size(), recording.audio_frames());
}

TEST(RecorderErrors, ADiskThatIsFullFromTheBeginningLeavesNoFileAndNoFrames) {
  const auto clip = make_clip("never-source.webm", 1);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("never.webm", whole_clip());
  const ShortFiles limit(100);

  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("ElementError NO_SPACE"));
  EXPECT_EQ(reason_of(rig.stop().status()), "NO_SPACE");
  ASSERT_TRUE(rig.host().wait_for("PartFinished"));
  EXPECT_EQ(rig.recording().recording().video_frames(), 0U);
  EXPECT_FALSE(std::filesystem::exists(rig.path()));
}

INSTANTIATE_TEST_SUITE_P(Containers, FullDisk, testing::Values(".webm", ".mkv", ".mp4"),
                         [](const auto& run) { return std::string(run.param).substr(1); });

TEST(RecorderErrors, AFolderThatCannotBeMadeIsAnElementError) {
  test::write_file("no-folder", "a file");
  const auto clip = make_clip("folder-source.webm", 1);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("no-folder/x.webm", whole_clip());
  ASSERT_TRUE(rig.status().ok()) << rig.status();

  rig.link(feeder);
  feeder.start();

  EXPECT_TRUE(rig.host().wait_for("ElementError WRITE_FAILED"));
  EXPECT_EQ(reason_of(rig.stop().status()), "WRITE_FAILED");
}

TEST(RecorderErrors, MissingFoldersAreMade) {
  const auto clip = make_clip("made-source.webm", 1);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("a/b/c.webm", whole_clip());

  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), 30);
}

TEST(RecorderErrors, AFileThatIsThereIsRefusedUnlessOverwritten) {
  const auto clip = make_clip("over-source.webm", 1);
  test::write_file("there.webm", "something else");
  EXPECT_EQ(reason_of(RecorderRig("there.webm").status()), "FILE_EXISTS");
  auto options = whole_clip();
  options.set_overwrite(true);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("there.webm", options);

  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), 30);
}

TEST(RecorderErrors, AFileThatAppearsLaterIsNotTouched) {
  const auto clip = make_clip("later-source.webm", 1);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("later.webm", whole_clip());
  test::write_file("later.webm", "mine");

  rig.link(feeder);
  feeder.start();

  EXPECT_TRUE(rig.host().wait_for("ElementError FILE_EXISTS"));
  EXPECT_EQ(reason_of(rig.stop().status()), "FILE_EXISTS");
  EXPECT_EQ(std::filesystem::file_size(rig.path()), 4U);
}

// Whichever comes first: the end of its last part, or the answer to Stop.
TEST(RecorderErrors, OneThatFailsAnswersItsCloseOnce) {
  const auto clip = make_clip("later-source.webm", 1);
  for (unsigned tenths = 0; tenths < 40; tenths += 2) {
    Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
    RecorderRig rig("answers.webm", whole_clip());
    const auto path = test::write_file("answers.webm", "mine");
    const auto hold = [&](std::chrono::microseconds time) {
      const auto end = std::chrono::steady_clock::now() + time;
      while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
    };
    rig.link(feeder);
    feeder.start();
    ASSERT_TRUE(rig.host().wait_for("ElementError FILE_EXISTS"));
    hold(std::chrono::microseconds(100 * tenths));

    // What is done meanwhile is told before Stop's answer.
    const auto closed = rig.close([&] { hold(std::chrono::milliseconds(20)); });
    std::filesystem::remove(path);

    EXPECT_TRUE(closed.ok()) << tenths;
  }
}

TEST(RecorderErrors, AFileThatIsRemovedWhileItIsWrittenIsAnErrorAndOthersGoOn) {
  Feeder feeder(live_clip(), Feeder::Pace::kRealTime);
  RecorderRig rig("removed/removed.webm", beginning());
  RecorderRig other("kept.webm", beginning());
  for (auto* each : {&rig, &other}) each->link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.wait_video_frames(10) && other.wait_video_frames(10));

  std::filesystem::remove_all(std::filesystem::path(rig.path()).parent_path());

  EXPECT_TRUE(rig.host().wait_for("ElementError FILE_REMOVED"));
  EXPECT_EQ(rig.recording().state(), v1::STATE_FAILED);
  const auto before = other.recording().recording().video_frames();
  EXPECT_TRUE(other.wait_video_frames(before + 10));
  const auto kept = other.stop();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(decoded_frames(other.path(), 'v'), static_cast<int>(kept->video_frames()));
}

// Those of another user, where this one is root.
class LostPermissions {
 public:
  explicit LostPermissions(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::permissions(folder_, std::filesystem::perms::none);
    EXPECT_EQ(root_ ? seteuid(65534) : 0, 0);
  }
  ~LostPermissions() {
    EXPECT_EQ(root_ ? seteuid(0) : 0, 0);
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  }
  LostPermissions(const LostPermissions&) = delete;
  LostPermissions& operator=(const LostPermissions&) = delete;

 private:
  const std::filesystem::path folder_;
  const bool root_ = geteuid() == 0;
};

TEST(RecorderErrors, APermissionThatIsLostIsToldAndOthersGoOn) {
  Feeder feeder(live_clip(), Feeder::Pace::kRealTime);
  RecorderRig rig("locked/locked.webm", beginning());
  RecorderRig other("unlocked.webm", beginning());
  for (auto* each : {&rig, &other}) each->link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.wait_video_frames(20) && other.wait_video_frames(20));

  {
    const LostPermissions lost(std::filesystem::path(rig.path()).parent_path());
    EXPECT_TRUE(rig.host().wait_for("ElementError WRITE_FAILED"));
    EXPECT_TRUE(other.wait_video_frames(other.recording().recording().video_frames() + 10));
  }

  EXPECT_EQ(reason_of(rig.stop().status()), "WRITE_FAILED");
  const auto left = rig.recording().recording();
  EXPECT_GT(left.video_frames(), 5U);
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), static_cast<int>(left.video_frames()));
  const auto kept = other.stop();
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(decoded_frames(other.path(), 'v'), static_cast<int>(kept->video_frames()));
}

TEST(RecorderErrors, OptionsAreChecked) {
  v1::RecorderOptions options;
  options.mutable_split_duration()->set_nanos(1);
  EXPECT_EQ(reason_of(RecorderRig("w.webm", options).status()), "INVALID_OPTIONS");
  options.clear_split_duration();
  options.set_split_bytes(1000);
  EXPECT_EQ(reason_of(RecorderRig("w.webm", options).status()), "INVALID_OPTIONS");
  options.clear_split_bytes();
  options.set_video_tracks(9);
  EXPECT_EQ(reason_of(RecorderRig("w.webm", options).status()), "INVALID_OPTIONS");
  options.clear_video_tracks();
  EXPECT_EQ(reason_of(RecorderRig("{name}.webm", options).status()), "INVALID_OPTIONS");
  EXPECT_EQ(reason_of(RecorderRig("{time", options).status()), "INVALID_OPTIONS");
  EXPECT_EQ(reason_of(RecorderRig("no-ending", options).status()), "INVALID_OPTIONS");
  EXPECT_EQ(reason_of(RecorderRig("../x.webm", options).status()), "URI_NOT_ALLOWED");
  options.mutable_track_wait()->set_seconds(61);
  EXPECT_EQ(reason_of(RecorderRig("w.webm", options).status()), "INVALID_OPTIONS");
  options.clear_track_wait();
  options.set_container(v1::CONTAINER_MATROSKA);
  RecorderRig rig("no-ending", options);
  EXPECT_TRUE(rig.status().ok());
  EXPECT_EQ(rig.accepts("video").front(), graph::encoded("H264"));
}

// Pictures of one size, then of another, from one source.
std::string two_sizes(const std::string& encoder) {
  return "concat name=c ! identity name=video  "
         "videotestsrc num-buffers=30 ! video/x-raw,width=160,height=120,framerate=30/1 ! " +
         encoder +
         " ! queue ! c.  videotestsrc num-buffers=30 ! video/x-raw,width=320,height=240,framerate=30/1 ! " +
         encoder + " ! queue ! c.";
}

// Both parts, whole, one after the other.
void expect_two_parts(const RecorderRig& rig, const v1::Recording& recording) {
  ASSERT_EQ(recording.parts_size(), 2);
  EXPECT_EQ(recording.parts(1).reason(), v1::PART_REASON_FORMAT_CHANGED);
  EXPECT_EQ(recording.parts(1).uri(), "file://" + rig.part(2));
  for (const int number : {1, 2}) {
    EXPECT_EQ(recording.parts(number - 1).video_frames(), 30U);
    EXPECT_EQ(decoded_frames(rig.part(number), 'v'), 30) << number;
    EXPECT_NEAR(test::duration_of(rig.part(number)), 1, 0.034) << number;
  }
}

TEST(RecorderErrors, AnH264PictureThatChangesItsSizeBeginsANewPart) {
  for (const std::string file : {"size.mp4", "size.mkv"}) {
    Feeder feeder(two_sizes("x264enc speed-preset=ultrafast tune=zerolatency ! h264parse ! "
                            "video/x-h264,stream-format=avc,alignment=au"),
                  Feeder::Pace::kUnpaced);
    RecorderRig rig(file, whole_clip());

    rig.link(feeder, "video");
    feeder.start();

    ASSERT_TRUE(rig.host().wait_for("RecordingFinished")) << file;
    expect_two_parts(rig, rig.recording().recording());
  }
}

TEST(RecorderErrors, AnH264SizeThatOnlyTheBytesTellIsSeenToo) {
  Feeder feeder(two_sizes("x264enc speed-preset=ultrafast tune=zerolatency ! "
                          "video/x-h264,stream-format=byte-stream,alignment=au"),
                Feeder::Pace::kUnpaced);
  RecorderRig rig("bytes.mp4", whole_clip());

  rig.link(feeder, "video");
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  expect_two_parts(rig, rig.recording().recording());
}

TEST(RecorderErrors, Vp8MayChangeItsSize) {
  Feeder feeder(two_sizes("vp8enc deadline=1 cpu-used=8"), Feeder::Pace::kUnpaced);
  RecorderRig rig("vp8-sizes.webm", whole_clip());

  rig.link(feeder, "video");
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), 60);
  EXPECT_FALSE(testing::Value(rig.host().events(), testing::Contains(testing::HasSubstr("ElementError"))));
}

TEST(RecorderErrors, AFileIsNotMadeAfterStopGaveUp) {
  const auto clip = make_clip("slow-source.webm", 1);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("slow.webm", whole_clip(), std::chrono::milliseconds(300));
  auto hang = std::make_optional<test::BusyWorkers>(rig.workers());
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(test::eventually([&] { return rig.recording().state() == v1::STATE_RECORDING; }));

  EXPECT_EQ(reason_of(rig.stop().status()), "PIPELINE_STUCK");
  hang.reset();
  rig.wait_idle();
  rig.wait_idle();

  EXPECT_FALSE(std::filesystem::exists(rig.path()));
}

TEST(RecorderErrors, ATrackThatNeverComesIsNotWaitedForLongerWhenTheOtherIsLinkedAnew) {
  Feeder feeder(
      "videotestsrc is-live=true ! video/x-raw,width=32,height=32,framerate=50/1 ! vp8enc deadline=1 "
      "cpu-used=8 keyframe-max-dist=1 ! identity name=video  appsrc ! identity name=audio",
      Feeder::Pace::kRealTime);
  auto options = whole_clip();
  options.mutable_track_wait()->set_seconds(1);
  RecorderRig rig("relinked.webm", options);
  rig.link(feeder);
  feeder.start();

  EXPECT_TRUE(test::eventually([&] {
    rig.unlink("video");
    rig.link(feeder, "video");
    return testing::Value(rig.host().events(), testing::Contains(testing::HasSubstr("RecordingStarted")));
  }));
}

}  // namespace
}  // namespace kms::recorder
