// SPDX-License-Identifier: Apache-2.0
// Lists, speeds, volume, tracks, still images, and what media is.
#include <cmath>

#include "elements/player/player_fixture.hpp"
#include "elements/player/ts_clock.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/strip.hpp"
#include "tests/support/calm/calm.hpp"

namespace kms::player {
namespace {

std::string make_tracks() {
  return test::make_media(
      "languages.mkv",
      "matroskamux name=mux ! filesink location={} videotestsrc num-buffers=60 ! "
      "video/x-raw,width=64,height=48,framerate=30/1 ! vp8enc deadline=1 ! mux. "
      "audiotestsrc num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! "
      "taginject tags=language-code=en ! mux. "
      "audiotestsrc num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! vorbisenc ! "
      "taginject tags=language-code=de ! mux.");
}

class Playing : public PlayerTest {
 protected:
  static v1::PlayerOptions of(const std::vector<std::string>& paths, bool unpaced = true) {
    v1::PlayerOptions options;
    options.set_unpaced(unpaced);
    options.set_uri(test::uri_of(paths.front()));
    for (size_t i = 1; i < paths.size(); ++i) options.add_uris(test::uri_of(paths[i]));
    return options;
  }
  Status set_speed(double speed) {
    return host_.call([&](Done done) { player_->set_speed(speed, std::move(done)); });
  }
  Status set_volume(double volume) {
    return host_.call([&](Done done) { done(player_->set_volume(volume)); });
  }
  gst::Demuxer::Tracks info() {
    gst::Demuxer::Tracks out;
    const auto status = host_.call([&](Done done) {
      player_->media_info([&out, done = std::move(done)](Result<gst::Demuxer::Tracks> tracks) mutable {
        if (tracks.ok()) out = *tracks;
        done(tracks.status());
      });
    });
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }
  size_t count(const std::string& part) {
    size_t found = 0;
    for (const auto& event : host_.events()) found += event.find(part) != std::string::npos ? 1 : 0;
    return found;
  }
};

// A frame's time, and by how much sound is longer than pictures.
constexpr double kSeam = 33.4e6 + 25e6;

TEST_F(Playing, AListWithoutAGap) {
  const auto clip = test::make_clip("clip.webm", 2);
  ASSERT_TRUE(make(of({clip, clip, clip})).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  ASSERT_TRUE(video_.wait_end());
  ASSERT_TRUE(audio_.wait_end());
  const auto frames = video_.frames();
  ASSERT_EQ(frames.size(), 180U);
  EXPECT_TRUE(rises(frames));
  EXPECT_TRUE(rises(audio_.frames()));
  for (const size_t seam : {60U, 120U}) {
    EXPECT_LE(static_cast<double>(frames[seam].pts - frames[seam - 1].pts), kSeam);
    EXPECT_EQ(frames[seam].first_bytes, frames[0].first_bytes);
  }
  EXPECT_EQ(video_.ends(), 1U);
  EXPECT_EQ(count("EndOfStream"), 1U);
  EXPECT_EQ(count("ItemStarted"), 3U);
}

TEST_F(Playing, AListByTheClockWithoutAGap) {
  const auto clip = test::make_clip("one.webm", 1);
  size_t before = 0;
  size_t ends = 0;
  test::measure_calmly([&] {
    ASSERT_TRUE(make(of({clip, clip, clip}, false)).ok());
    ASSERT_TRUE(play().ok());
    ASSERT_TRUE(host_.wait_for("STATE_ENDED", ++ends));
    ASSERT_TRUE(video_.wait_end(ends));
    ASSERT_TRUE(close().ok());
    auto frames = video_.frames();
    frames.erase(frames.begin(),
                 frames.begin() + static_cast<std::ptrdiff_t>(std::exchange(before, frames.size())));
    ASSERT_EQ(frames.size(), 90U);
    for (const size_t seam : {30U, 60U}) {
      EXPECT_LE(static_cast<double>(frames[seam].pts - frames[seam - 1].pts), kSeam);
    }
    for (const auto& frame : frames)
      EXPECT_NEAR(static_cast<double>(frame.came), static_cast<double>(frame.pts), 300e6);
  });
}

TEST_F(Playing, AListWhoseCodecsChange) {
  ASSERT_TRUE(make(of({test::make_clip("one.webm", 1), test::make_clip("one.mp4", 1)})).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  ASSERT_TRUE(video_.wait_end());
  EXPECT_EQ(video_.frames().size(), 60U);
  EXPECT_NE(video_.caps().find("video/x-h264"), std::string::npos);
  EXPECT_EQ(offers(1), "H264");
}

TEST_F(Playing, AListInALoop) {
  auto options = of({test::make_clip("one.webm", 1), test::make_clip("one.mkv", 1)});
  options.set_loop(true);
  ASSERT_TRUE(make(options).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(video_.wait_frames(150));
  ASSERT_TRUE(stop().ok());
  EXPECT_TRUE(rises(video_.frames()));
  EXPECT_EQ(video_.ends(), 0U);
  EXPECT_GE(count("ItemStarted"), 4U);
}

TEST_F(Playing, WhatCannotBePlayedInAListIsPassedOver) {
  const auto good = test::make_clip("one.webm", 1);
  const auto bad = test::write_file("bad.webm", std::string(5000, 'x'));
  ASSERT_TRUE(make(of({bad, good, test::media_folder() + "/none.webm", good, bad})).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  ASSERT_TRUE(video_.wait_end());
  EXPECT_EQ(video_.frames().size(), 60U);
  EXPECT_EQ(count("ElementError NOT_MEDIA"), 2U);
  EXPECT_EQ(count("ElementError NOT_FOUND"), 1U);
}

TEST_F(Playing, AListOfWhichNothingCanBePlayed) {
  const auto bad = test::write_file("bad.webm", std::string(5000, 'x'));
  ASSERT_TRUE(make(of({bad, bad, bad})).ok());
  EXPECT_EQ(reason_of(play()), "NOT_MEDIA");
  EXPECT_EQ(position().state, v1::STATE_FAILED);
}

TEST_F(Playing, AListCanBeStoppedAndBeginsAgain) {
  ASSERT_TRUE(make(of({test::make_clip("one.webm", 1), test::make_clip("four.webm", 4)}, false)).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(35));
  EXPECT_EQ(position().item, 1U);

  ASSERT_TRUE(stop().ok());
  EXPECT_EQ(position().item, 0U);
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
}

TEST_F(Playing, AtTwiceTheSpeed) {
  ASSERT_TRUE(make(of({test::make_clip("four.webm", 4)}, false)).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(10));

  ASSERT_TRUE(set_speed(2).ok());
  EXPECT_EQ(position().speed, 2);
  const auto before = gst::media_now();
  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  ASSERT_TRUE(video_.wait_end());

  auto frames = video_.frames();
  EXPECT_TRUE(rises(frames));
  expect_paced(frames);
  std::erase_if(frames, [](const Frame& f) { return f.decode_only; });
  EXPECT_GE(frames.size(), 119U) << "however many came before";
  std::erase_if(frames, [&](const Frame& f) { return f.came < before; });
  ASSERT_GT(frames.size(), 30U);
  const auto last = frames.size() - 1;
  EXPECT_NEAR(static_cast<double>(frames[last].pts - frames[1].pts), static_cast<double>(last - 1) * 16.67e6,
              20e6);
  EXPECT_GE(position().position, std::chrono::milliseconds(3900));
  const auto sound = audio_.frames();
  EXPECT_TRUE(std::none_of(sound.begin(), sound.end(), [&](const Frame& f) {
    return f.pts > before + 700 * GST_MSECOND;
  })) << "encoded sound is silent at another speed";
}

TEST_F(Playing, SoundKeepsItsPitchAtHalfTheSpeed) {
  auto options = of({test::make_clip("tone.wav", 2)}, false);
  options.set_speed(0.5);
  ASSERT_TRUE(make(options).ok());
  const auto before = gst::media_now();
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  ASSERT_TRUE(audio_.wait_end());
  EXPECT_EQ(offers(0), "raw audio");
  EXPECT_GT(gst::media_now() - before, 3600 * GST_MSECOND);
  const auto sound = audio_.frames();
  EXPECT_NEAR(static_cast<double>(sound.back().pts - sound.front().pts), 4e9, 3e8);
}

// Its parser knows only after some frames that it can be sought in, which is how a speed begins.
TEST_F(Playing, AnMp3FileBeginsAtItsSpeedAloneAndInAList) {
  auto options = of({make_mp3(), make_mp3()}, false);
  options.set_speed(2);
  ASSERT_TRUE(make(options).ok());
  ASSERT_TRUE(play().ok());
  EXPECT_EQ(position().speed, 2);
  EXPECT_TRUE(position().seekable);

  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  ASSERT_TRUE(audio_.wait_end());
  EXPECT_EQ(count("NOT_SEEKABLE"), 0U);
  const auto sound = audio_.frames();
  const auto lasts = sound.back().pts - sound.front().pts;
  EXPECT_GT(lasts, 3600 * GST_MSECOND) << "two of four seconds";
  EXPECT_LT(lasts, 5500 * GST_MSECOND) << "six if one of them did not, whatever else the machine does";
}

// The media's zero is where the first sound is, which comes late out of a decoder.
TEST_F(Playing, SoundOfMpegTsBeginsAtItsSpeedWhereTheMediaBegins) {
  auto options = of({test::write_file("early.ts", ts_of_six_seconds(90'000))}, false);
  options.set_speed(2);
  options.set_without_video(true);
  test::measure_calmly([&] {
    if (player_) {
      ASSERT_TRUE(close().ok());
    }
    const auto heard = audio_.frames().size();
    ASSERT_TRUE(make(options).ok());
    const auto before = gst::media_now();
    ASSERT_TRUE(play().ok());
    ASSERT_TRUE(audio_.wait_frames(heard + 1));
    EXPECT_LT(audio_.frames()[heard].pts - before, 400 * GST_MSECOND);
  });

  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  EXPECT_NEAR(static_cast<double>(position().position.count()), 6e9, 2e8);
}

TEST_F(Playing, SetsTheVolume) {
  auto options = of({test::make_clip("tone.wav", 2)}, false);
  options.set_volume(0);
  ASSERT_TRUE(make(options).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(audio_.wait_frames(10));
  ASSERT_TRUE(set_volume(1).ok());

  EXPECT_EQ(audio_.frames()[5].first_bytes, std::string(8, '\0'));
  EXPECT_TRUE(
      audio_.wait_for([](const auto& frames) { return frames.back().first_bytes != std::string(8, '\0'); }));
  EXPECT_EQ(reason_of(set_volume(11)), "VOLUME");
  EXPECT_EQ(reason_of(set_volume(-1)), "VOLUME");
}

TEST_F(Playing, RefusesWhatCannotBe) {
  ASSERT_TRUE(make(of({test::make_clip("one.webm", 1)}, false)).ok());
  EXPECT_EQ(reason_of(set_volume(1)), "SOUND_NOT_DECODED");
  EXPECT_EQ(reason_of(set_speed(1.5)), "NOT_STARTED");
  EXPECT_EQ(reason_of(set_speed(3)), "SPEED");
  EXPECT_EQ(reason_of(set_speed(std::nan(""))), "SPEED");
}

TEST_F(Playing, ATrackByItsLanguageOrNumber) {
  for (const bool by_language : {true, false}) {
    auto options = of({make_tracks()});
    if (by_language) options.set_audio_language("deu");
    if (!by_language) options.set_audio_track(2);
    ASSERT_TRUE(make(options).ok());
    ASSERT_TRUE(play().ok());
    ASSERT_TRUE(host_.wait_for("STATE_ENDED", by_language ? 1 : 2));
    EXPECT_EQ(offers(0), "VORBIS");
    EXPECT_TRUE(close().ok());
  }
}

TEST_F(Playing, ATrackThatIsNotThereIsToldAndTheOtherPlays) {
  auto options = of({make_tracks()});
  options.set_audio_track(3);
  ASSERT_TRUE(make(options).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  EXPECT_EQ(count("ElementError TRACK_NOT_FOUND"), 1U);
  ASSERT_TRUE(video_.wait_end());
  EXPECT_EQ(video_.frames().size(), 60U);
}

TEST_F(Playing, SoundOrPicturesAlone) {
  auto options = of({test::make_clip("clip.webm", 2)});
  options.set_without_video(true);
  ASSERT_TRUE(make(options).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  ASSERT_TRUE(audio_.wait_end());
  EXPECT_TRUE(video_.frames().empty());
  EXPECT_FALSE(audio_.frames().empty());
  EXPECT_EQ(offers(1), "");
}

TEST_F(Playing, AStillImageIsAVideo) {
  for (const std::string name : {"still.png", "still.jpg"}) {
    const auto encoder = name == "still.png" ? "pngenc" : "jpegenc";
    const auto path = test::make_media(name, std::string("videotestsrc num-buffers=1 ! "
                                                         "video/x-raw,width=64,height=48 ! ") +
                                                 encoder + " ! filesink location={}");
    auto options = of({path}, false);
    options.set_still_frame_rate(20);
    options.mutable_still_duration()->set_nanos(500'000'000);
    ASSERT_TRUE(make(options).ok());
    const auto before = video_.frames().size();
    ASSERT_TRUE(play().ok());
    ASSERT_TRUE(video_.wait_frames(before + 10));
    ASSERT_TRUE(host_.wait_for("STATE_ENDED", name == "still.png" ? 1 : 2));
    const auto frames = video_.frames();
    EXPECT_EQ(frames.size(), before + 10);
    EXPECT_EQ(frames[before + 9].pts - frames[before].pts, 450 * GST_MSECOND);
    EXPECT_EQ(offers(1), "raw video");
    EXPECT_TRUE(close().ok());
  }
}

TEST_F(Playing, SaysWhatMediaIs) {
  ASSERT_TRUE(make(of({make_tracks()})).ok());

  const auto tracks = info();

  ASSERT_EQ(tracks.all.size(), 3U);
  EXPECT_TRUE(tracks.seekable);
  EXPECT_NEAR(static_cast<double>(tracks.duration.value_or(0)), 2e9, 1e8);
  std::vector<std::string> texts;
  for (const auto& track : tracks.all) {
    texts.push_back((track.video ? "video " : "audio ") + std::to_string(track.number) + " " + track.codec +
                    " " + track.language + " " + std::to_string(track.width) + " " +
                    std::to_string(track.sample_rate) + " " + std::to_string(track.channels) +
                    (track.line ? " chosen" : ""));
  }
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(texts, (std::vector<std::string>{"audio 1 OPUS eng 0 48000 2 chosen",
                                             "audio 2 VORBIS deu 0 48000 1", "video 1 VP8  64 0 0 chosen"}));
  EXPECT_TRUE(video_.frames().empty());
  EXPECT_EQ(position().state, v1::STATE_STOPPED);
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
}

TEST_F(Playing, ATakerThatComesLateBeginsWithTheLatestKeyFrame) {
  test::Taker shown("shown");
  test::Taker hidden("hidden");
  shown.inlet()->set_catches_up(false);
  hidden.inlet()->set_catches_up(true);
  ASSERT_TRUE(make(of({test::make_clip("four.webm", 4)}, false)).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(20));

  host_.on_loop([&] {
    shown.inlet()->attach(player_->ports().sources[1].media);
    hidden.inlet()->attach(player_->ports().sources[1].media);
  });

  ASSERT_TRUE(shown.wait_frames(25));
  ASSERT_TRUE(hidden.wait_frames(25));
  ASSERT_TRUE(video_.wait_frames(25));
  const auto all = video_.frames();
  const auto late = shown.frames();
  for (size_t i = 0; i < 25; ++i) {
    EXPECT_EQ(late[i].pts, all[i].pts) << i;
    EXPECT_EQ(late[i].first_bytes, all[i].first_bytes) << i;
  }
  const auto decoded = hidden.frames();
  EXPECT_TRUE(decoded.front().decode_only);
  EXPECT_FALSE(decoded.back().decode_only);
  host_.on_loop([&] {
    shown.inlet()->detach();
    hidden.inlet()->detach();
  });
}

TEST_F(Playing, RefusesOptionsThatMakeNoSense) {
  const auto refused = [&](const std::function<void(v1::PlayerOptions&)>& change) {
    auto options = of({test::make_clip("one.webm", 1)});
    change(options);
    return reason_of(make(options));
  };
  EXPECT_EQ(refused([](auto& o) { o.set_speed(0.4); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.set_speed(std::nan("")); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.set_volume(-0.1); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.set_still_frame_rate(61); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_still_duration()->set_seconds(-1); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.set_audio_language("klingon"); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.add_uris("file:///etc/passwd"); }), "URI_NOT_ALLOWED");
  EXPECT_EQ(refused([](auto& o) {
              o.set_without_audio(true);
              o.set_without_video(true);
            }),
            "INVALID_OPTIONS");
}

}  // namespace
}  // namespace kms::player
