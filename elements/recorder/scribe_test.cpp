// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/scribe.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "kms-core/gst/init.hpp"
#include "tests/support/media_factory.hpp"

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
    handlers.on_key_wanted = [] {};
    scribe_ = std::make_unique<Scribe>(config_, std::move(plan), std::move(handlers));
    scribe_->format(kSound, {.codec = "OPUS", .rate = 48000, .channels = 1});
    scribe_->format(kPictures, {.codec = "VP8", .video = true, .width = 32, .height = 32});
    for (const auto line : {kSound, kPictures}) scribe_->expect(line);
  }

  void feed(size_t line, GstClockTime time, bool unpaced = false) {
    gst::Frame frame;
    frame.data = gst::Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, 10, nullptr));
    frame.time = time;
    frame.duration = kPacket;
    scribe_->frame(line, std::move(frame), unpaced);
  }
  void end() {
    for (const auto line : {kSound, kPictures}) scribe_->end(line);
  }

  Config config_;
  std::unique_ptr<Scribe> scribe_;
  std::vector<Part> parts_;
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

}  // namespace
}  // namespace kms::recorder
