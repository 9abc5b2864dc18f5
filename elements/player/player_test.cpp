// SPDX-License-Identifier: Apache-2.0
#include "elements/player/player_fixture.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/strip.hpp"
#include "tests/support/calm/calm.hpp"

namespace kms::player {
namespace {

class PlayerFormats : public PlayerTest, public testing::WithParamInterface<std::array<std::string, 3>> {};

TEST_P(PlayerFormats, HandsOnEveryFrameInOrderAndThenTheEnd) {
  const auto& [name, video, audio] = GetParam();
  ASSERT_TRUE(make(test::make_clip(name, 2)).ok());

  ASSERT_TRUE(play().ok());

  EXPECT_TRUE(host_.wait_for("EndOfStream"));
  EXPECT_EQ(offers(0), audio);
  EXPECT_EQ(offers(1), video);
  ASSERT_TRUE(audio_.wait_end());
  EXPECT_TRUE(rises(audio_.frames()));
  if (video.empty()) return;
  ASSERT_TRUE(video_.wait_end());
  EXPECT_EQ(video_.frames().size(), name == "clip.ogg" ? 58U : 60U);  // theoraenc keeps two to itself
  EXPECT_TRUE(rises(video_.frames()));
  EXPECT_TRUE(video_.frames().front().key);
}

INSTANTIATE_TEST_SUITE_P(Containers, PlayerFormats,
                         testing::Values(std::array<std::string, 3>{"clip.webm", "VP8", "OPUS"},
                                         std::array<std::string, 3>{"clip.mkv", "VP8", "OPUS"},
                                         std::array<std::string, 3>{"clip.mp4", "H264", "AAC"},
                                         std::array<std::string, 3>{"clip.ts", "H264", "AAC"},
                                         std::array<std::string, 3>{"clip.ogg", "THEORA", "VORBIS"},
                                         std::array<std::string, 3>{"clip.wav", "", "raw audio"}),
                         [](const auto& test) { return test.param[0].substr(5); });

TEST_F(PlayerTest, SoundAndPicturesOfAnOggFileCanBeDecoded) {
  test::Taker sound("sound", {.chain = "vorbisdec"});
  test::Taker pictures("pictures", {.chain = "theoradec"});
  ASSERT_TRUE(make(test::make_clip("clip.ogg", 2)).ok());
  host_.plan = [&] {
    sound.inlet()->attach(player_->ports().sources[0].media);
    pictures.inlet()->attach(player_->ports().sources[1].media);
  };

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(pictures.wait_end());
  ASSERT_TRUE(sound.wait_end());
  EXPECT_EQ(pictures.frames().size(), 58U);
  EXPECT_GT(sound.frames().size(), 50U);
}

TEST_F(PlayerTest, ATruncatedFilePlaysWhatItHasAndThenSaysSo) {
  const auto path = test::cut_file(test::make_clip("long.webm", 6), "cut.webm", 0.5);
  ASSERT_TRUE(make(path).ok());

  ASSERT_TRUE(play().ok());

  EXPECT_TRUE(host_.wait_for("ElementError TRUNCATED"));
  EXPECT_TRUE(host_.wait_for("EndOfStream"));
  EXPECT_TRUE(video_.wait_end());
  EXPECT_GT(video_.frames().size(), 60U);
  EXPECT_LT(video_.frames().size(), 120U);
  EXPECT_EQ(position().state, v1::STATE_FAILED);
}

TEST_F(PlayerTest, LoopsWithoutAnEndAndTimeGoesOn) {
  ASSERT_TRUE(make(test::make_clip("clip.webm", 2), false, true).ok());

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(video_.wait_frames(100));
  ASSERT_TRUE(stop().ok());
  const auto frames = video_.frames();
  EXPECT_TRUE(rises(frames));
  EXPECT_EQ(video_.ends(), 0U);
  EXPECT_FALSE(host_.events().back().find("EndOfStream") != std::string::npos);
  EXPECT_EQ(frames[60].first_bytes, frames[0].first_bytes);
  // A frame later, and by how long the way back took, which is the machine's affair: unpaced media has no
  // such gap.
  EXPECT_GE(frames[60].pts - frames[59].pts, 33 * GST_MSECOND);
  for (size_t i = 1; i < 40; ++i)
    EXPECT_EQ(frames[60 + i].pts - frames[60].pts, frames[i].pts - frames[0].pts) << i;
}

TEST_F(PlayerTest, LoopsWithoutAGapWhenUnpaced) {
  ASSERT_TRUE(make(test::make_clip("clip.webm", 2), true, true).ok());

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(video_.wait_frames(190));
  ASSERT_TRUE(stop().ok());
  const auto frames = video_.frames();
  const auto sound = audio_.frames();
  const auto length = frames[60].pts - frames[0].pts;
  // The longer track is the clip's length: here the sound, whose last frame is cut off less than 20 ms after
  // the end.
  EXPECT_GE(length, 2 * GST_SECOND);
  EXPECT_LT(length, 2 * GST_SECOND + 40 * GST_MSECOND);
  for (size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(frames[60 + i].pts - frames[i].pts, length) << i;
    EXPECT_EQ(frames[120 + i].pts - frames[60 + i].pts, length) << i;
  }
  EXPECT_TRUE(rises(sound));
}

TEST_F(PlayerTest, PacesByTheClock) {
  ASSERT_TRUE(make(test::make_clip("clip.webm", 2), false).ok());

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  const auto frames = video_.frames();
  ASSERT_EQ(frames.size(), 60U);
  expect_paced(frames);
  EXPECT_NEAR(static_cast<double>(frames.back().pts - frames.front().pts), 59 * 33.3e6, 5e6);
}

TEST_F(PlayerTest, StandsStillWhilePausedAndGoesOnWhereItWas) {
  ASSERT_TRUE(make(test::make_clip("clip.webm", 2), false).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(10));

  ASSERT_TRUE(pause().ok());
  EXPECT_EQ(position().state, v1::STATE_PAUSED);
  const auto at = position().position;
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  EXPECT_EQ(video_.frames().size(), 60U);
  EXPECT_TRUE(rises(video_.frames()));
  EXPECT_GT(at, std::chrono::milliseconds(200));
}

// Where exact seeking is hard: the target lies between two key frames (a second apart), and frames are
// decoded in another order than shown.
class PlayerSeeks : public PlayerTest, public testing::WithParamInterface<std::string> {};

class PlayerExactSeeks : public PlayerSeeks {};

TEST_P(PlayerExactSeeks, GoToThePositionWhilePaused) {
  ASSERT_TRUE(make(test::make_clip(GetParam(), 4), false).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(5));
  ASSERT_TRUE(pause().ok());

  ASSERT_TRUE(seek(std::chrono::milliseconds(2500)).ok());
  EXPECT_EQ(position().position, std::chrono::milliseconds(2500));
  const test::StallWatch machine;
  const auto resumed = gst::media_now();
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  auto frames = video_.frames();
  EXPECT_TRUE(rises(frames));
  frames.erase(frames.begin(), std::ranges::find(frames, true, &Frame::decode_only));
  ASSERT_FALSE(frames.empty()) << "it begins with what is only decoded";
  EXPECT_TRUE(frames.front().key);
  std::erase_if(frames, [](const Frame& frame) { return frame.decode_only; });
  EXPECT_EQ(frames.size(), 45U);
  const auto first = std::min_element(frames.begin(), frames.end(),
                                      [](const Frame& a, const Frame& b) { return a.pts < b.pts; });
  const auto late = static_cast<GstClockTime>(machine.longest().count());
  EXPECT_LT(first->pts - resumed, 250 * GST_MSECOND + late) << "the way from the key frame takes no time";
  EXPECT_GE(position().position, std::chrono::milliseconds(3900));
  EXPECT_LE(position().position, std::chrono::milliseconds(4100));
}

// A parser without an index knows only after some frames that it can be sought in.
TEST_F(PlayerTest, AnMp3FileCanBeSoughtIn) {
  ASSERT_TRUE(make(make_mp3(), false).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(pause().ok());
  ASSERT_TRUE(test::eventually([&] { return position().seekable; }));

  ASSERT_TRUE(seek(std::chrono::seconds(2)).ok());
  const auto resumed = gst::media_now();
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(audio_.wait_end());
  auto frames = audio_.frames();
  std::erase_if(frames, [&](const Frame& frame) { return frame.came < resumed; });
  EXPECT_NEAR(static_cast<double>(frames.size()), 2 * 48000.0 / 1152, 8);
}

// Its parser reads on a thread of its own, and may be quicker than what looks for tracks.
TEST_F(PlayerTest, AnMp3FilePlaysEachTime) {
  const auto path = make_mp3();
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(make(path, false).ok());
    const auto played = play();
    ASSERT_TRUE(played.ok()) << i << played;
    ASSERT_TRUE(close().ok());
  }
}

TEST_P(PlayerSeeks, ToTheKeyFrameBeforeThePosition) {
  ASSERT_TRUE(make(test::make_clip(GetParam(), 4), false).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(5));
  ASSERT_TRUE(pause().ok());
  ASSERT_TRUE(wait_taken());
  const auto before = video_.frames().size();

  ASSERT_TRUE(seek(std::chrono::milliseconds(2500), true).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  auto frames = video_.frames();
  EXPECT_LT(frames.size(), before + 60 + 15) << "but for what was under way when the player paused";
  ASSERT_GE(frames.size(), before + 60);
  frames.erase(frames.begin(), frames.end() - 60);
  EXPECT_TRUE(frames.front().key);
  EXPECT_FALSE(frames.front().decode_only);
}

// MPEG-TS counts from a clock that begins before the first frame.
INSTANTIATE_TEST_SUITE_P(Containers, PlayerExactSeeks,
                         testing::Values("four.webm", "four.mkv", "four.mp4", "four.ts"),
                         [](const auto& test) { return test.param.substr(5); });
INSTANTIATE_TEST_SUITE_P(Containers, PlayerSeeks, testing::Values("four.webm", "four.mp4"),
                         [](const auto& test) { return test.param.substr(5); });

TEST_F(PlayerTest, ADecoderShowsNothingFromBeforeTheTargetOfASeek) {
  test::Taker pictures("pictures");
  const auto decoder = gst::Strip::create("decoder", *gst::decoder_chain("H264")).value();
  host_.on_loop([&] { host_.processing().add(decoder->bin()); });
  pictures.inlet()->attach(decoder->fan_out());
  ASSERT_TRUE(make(test::make_clip("four.mp4", 4)).ok());
  host_.plan = [&] { decoder->inlet()->attach(player_->ports().sources[1].media); };
  ASSERT_TRUE(host_
                  .call([this](Done done) {
                    player_->play(std::move(done));
                    EXPECT_TRUE(player_->pause().ok());  // before the first frame
                  })
                  .ok());
  ASSERT_EQ(position().state, v1::STATE_PAUSED);
  ASSERT_TRUE(seek(std::chrono::milliseconds(2500)).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(pictures.wait_end());
  const auto frames = pictures.frames();
  EXPECT_EQ(frames.size(), 45U);
  EXPECT_TRUE(std::is_sorted(frames.begin(), frames.end(),
                             [](const Frame& a, const Frame& b) { return a.pts < b.pts; }));
}

TEST_F(PlayerTest, PicturesOfAFileWithADisplayMatrixAreDecodedUpright) {
  const auto path = test::media_folder() + "/turned.mp4";
  const auto turn = "ffmpeg -v error -y -i " + test::make_clip("four.mp4", 4) +
                    " -c copy -metadata:s:v:0 rotate=90 " + path;
  ASSERT_EQ(std::system(turn.c_str()), 0);
  test::Taker pictures("pictures");
  const auto decoder = gst::Strip::create("decoder", *gst::decoder_chain("H264")).value();
  host_.on_loop([&] { host_.processing().add(decoder->bin()); });
  pictures.inlet()->attach(decoder->fan_out());
  ASSERT_TRUE(make(path).ok());
  host_.plan = [&] { decoder->inlet()->attach(player_->ports().sources[1].media); };

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(pictures.wait_end());
  EXPECT_EQ(pictures.frames().size(), 120U);
  EXPECT_NE(pictures.caps().find("width=(int)240"), std::string::npos) << pictures.caps();
  EXPECT_NE(pictures.caps().find("height=(int)320"), std::string::npos) << pictures.caps();
  EXPECT_TRUE(player_->ports().sources[1].turned) << "which receivers of RTP are not told";
}

TEST_F(PlayerTest, RefusesASeekThatCannotBe) {
  ASSERT_TRUE(make(test::make_clip("four.webm", 4), false).ok());
  EXPECT_EQ(reason_of(seek(std::chrono::seconds(1))), "NOT_STARTED");
  EXPECT_EQ(reason_of(pause()), "NOT_STARTED");
  ASSERT_TRUE(play().ok());
  EXPECT_EQ(reason_of(seek(std::chrono::seconds(5))), "POSITION");
  EXPECT_EQ(reason_of(seek(std::chrono::seconds(-1))), "POSITION");
  EXPECT_NEAR(static_cast<double>(position().duration.value_or(std::chrono::nanoseconds(0)).count()), 4e9,
              5e7);
  EXPECT_TRUE(position().seekable);
}

TEST_F(PlayerTest, BeginsAgainAfterTheEnd) {
  ASSERT_TRUE(make(test::make_clip("clip.webm", 2)).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream", 2));
  ASSERT_TRUE(video_.wait_end(2));
  EXPECT_EQ(video_.frames().size(), 120U);
  EXPECT_TRUE(rises(video_.frames()));
}

TEST_F(PlayerTest, BeginsAtTheBeginningAfterStop) {
  ASSERT_TRUE(make(test::make_clip("clip.webm", 2), false).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(10));

  ASSERT_TRUE(stop().ok());
  EXPECT_EQ(position().state, v1::STATE_STOPPED);
  EXPECT_EQ(position().position, std::chrono::nanoseconds(0));
  const auto before = video_.frames().size();
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(video_.wait_frames(before + 1));
  EXPECT_EQ(video_.frames()[before].first_bytes, video_.frames()[0].first_bytes);
  EXPECT_TRUE(video_.frames()[before].key);
  EXPECT_EQ(video_.ends(), 0U);
}

TEST_F(PlayerTest, SaysInEventsHowItGoes) {
  ASSERT_TRUE(make(test::make_clip("clip.webm", 2)).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  EXPECT_EQ(host_.events(),
            (std::vector<std::string>{"PortsChanged", "kms.player.v1.StateChanged {state: STATE_PLAYING}",
                                      "EndOfStream", "kms.player.v1.StateChanged {state: STATE_ENDED}"}));
}

TEST_F(PlayerTest, APlayThatIsStoppedBeforeMediaRanIsAnswered) {
  ASSERT_TRUE(make(test::make_clip("clip.webm", 2)).ok());
  const auto status = host_.call([this](Done done) {
    player_->play(std::move(done));
    player_->stop([](const Status&) {});
  });
  EXPECT_EQ(reason_of(status), "STOPPED");
}

TEST_F(PlayerTest, TakesTheFirstTrackOfAKindAndLeavesOutTheOthers) {
  const auto path = test::make_media(
      "tracks.mkv",
      "matroskamux name=mux ! filesink location={} videotestsrc num-buffers=30 ! "
      "video/x-raw,width=64,height=48,framerate=30/1 ! vp8enc ! mux. videotestsrc num-buffers=90 ! "
      "video/x-raw,width=32,height=32,framerate=30/1 ! vp8enc ! mux. audiotestsrc num-buffers=50 "
      "samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! mux. audiotestsrc num-buffers=90 ! "
      "vorbisenc ! mux.");
  ASSERT_TRUE(make(path).ok());

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  EXPECT_NE(video_.caps().find("width=(int)64"), std::string::npos) << video_.caps();
  EXPECT_EQ(video_.frames().size(), 30U);
  EXPECT_EQ(offers(0), "OPUS");
}

TEST_F(PlayerTest, ATrackOfAnUnknownCodecIsNamedAndTheOtherPlays) {
  const auto path = test::make_media(
      "speex.mkv",
      "matroskamux name=mux ! filesink location={} videotestsrc num-buffers=30 ! vp8enc ! mux. "
      "audiotestsrc num-buffers=90 ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_ac3 ! mux.");
  ASSERT_TRUE(make(path).ok());

  ASSERT_TRUE(play().ok());

  EXPECT_TRUE(host_.wait_for("ElementError CODEC_UNSUPPORTED"));
  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  EXPECT_EQ(video_.frames().size(), 30U);
  EXPECT_EQ(offers(0), "");
}

}  // namespace
}  // namespace kms::player
