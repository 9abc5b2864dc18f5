// SPDX-License-Identifier: Apache-2.0
// Recordings of several parts, with gaps, pauses and more tracks than two.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <numeric>

#include "elements/recorder/recorder_rig.hpp"

namespace kms::recorder {
namespace {

using test::decoded_frames;
using test::demuxed;
using test::Feeder;
using test::hashes_of;
using test::make_clip;
using test::packets_of;

constexpr double kFrame = 1.0 / 30;

double seconds_of(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

// Each part decodes, begins with a key frame, and is what its numbers say.
void expect_whole(const RecorderRig& rig, const v1::Recording& recording) {
  for (const auto& part : recording.parts()) {
    const auto path = rig.part(static_cast<int>(part.number()));
    SCOPED_TRACE(path);
    EXPECT_TRUE(part.final());
    EXPECT_EQ(part.uri(), "file://" + path);
    EXPECT_EQ(part.size_bytes(), std::filesystem::file_size(path));
    EXPECT_NEAR(test::duration_of(path), seconds_of(part.duration()), kFrame);
    if (part.video_frames() == 0) continue;
    EXPECT_EQ(decoded_frames(path, 'v'), static_cast<int>(part.video_frames()));
    EXPECT_TRUE(packets_of(path, 'v').at(0).key);
  }
}

std::vector<std::string> hashes_of_parts(const RecorderRig& rig, int count, char track) {
  std::vector<std::string> out;
  for (int number = 1; number <= count; ++number) {
    const auto hashes = hashes_of(rig.part(number), track);
    out.insert(out.end(), hashes.begin(), hashes.end());
  }
  return out;
}

// Whether `some` follow each other in `all` as they are.
bool lies_in(const std::vector<std::string>& some, const std::vector<std::string>& all) {
  return std::search(all.begin(), all.end(), some.begin(), some.end()) != all.end();
}

class SplitClips : public testing::TestWithParam<const char*> {};

TEST_P(SplitClips, ByTimeLoseNoFrame) {
  const std::string ending = GetParam();
  const auto clip = make_clip("split" + ending, 6);
  auto options = whole_clip();
  options.mutable_split_duration()->set_seconds(2);
  Feeder feeder(demuxed(clip, ending == ".mp4" ? "qtdemux" : "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("parts" + ending, options);

  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  const auto recording = rig.recording().recording();
  ASSERT_EQ(recording.parts_size(), 3) << recording.ShortDebugString();
  expect_whole(rig, recording);
  for (const auto& part : recording.parts()) {
    EXPECT_EQ(part.video_frames(), 60U);
    // Of a source that is as fast as it is taken, sound may be ahead of the pictures when these are cut.
    EXPECT_GT(seconds_of(part.duration()), 1.9);
    EXPECT_LT(seconds_of(part.duration()), 3.2);
  }
  EXPECT_EQ(recording.parts(1).reason(), v1::PART_REASON_DURATION);
  EXPECT_EQ(hashes_of_parts(rig, 3, 'v'), hashes_of(clip, 'v'));
  EXPECT_EQ(hashes_of_parts(rig, 3, 'a'), hashes_of(clip, 'a'));
}

INSTANTIATE_TEST_SUITE_P(Containers, SplitClips, testing::Values(".webm", ".mp4"),
                         [](const auto& run) { return std::string(run.param).substr(1); });

TEST(Parts, BySizeLoseNoFrame) {
  const auto clip = make_clip("bytes.webm", 6);
  auto options = whole_clip();
  options.set_split_bytes(100000);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("sized.webm", options);

  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  const auto recording = rig.recording().recording();
  ASSERT_GT(recording.parts_size(), 1);
  expect_whole(rig, recording);
  EXPECT_GE(recording.parts(0).size_bytes(), 100000U);
  EXPECT_EQ(recording.parts(1).reason(), v1::PART_REASON_SIZE);
  EXPECT_EQ(hashes_of_parts(rig, recording.parts_size(), 'v'), hashes_of(clip, 'v'));
  EXPECT_EQ(hashes_of_parts(rig, recording.parts_size(), 'a'), hashes_of(clip, 'a'));
}

// The key frame that is asked for comes before the next one that is due.
TEST(Parts, OnRequestLoseNoFrameOfALiveSource) {
  Feeder feeder(live_clip(), Feeder::Pace::kRealTime);
  RecorderRig rig("request.webm", beginning());
  RecorderRig whole("whole.webm", beginning());
  for (auto* each : {&rig, &whole}) each->link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.wait_video_frames(20));

  ASSERT_TRUE(rig.command(&RecorderElement::split).ok());
  ASSERT_TRUE(rig.host().wait_for("PartStarted", 2));
  ASSERT_TRUE(rig.wait_video_frames(rig.recording().recording().video_frames() + 20));
  const auto recording = rig.stop();
  ASSERT_TRUE(whole.wait_video_frames(recording->video_frames() + 5));
  ASSERT_TRUE(whole.wait_audio_frames(recording->audio_frames() + 5));
  ASSERT_TRUE(whole.stop().ok());

  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->parts_size(), 2);
  EXPECT_EQ(recording->parts(1).reason(), v1::PART_REASON_SPLIT);
  expect_whole(rig, *recording);
  EXPECT_TRUE(lies_in(hashes_of_parts(rig, 2, 'v'), hashes_of(whole.path(), 'v')));
  EXPECT_TRUE(lies_in(hashes_of_parts(rig, 2, 'a'), hashes_of(whole.path(), 'a')));
  const auto first = recording->parts(0).start_time();
  const auto second = recording->parts(1).start_time();
  const double apart =
      static_cast<double>(second.seconds() - first.seconds()) + (second.nanos() - first.nanos()) * 1e-9;
  EXPECT_NEAR(apart, seconds_of(recording->parts(0).duration()), 0.1);
}

TEST(Parts, ATrackThatComesLateBeginsANewOneWithoutLosingAFrame) {
  Feeder feeder(live_clip(), Feeder::Pace::kRealTime);
  auto options = beginning();
  options.mutable_track_wait()->set_nanos(1);
  RecorderRig rig("late-sound.webm", options);
  RecorderRig whole("early.webm", beginning());
  rig.link(feeder, "video");
  whole.link(feeder, "video");
  feeder.start();
  ASSERT_TRUE(rig.wait_video_frames(20));

  rig.link(feeder, "audio");
  ASSERT_TRUE(rig.host().wait_for("PartStarted", 2));
  ASSERT_TRUE(rig.wait_video_frames(rig.recording().recording().video_frames() + 20));
  ASSERT_TRUE(rig.wait_audio_frames(21));
  const auto recording = rig.stop();
  ASSERT_TRUE(whole.wait_video_frames(recording->video_frames() + 5));
  ASSERT_TRUE(whole.stop().ok());

  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->parts_size(), 2);
  EXPECT_EQ(recording->parts(1).reason(), v1::PART_REASON_TRACKS_CHANGED);
  expect_whole(rig, *recording);
  EXPECT_EQ(recording->parts(0).audio_frames(), 0U);
  EXPECT_GT(recording->parts(1).audio_frames(), 20U);
  EXPECT_TRUE(lies_in(hashes_of_parts(rig, 2, 'v'), hashes_of(whole.path(), 'v')));
}

TEST(Parts, ATrackThatIsDisconnectedForGoodBeginsANewOneWithoutIt) {
  Feeder feeder(live_clip(), Feeder::Pace::kRealTime);
  RecorderRig rig("gone.webm", beginning());
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.wait_video_frames(20));

  rig.unlink("audio");
  ASSERT_TRUE(rig.host().wait_for("PartStarted", 2));
  ASSERT_TRUE(rig.wait_video_frames(rig.recording().recording().video_frames() + 10));
  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->parts_size(), 2);
  EXPECT_EQ(recording->parts(1).reason(), v1::PART_REASON_TRACKS_CHANGED);
  expect_whole(rig, *recording);
  EXPECT_EQ(test::codec_of(rig.part(2), 'a'), "");
}

class LiveParts : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Containers, LiveParts, testing::Values(".webm", ".mkv", ".mp4"),
                         [](const auto& run) { return std::string(run.param).substr(1); });

// It is disconnected for less than it takes to be gone.
TEST_P(LiveParts, ATrackThatComesBackGoesOnAfterAGapInTheSameFile) {
  const auto file = "gap" + std::string(GetParam());
  Feeder feeder(live_for(file), Feeder::Pace::kRealTime);
  RecorderRig rig(file, beginning());
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.wait_video_frames(20));

  rig.unlink("audio");
  const auto& sound_of_it = *feeder.fan_out("audio");  // of 20 ms
  const auto missed_from = sound_of_it.frames();
  ASSERT_TRUE(test::eventually([&] { return sound_of_it.frames() >= missed_from + 40; }));
  rig.link(feeder, "audio");
  const auto before = rig.recording().recording().audio_frames();
  ASSERT_TRUE(test::eventually([&] { return rig.recording().recording().audio_frames() > before + 25; }));
  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->parts_size(), 1);
  expect_whole(rig, *recording);
  const auto sound = packets_of(rig.path(), 'a');
  double longest = 0;
  for (size_t i = 1; i < sound.size(); ++i) longest = std::max(longest, sound[i].pts - sound[i - 1].pts);
  EXPECT_GT(longest, 0.5) << file;
  EXPECT_NEAR(sound.back().pts, packets_of(rig.path(), 'v').back().pts, 0.3) << file;
}

// Two sources, one after the other.
struct CodecChange {
  std::string file;
  char track;
  std::array<std::string, 2> encoders;
  std::array<std::string, 2> codecs;  // as ffprobe has them
};

constexpr auto kVp8 = "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=15";
constexpr auto kVp9 = "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=15";
constexpr auto kH264 = "x264enc speed-preset=ultrafast tune=zerolatency key-int-max=15 ! h264parse";
constexpr auto kAv1 =
    "av1enc usage-profile=realtime cpu-used=8 lag-in-frames=0 keyframe-max-dist=15 ! av1parse";
constexpr auto kH265 = "x265enc speed-preset=ultrafast tune=zerolatency key-int-max=15 ! h265parse";

class CodecChanges : public testing::TestWithParam<CodecChange> {
 protected:
  // `slowly`: it falls behind the clock.
  static std::string source(size_t which, bool slowly = false) {
    const auto& change = GetParam();
    const bool video = change.track == 'v';
    const std::string raw =
        video ? "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! "
              : "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! ";
    const std::string late = video ? "identity sleep-time=60000 ! " : "identity sleep-time=35000 ! ";
    return raw + (slowly ? late : "") + change.encoders.at(which) +
           " ! identity name=" + (video ? "video" : "audio");
  }
  static bool wait_more(RecorderRig& rig) {
    const auto frames = [&] {
      const auto recording = rig.recording().recording();
      return recording.video_frames() + recording.audio_frames();
    };
    const auto before = frames();
    return test::eventually([&] { return frames() > before + 20; });
  }
};

TEST_P(CodecChanges, BeginANewPart) {
  const auto& change = GetParam();
  const std::string port = change.track == 'v' ? "video" : "audio";
  Feeder first(source(0), Feeder::Pace::kRealTime);
  Feeder second(source(1), Feeder::Pace::kRealTime);
  RecorderRig rig(change.file, beginning());
  rig.link(first, port);
  first.start();
  second.start();
  ASSERT_TRUE(wait_more(rig));

  rig.link(second, port);
  ASSERT_TRUE(rig.host().wait_for("PartStarted", 2));
  ASSERT_TRUE(wait_more(rig));
  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->parts_size(), 2);
  EXPECT_EQ(recording->parts(1).reason(), v1::PART_REASON_FORMAT_CHANGED);
  expect_whole(rig, *recording);
  for (const int number : {1, 2}) {
    EXPECT_EQ(test::codec_of(rig.part(number), change.track), change.codecs.at(number - 1U));
    EXPECT_GT(decoded_frames(rig.part(number), change.track), 10);
  }
}

class LaggingPictures : public CodecChanges {};

// An encoder on a busy machine: its first pictures are older than the last ones of the source before.
TEST_P(LaggingPictures, KeepTheirOrder) {
  Feeder first(source(0), Feeder::Pace::kRealTime);
  Feeder second(source(1, true), Feeder::Pace::kRealTime);
  RecorderRig rig("lagging-" + GetParam().file, beginning());
  rig.link(first, "video");
  first.start();
  second.start();
  ASSERT_TRUE(wait_more(rig));
  ASSERT_TRUE(test::eventually([&] { return second.fan_out("video")->frames() >= 12; }));

  rig.link(second, "video");
  ASSERT_TRUE(wait_more(rig));
  ASSERT_TRUE(wait_more(rig));
  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok()) << recording.status();
  const bool same = GetParam().encoders[0] == GetParam().encoders[1];
  ASSERT_EQ(recording->parts_size(), same ? 1 : 2);
  expect_whole(rig, *recording);
  for (const auto& part : recording->parts()) {
    const auto pictures = packets_of(rig.part(static_cast<int>(part.number())), 'v');
    for (size_t i = 1; i < pictures.size(); ++i) EXPECT_GT(pictures[i].pts, pictures[i - 1].pts) << i;
  }
}

class LaggingSound : public CodecChanges {};

// What is older than the last of the source before would lie over it.
TEST_P(LaggingSound, GoesOnWhereTheOtherEnded) {
  Feeder first(source(0), Feeder::Pace::kRealTime);
  Feeder second(source(1, true), Feeder::Pace::kRealTime);
  RecorderRig rig("lagging-" + GetParam().file, beginning());
  rig.link(first, "audio");
  first.start();
  second.start();
  ASSERT_TRUE(wait_more(rig));
  ASSERT_TRUE(test::eventually([&] { return second.fan_out("audio")->frames() >= 20; }));

  rig.link(second, "audio");
  ASSERT_TRUE(wait_more(rig));
  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok()) << recording.status();
  expect_whole(rig, *recording);
  for (const auto& part : recording->parts()) {
    const auto path = rig.part(static_cast<int>(part.number()));
    EXPECT_GT(decoded_frames(path, 'a'), 10);
    const auto sound = packets_of(path, 'a');
    size_t seams = 0;  // less than a packet lies over the other
    for (size_t i = 1; i < sound.size(); ++i) {
      EXPECT_GT(sound[i].pts, sound[i - 1].pts) << i;
      if (sound[i].pts < sound[i - 1].pts + 0.01) ++seams;
    }
    EXPECT_LE(seams, 1U);
  }
}

std::string name_of_change(const testing::TestParamInfo<CodecChange>& run) {
  auto name = run.param.file;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Containers, LaggingPictures,
                         testing::Values(CodecChange{"to-h265.mp4", 'v', {kH264, kH265}, {}},
                                         CodecChange{"to-h264.mp4", 'v', {kH265, kH264}, {}},
                                         CodecChange{"h264.mkv", 'v', {kH264, kH264}, {}},
                                         CodecChange{"h265.mp4", 'v', {kH265, kH265}, {}},
                                         CodecChange{"to-vp9.mkv", 'v', {kVp8, kVp9}, {}},
                                         CodecChange{"to-av1.mp4", 'v', {kH264, kAv1}, {}},
                                         CodecChange{"vp8.webm", 'v', {kVp8, kVp8}, {}}),
                         name_of_change);

INSTANTIATE_TEST_SUITE_P(
    Containers, LaggingSound,
    testing::Values(CodecChange{"to-opus.mp4", 'a', {"avenc_aac ! aacparse", "opusenc"}, {}},
                    CodecChange{"opus.webm", 'a', {"opusenc", "opusenc"}, {}},
                    CodecChange{"aac.mkv", 'a', {"avenc_aac ! aacparse", "avenc_aac ! aacparse"}, {}}),
    name_of_change);

INSTANTIATE_TEST_SUITE_P(
    Containers, CodecChanges,
    testing::Values(CodecChange{"codec-pictures.webm", 'v', {kVp8, kVp9}, {"vp8", "vp9"}},
                    CodecChange{"codec-pictures.mp4", 'v', {kH264, kH265}, {"h264", "hevc"}},
                    CodecChange{"codec-pictures.mkv", 'v', {kVp8, kH264}, {"vp8", "h264"}},
                    CodecChange{"codec-sound.mp4", 'a', {"avenc_aac ! aacparse", "opusenc"}, {"aac", "opus"}},
                    CodecChange{
                        "codec-sound.mkv", 'a', {"opusenc", "avenc_aac ! aacparse"}, {"opus", "aac"}}),
    name_of_change);

// What is paused is not in the file, and sound and pictures are cut at the same place.
TEST_P(LiveParts, APauseIsCutOut) {
  const auto file = "pause" + std::string(GetParam());
  Feeder feeder(live_for(file), Feeder::Pace::kRealTime);
  RecorderRig rig(file, beginning());
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.wait_video_frames(30));

  ASSERT_TRUE(rig.command(&RecorderElement::pause).ok());
  EXPECT_EQ(rig.recording().state(), v1::STATE_PAUSED);
  const auto passed = feeder.fan_out("video")->frames();
  ASSERT_TRUE(test::eventually([&] { return feeder.fan_out("video")->frames() >= passed + 45; }));
  const auto frames = rig.recording().recording().video_frames();
  ASSERT_TRUE(rig.command(&RecorderElement::resume).ok());
  ASSERT_TRUE(rig.wait_video_frames(frames + 30));
  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->parts_size(), 1);
  expect_whole(rig, *recording);
  const auto pictures = packets_of(rig.path(), 'v');
  const auto sound = packets_of(rig.path(), 'a');
  EXPECT_NEAR(pictures.back().pts, static_cast<double>(pictures.size() - 1) * kFrame, 2 * kFrame);
  for (size_t i = 1; i < pictures.size(); ++i)
    EXPECT_LT(pictures[i].pts - pictures[i - 1].pts, 3 * kFrame) << i;
  for (size_t i = 1; i < sound.size(); ++i) EXPECT_LT(sound[i].pts - sound[i - 1].pts, 0.08) << i;
  EXPECT_NEAR(sound.back().pts, pictures.back().pts, 0.15);
}

// The times of a source that is as fast as it is taken are none of the clock's.
TEST(Parts, APauseBeforeUnpacedMediaComesCutsOutAllOfIt) {
  RecorderRig rig("unpaced-pause.webm", whole_clip());
  Feeder feeder(demuxed(make_clip("unpaced.webm", 1), "matroskademux"), Feeder::Pace::kUnpaced);
  ASSERT_TRUE(rig.command(&RecorderElement::pause).ok());
  rig.link(feeder);
  feeder.start();
  ASSERT_TRUE(rig.wait_source_end("audio") && rig.wait_source_end("video"));

  EXPECT_EQ(reason_of(rig.stop().status()), "NOTHING_RECORDED");
}

TEST(Parts, APauseThatEndsBeforeUnpacedMediaComesCutsOutNothing) {
  const auto clip = make_clip("unpaced.webm", 1);
  RecorderRig rig("unpaced-resume.webm", whole_clip());
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  ASSERT_TRUE(rig.command(&RecorderElement::pause).ok());
  ASSERT_TRUE(rig.command(&RecorderElement::resume).ok());
  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  EXPECT_EQ(hashes_of(rig.path(), 'v'), hashes_of(clip, 'v'));
  expect_whole(rig, rig.recording().recording());
}

TEST_P(LiveParts, OfSeveralSourcesHaveATrackOfEach) {
  auto options = beginning();
  options.set_audio_tracks(2);
  options.set_video_tracks(2);
  const auto file = "several" + std::string(GetParam());
  Feeder one(live_for(file), Feeder::Pace::kRealTime);
  Feeder two(live_for(file), Feeder::Pace::kRealTime);
  RecorderRig rig(file, options);
  rig.link(one);
  rig.link(two.fan_out("audio"), "audio-2");
  rig.link(two.fan_out("video"), "video-2");
  one.start();
  two.start();
  ASSERT_TRUE(rig.wait_video_frames(60));
  for (const auto* feeder : {&one, &two}) {
    for (const auto* port : {"audio", "video"})
      ASSERT_TRUE(test::eventually([&] { return feeder->fan_out(port)->frames() >= 30; }));
  }
  const auto recording = rig.stop();

  ASSERT_TRUE(recording.ok()) << recording.status();
  ASSERT_EQ(recording->parts_size(), 1);
  const auto pictures = decoded_frames(rig.path(), 'v') + decoded_frames(rig.path(), 'v', 1);
  EXPECT_EQ(pictures, static_cast<int>(recording->video_frames()));
  EXPECT_GT(decoded_frames(rig.path(), 'v', 1), 20);
  EXPECT_GT(decoded_frames(rig.path(), 'a', 1), 20);
}

TEST(Parts, AreNamedByTheTemplate) {
  const auto clip = make_clip("names.webm", 2);
  auto options = whole_clip();
  options.mutable_split_duration()->set_seconds(1);
  Feeder feeder(demuxed(clip, "matroskademux"), Feeder::Pace::kUnpaced);
  RecorderRig rig("{session}-{element}/{part}-of-{time}.webm", options);
  ASSERT_TRUE(rig.status().ok()) << rig.status();

  rig.link(feeder);
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  const auto recording = rig.recording().recording();
  ASSERT_EQ(recording.parts_size(), 2);
  EXPECT_THAT(recording.parts(0).uri(), testing::ContainsRegex("/test-it/1-of-20[0-9]{6}T[0-9]{6}Z\\.webm$"));
  EXPECT_THAT(recording.parts(1).uri(), testing::ContainsRegex("/test-it/2-of-20[0-9]{6}T[0-9]{6}Z\\.webm$"));
  EXPECT_EQ(recording.uri(), recording.parts(0).uri());
  EXPECT_EQ(decoded_frames(recording.parts(1).uri().substr(7), 'v'), 30);
}

TEST(Parts, CommandsNeedARecording) {
  RecorderRig rig("commands.webm");

  for (const auto what : {&RecorderElement::pause, &RecorderElement::resume, &RecorderElement::split}) {
    EXPECT_EQ(reason_of(rig.command(what)), "NOT_RECORDING");
  }
}

}  // namespace
}  // namespace kms::recorder
