// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/recorder.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "elements/recorder/recorder_rig.hpp"

namespace kms::recorder {
namespace {

using test::decoded_frames;
using test::demuxed;
using test::Feeder;
using test::hashes_of;
using test::make_clip;
using test::packets_of;

// A clip of media_factory, how it is taken apart, and the recording's name.
struct Copy {
  std::string clip;
  std::string demuxer;
  std::string file;
};
void PrintTo(const Copy& copy, std::ostream* out) { *out << copy.clip << " to " << copy.file; }

class RecorderCopies : public testing::TestWithParam<Copy> {};

// How far the picture is ahead of the sound at the beginning, in seconds.
double head_start(const std::string& path) {
  return packets_of(path, 'a').at(0).pts - packets_of(path, 'v').at(0).pts;
}

TEST_P(RecorderCopies, EveryFrameByteForByteUntilTheSourcesEnd) {
  const auto clip = make_clip(GetParam().clip, 4);
  Feeder feeder(demuxed(clip, GetParam().demuxer), Feeder::Pace::kUnpaced);
  RecorderRig rig(GetParam().file, whole_clip());
  ASSERT_TRUE(rig.status().ok()) << rig.status();

  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));

  const auto recording = rig.recording();
  EXPECT_EQ(recording.state(), v1::STATE_FINISHED);
  EXPECT_EQ(rig.dropped(), 0U);
  EXPECT_EQ(hashes_of(rig.path(), 'v'), hashes_of(clip, 'v'));
  EXPECT_EQ(hashes_of(rig.path(), 'a'), hashes_of(clip, 'a'));
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), 120);
  EXPECT_EQ(decoded_frames(rig.path(), 'a'), decoded_frames(clip, 'a'));
  EXPECT_EQ(recording.recording().video_frames(), 120U);
  EXPECT_EQ(recording.recording().audio_frames(), hashes_of(clip, 'a').size());
  EXPECT_EQ(recording.recording().size_bytes(), std::filesystem::file_size(rig.path()));
}

TEST_P(RecorderCopies, TimesBeginAtZeroAndKeepSoundAndPictureTogether) {
  const auto clip = make_clip(GetParam().clip, 4);
  Feeder feeder(demuxed(clip, GetParam().demuxer), Feeder::Pace::kUnpaced);
  RecorderRig rig("sync-" + GetParam().file, whole_clip());

  rig.link(feeder);
  feeder.start();
  const auto finished = rig.host().wait_for("RecordingFinished");

  ASSERT_TRUE(finished);
  const auto video = packets_of(rig.path(), 'v');
  EXPECT_TRUE(video.at(0).key);
  EXPECT_NEAR(std::min(video.at(0).pts, packets_of(rig.path(), 'a').at(0).pts), 0, 0.1);
  EXPECT_GE(video.at(0).dts, -0.1);
  EXPECT_NEAR(head_start(rig.path()), head_start(clip), 0.012);
  EXPECT_NEAR(test::duration_of(rig.path()), test::duration_of(clip), 1.0 / 30);
  const auto duration = rig.recording().recording().duration();
  EXPECT_NEAR(static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9,
              test::duration_of(rig.path()), 1.0 / 30);
}

INSTANTIATE_TEST_SUITE_P(Containers, RecorderCopies,
                         testing::Values(Copy{"c.webm", "matroskademux", "c1.webm"},
                                         Copy{"c.mkv", "matroskademux", "c2.mkv"},
                                         Copy{"c.mp4", "qtdemux", "c3.mkv"},
                                         Copy{"c.mp4", "qtdemux", "c4.mp4"}),
                         [](const auto& run) {
                           auto name = run.param.clip + "To" + run.param.file;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(Recorder, StopFinishesTheFileAndSaysWhatIsInIt) {
  Feeder feeder(
      "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! vp8enc deadline=1 "
      "keyframe-max-dist=10 ! identity name=video  audiotestsrc is-live=true samplesperbuffer=960 ! "
      "audio/x-raw,rate=48000 ! opusenc ! identity name=audio",
      Feeder::Pace::kRealTime);
  RecorderRig rig("stop.webm");
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.record().ok());
  ASSERT_TRUE(rig.host().wait_for("RecordingStarted"));
  ASSERT_EQ(rig.recording().state(), v1::STATE_RECORDING);

  ASSERT_TRUE(rig.wait_video_frames(20));
  const auto first = rig.stop();
  const auto second = rig.stop();

  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->size_bytes(), std::filesystem::file_size(rig.path()));
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), static_cast<int>(first->video_frames()));
  EXPECT_EQ(second->ShortDebugString(), first->ShortDebugString());
  EXPECT_EQ(reason_of(rig.record()), "ALREADY_RECORDED");
}

TEST(Recorder, TakesWhatComesAfterRecordAndNothingFromBefore) {
  Feeder feeder(
      "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! vp8enc deadline=1 "
      "keyframe-max-dist=5 ! identity name=video",
      Feeder::Pace::kRealTime);
  RecorderRig rig("late.webm");
  rig.link(feeder, "video");
  feeder.start();
  ASSERT_TRUE(test::eventually([&] { return feeder.fan_out("video")->frames() >= 30; }));

  const auto before = feeder.fan_out("video")->frames();
  ASSERT_TRUE(rig.record().ok());
  ASSERT_TRUE(rig.wait_video_frames(10));
  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok());
  EXPECT_LE(recording->video_frames(), feeder.fan_out("video")->frames() - before);
  EXPECT_TRUE(packets_of(rig.path(), 'v').at(0).key);
}

TEST(Recorder, WritesSoundAlone) {
  const auto clip = make_clip("s.mp4", 2);
  auto options = whole_clip();
  options.set_tracks(v1::TRACKS_AUDIO_ONLY);
  Feeder feeder(demuxed(clip, "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("sound.mp4", options);

  rig.link(feeder, "audio");
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  EXPECT_EQ(hashes_of(rig.path(), 'a'), hashes_of(clip, 'a'));
  EXPECT_EQ(test::codec_of(rig.path(), 'v'), "");
}

TEST(Recorder, WritesPicturesAlone) {
  const auto clip = make_clip("p.mp4", 2);
  auto options = whole_clip();
  options.set_tracks(v1::TRACKS_VIDEO_ONLY);
  Feeder feeder(demuxed(clip, "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("pictures.mp4", options);

  rig.link(feeder, "video");
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  EXPECT_EQ(hashes_of(rig.path(), 'v'), hashes_of(clip, 'v'));
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), 60);
  EXPECT_EQ(test::codec_of(rig.path(), 'a'), "");
}

TEST(Recorder, BeginsWithoutATrackThatNeverComes) {
  const auto clip = make_clip("t.webm", 2);
  auto options = whole_clip();
  options.mutable_track_wait()->set_nanos(200000000);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  Feeder silent("appsrc ! identity name=audio", Feeder::Pace::kUnpaced);
  RecorderRig rig("alone.webm", options);

  rig.link(silent, "audio");
  rig.link(feeder, "video");
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingStarted"));
  ASSERT_TRUE(rig.wait_source_end("video"));
  const auto recording = rig.stop();
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->video_frames(), 60U);
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), 60);
}

TEST(Recorder, GoesOnWithoutATrackThatEndedLongBeforeTheOther) {
  Feeder feeder(
      "videotestsrc num-buffers=1500 ! video/x-raw,width=32,height=32,framerate=30/1 ! vp8enc deadline=1 ! "
      "identity name=video  audiotestsrc num-buffers=10 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! "
      "opusenc ! identity name=audio",
      Feeder::Pace::kUnpaced);
  RecorderRig rig("long.webm", whole_clip());

  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), 1500);
  EXPECT_EQ(rig.dropped(), 0U);
}

TEST(Recorder, LosesNothingOfATrackWhenTheOtherFallsSilent) {
  Feeder feeder(
      "videotestsrc is-live=true ! video/x-raw,width=32,height=32,framerate=500/1 ! vp8enc deadline=1 "
      "cpu-used=8 ! identity name=video  concat name=sound ! identity name=audio  audiotestsrc "
      "num-buffers=20 "
      "samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! sound.  appsrc ! sound.",
      Feeder::Pace::kRealTime);
  v1::RecorderOptions options;
  options.set_autostart(true);
  RecorderRig rig("silent.webm", options);
  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.wait_video_frames(2000));
  const auto recording = rig.stop();
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(rig.dropped(), 0U);
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), static_cast<int>(recording->video_frames()));
  EXPECT_EQ(packets_of(rig.path(), 'a').size(), recording->audio_frames());
  EXPECT_EQ(recording->parts_size(), 1);
}

TEST(Recorder, WaitsForMoreAfterItsSourcesEndedWhenAskedTo) {
  const auto clip = make_clip("m.webm", 1);
  v1::RecorderOptions options;
  options.set_autostart(true);
  RecorderRig rig("more.webm", options);
  for (int part = 1; part <= 2; ++part) rig.take_whole(clip, "matroskademux");

  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok());
  EXPECT_EQ(decoded_frames(rig.path(), 'v'), 60);
}

TEST(Recorder, GoesOnWithASourceThatTookThePlaceOfOneThatEnded) {
  const std::string sound = "! audio/x-raw,rate=48000 ! opusenc ! identity name=audio";
  Feeder first("audiotestsrc is-live=true samplesperbuffer=960 num-buffers=10 " + sound,
               Feeder::Pace::kRealTime);
  Feeder second("audiotestsrc is-live=true samplesperbuffer=960 " + sound, Feeder::Pace::kRealTime);
  Feeder pictures(
      "videotestsrc is-live=true num-buffers=40 ! video/x-raw,width=160,height=120,framerate=30/1 ! vp8enc "
      "deadline=1 cpu-used=8 ! identity name=video",
      Feeder::Pace::kRealTime);
  RecorderRig rig("replaced.webm", whole_clip());
  rig.link(first, "audio");
  rig.link(pictures, "video");
  first.start();
  pictures.start();
  second.start();
  ASSERT_TRUE(rig.wait_source_end("audio"));

  rig.link(second, "audio");
  ASSERT_TRUE(rig.wait_source_end("video"));
  const auto before = rig.recording().recording().audio_frames();

  EXPECT_TRUE(test::eventually([&] { return rig.recording().recording().audio_frames() > before + 25; }));
  EXPECT_EQ(rig.recording().state(), v1::STATE_RECORDING);
  EXPECT_TRUE(rig.stop().ok());
}

TEST(Recorder, ClosingFinishesTheFile) {
  const auto clip = make_clip("c.mp4", 4);
  auto options = whole_clip();
  options.set_stop_on_end_of_stream(false);
  Feeder feeder(demuxed(clip, "qtdemux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("closed.mp4", options);
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.wait_video_frames(30));

  rig.unlink("audio");
  rig.unlink("video");
  ASSERT_TRUE(rig.close().ok());

  EXPECT_GE(decoded_frames(rig.path(), 'v'), 30);
  EXPECT_TRUE(rig.host().wait_for("RecordingFinished"));
}

TEST(Recorder, StopWithoutMediaLeavesNoFile) {
  RecorderRig rig("nothing.webm");
  EXPECT_EQ(reason_of(rig.stop().status()), "NOT_RECORDING");

  ASSERT_TRUE(rig.record().ok());

  EXPECT_EQ(reason_of(rig.stop().status()), "NOTHING_RECORDED");
  EXPECT_EQ(reason_of(rig.stop().status()), "NOTHING_RECORDED");
  EXPECT_FALSE(std::filesystem::exists(rig.path()));
}

}  // namespace
}  // namespace kms::recorder
