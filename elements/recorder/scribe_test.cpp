// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/scribe.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "kms-core/gst/init.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/waiting.hpp"

namespace kms::recorder {
namespace {

constexpr size_t kSound = 0;
constexpr size_t kPictures = 1;
constexpr GstClockTime kPacket = 20 * GST_MSECOND;

// A scribe of sound and pictures that is fed frame by frame, and what became of its parts.
class Fed : public testing::Test {
 protected:
  Fed() {
    gst::init();
    config_.files.write = {test::media_folder()};
    Scribe::Plan plan{.container = v1::CONTAINER_WEBM, .overwrite = true};
    plan.uri = "file://" + test::media_folder() + "/fed.webm";
    plan.lines = {{"audio", false}, {"video", true}};
    Scribe::Handlers handlers;
    handlers.on_began = [](const Part&) {};
    handlers.on_written = [this](const std::shared_ptr<PartFile>& file) {
      Steps steps = 0;
      parts_.push_back(file->finish(steps));
    };
    handlers.on_failure = [](const Status& status) { ADD_FAILURE() << status; };
    handlers.on_closed = [](const std::shared_ptr<HlsShow>&) {};
    handlers.on_key_wanted = [this] { ++keys_wanted_; };
    scribe_ = std::make_unique<Scribe>(config_, std::move(plan), std::move(handlers));
    scribe_->format(kSound, {.codec = "OPUS", .rate = 48000, .channels = 1});
    scribe_->format(kPictures, pictures(""));
    for (const auto line : {kSound, kPictures}) scribe_->expect(line);
  }

  static gst::TrackFormat pictures(const std::string& orientation) {
    return {.codec = "VP8", .video = true, .width = 32, .height = 32, .orientation = orientation};
  }
  void feed(size_t line, GstClockTime time, bool unpaced = false, bool key = true) {
    gst::Frame frame;
    frame.data = gst::Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, 10, nullptr));
    frame.time = time;
    frame.duration = kPacket;
    frame.key = key;
    scribe_->frame(line, std::move(frame), unpaced);
  }
  void end() {
    for (const auto line : {kSound, kPictures}) scribe_->end(line);
  }

  Config config_;
  std::unique_ptr<Scribe> scribe_;
  std::vector<Part> parts_;
  size_t keys_wanted_ = 0;
};

TEST_F(Fed, SoundFromBeforeTheFirstPictureIsCutAlsoWhenItComesLate) {
  feed(kSound, 0);
  feed(kPictures, 5 * kPacket);
  for (GstClockTime packet = 1; packet <= 6; ++packet) feed(kSound, packet * kPacket);
  end();

  ASSERT_EQ(parts_.size(), 1U);
  EXPECT_TRUE(parts_[0].outcome.ok()) << parts_[0].outcome;
  EXPECT_EQ(parts_[0].video_frames, 1U);
  EXPECT_EQ(parts_[0].audio_frames, 2U);
}

// What overlaps the beginning would lie over the sound that follows it.
TEST_F(Fed, SoundThatBeganBeforeTheFirstPictureIsCut) {
  feed(kSound, 0);
  feed(kSound, kPacket);
  feed(kPictures, kPacket + GST_MSECOND);
  for (GstClockTime packet = 2; packet <= 4; ++packet) feed(kSound, packet * kPacket);
  end();

  ASSERT_EQ(parts_.size(), 1U);
  EXPECT_EQ(parts_[0].audio_frames, 3U);
}

// A recording that is split would be cut before the sound has come there.
TEST_F(Fed, PicturesOfAFileDoNotRunAheadOfSoundThatIsOnItsWay) {
  constexpr GstClockTime kEnd = 100;
  std::atomic<GstClockTime> fed = 0;
  const auto pictures = std::async(std::launch::async, [&] {
    for (GstClockTime packet = 0; packet < kEnd; ++packet, ++fed) feed(kPictures, packet * kPacket, true);
  });

  EXPECT_EQ(pictures.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);
  EXPECT_LE(fed, GST_SECOND / kPacket + 1);
  for (GstClockTime packet = 0; packet < kEnd; ++packet) feed(kSound, packet * kPacket, true);
  pictures.wait();
  end();

  ASSERT_EQ(parts_.size(), 1U);
  EXPECT_EQ(parts_[0].video_frames, kEnd);
  EXPECT_EQ(parts_[0].audio_frames, kEnd);
}

// Its thread has waited here for pictures, for long, and gets no processor when these come at last.
TEST_F(Fed, PicturesOfAFileDoNotRunAheadOfSoundThatWaitedForThem) {
  constexpr GstClockTime kEnd = 150;
  constexpr GstClockTime kAhead = GST_SECOND / kPacket + 1;
  std::atomic<GstClockTime> fed = 0;
  feed(kPictures, 0, true);
  const auto sound = std::async(std::launch::async, [&] {
    for (GstClockTime packet = 0; packet < kEnd; ++packet, ++fed) feed(kSound, packet * kPacket, true);
  });
  ASSERT_TRUE(test::eventually([&] { return fed == kAhead; }));
  ASSERT_EQ(sound.wait_for(std::chrono::milliseconds(600)), std::future_status::timeout);

  for (GstClockTime packet = 1; packet < kEnd; ++packet) {
    feed(kPictures, packet * kPacket, true);
    ASSERT_LE(packet, fed + kAhead);
  }
  sound.wait();
  end();

  ASSERT_EQ(parts_.size(), 1U);
  EXPECT_EQ(parts_[0].video_frames, kEnd);
  EXPECT_EQ(parts_[0].audio_frames, kEnd);
}

// A decoder that gets no processor has its first picture late: no reason to begin without, ...
TEST_F(Fed, SoundOfAFileWaitsForPicturesLongerThanSoundThatIsLive) {
  constexpr GstClockTime kEnd = 100;
  const auto sound = std::async(std::launch::async, [&] {
    for (GstClockTime packet = 0; packet < kEnd; ++packet) feed(kSound, packet * kPacket, true);
  });
  EXPECT_EQ(sound.wait_for(std::chrono::milliseconds(2200)), std::future_status::timeout);
  for (GstClockTime packet = 0; packet < kEnd; ++packet) feed(kPictures, packet * kPacket, true);
  sound.wait();
  end();

  ASSERT_EQ(parts_.size(), 1U);
  EXPECT_EQ(parts_[0].video_frames, kEnd);
  EXPECT_EQ(parts_[0].audio_frames, kEnd);
}

// ... but one that never has any holds up nobody for good.
TEST_F(Fed, SoundOfAFileBeginsWithoutPicturesThatDoNotCome) {
  feed(kSound, 0, true);
  for (int look = 0; look < 200 && scribe_->parts().empty(); ++look) scribe_->tick();
  feed(kSound, kPacket, true);
  end();

  ASSERT_EQ(parts_.size(), 1U);
  EXPECT_EQ(parts_[0].audio_frames, 2U);
}

// Pictures are split again before the sound has come to where they were split first.
TEST_F(Fed, SoundThatLagsBehindIsInThePartOfItsTime) {
  feed(kSound, 0);
  feed(kPictures, 0);
  scribe_->split();
  feed(kPictures, 10 * kPacket);
  scribe_->split();
  feed(kPictures, 12 * kPacket);
  for (GstClockTime packet = 1; packet <= 13; ++packet) feed(kSound, packet * kPacket);
  feed(kPictures, 14 * kPacket);
  feed(kSound, 14 * kPacket);
  end();

  ASSERT_EQ(parts_.size(), 3U);
  EXPECT_EQ(parts_[0].audio_frames, 10U);
  EXPECT_EQ(parts_[1].audio_frames, 4U);
  EXPECT_EQ(parts_[2].audio_frames, 1U);
  EXPECT_EQ(parts_[1].video_frames, 2U);
}

// Its next frame, which a busy machine lets wait, holds up no second cut.
TEST_F(Fed, SoundThatIsAheadOfTheCutBelongsToTheNewPart) {
  for (GstClockTime packet = 0; packet <= 20; ++packet) feed(kSound, packet * kPacket, true);
  for (const GstClockTime packet : {0, 10, 12}) {
    feed(kPictures, packet * kPacket, true);
    scribe_->split();
  }
  feed(kSound, 21 * kPacket, true);
  end();

  ASSERT_EQ(parts_.size(), 3U);
  EXPECT_EQ(parts_[0].audio_frames, 21U);
  EXPECT_EQ(parts_[1].video_frames, 1U);
  EXPECT_EQ(parts_[2].video_frames, 1U);
  EXPECT_EQ(parts_[2].audio_frames, 1U);
}

// An encoder says so before its key frame: nothing can begin with what comes until then.
TEST_F(Fed, PicturesInAFormatThatBeginsWithoutAKeyFrameAreLeftOutUntilThatComes) {
  const auto put = [this](GstClockTime packet, bool key) { feed(kPictures, packet * kPacket, false, key); };
  feed(kSound, 0);
  put(0, true);
  put(1, false);
  auto other = pictures("");
  other.codec = "VP9";
  scribe_->format(kPictures, other);
  put(2, false);
  put(3, false);
  EXPECT_GT(keys_wanted_, 0U);
  put(4, true);
  put(5, false);
  EXPECT_EQ(scribe_->parts().size(), 2U);
  end();

  ASSERT_EQ(parts_.size(), 2U);
  EXPECT_EQ(parts_[0].video_frames, 2U);
  EXPECT_EQ(parts_[1].video_frames, 2U);
  EXPECT_EQ(parts_[1].reason, PartReason::kFormatChanged);
}

// They would go on with what is not there.
TEST_F(Fed, PicturesOfTheFormatBeforeGoOnWithAKeyFrameWhereSomeInAnotherWereLeftOut) {
  const auto put = [this](GstClockTime packet, bool key) { feed(kPictures, packet * kPacket, false, key); };
  feed(kSound, 0);
  put(0, true);
  auto other = pictures("");
  other.codec = "VP9";
  scribe_->format(kPictures, other);
  put(1, false);
  scribe_->format(kPictures, pictures(""));
  put(2, false);
  EXPECT_EQ(scribe_->parts()[0].video_frames, 1U);
  put(3, true);
  put(4, false);
  end();

  uint64_t pictures = 0;
  for (const auto& part : parts_) pictures += part.video_frames;
  EXPECT_EQ(pictures, 3U);
}

TEST_F(Fed, PicturesThatAreTurnedBeginAPartWithTheNextKeyFrame) {
  const auto put = [this](GstClockTime packet, bool key) {
    feed(kSound, packet * kPacket);
    feed(kPictures, packet * kPacket, false, key);
  };
  put(0, true);
  scribe_->format(kPictures, pictures("rotate-0"));
  put(1, true);
  EXPECT_EQ(keys_wanted_, 0U) << "they lie as before";
  scribe_->format(kPictures, pictures("rotate-90"));
  for (GstClockTime packet = 2; packet < 5; ++packet) put(packet, false);
  EXPECT_GT(keys_wanted_, 0U);
  put(5, true);
  put(6, false);
  end();

  ASSERT_EQ(parts_.size(), 2U);
  EXPECT_EQ(parts_[0].video_frames, 5U);
  EXPECT_EQ(parts_[1].video_frames, 2U);
  EXPECT_EQ(parts_[1].reason, PartReason::kFormatChanged);
}

}  // namespace
}  // namespace kms::recorder
