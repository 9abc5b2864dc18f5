// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/picture_mixer.hpp"

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "kms-core/gst/init.hpp"
#include "kms-core/mix/picture_input.hpp"
#include "kms-core/mix/test_pictures.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/feeder.hpp"
#include "tests/support/taker.hpp"

namespace kms::mix {
namespace {

using kms::test::eventually;
using kms::test::Feeder;
using kms::test::Frame;
using kms::test::Taker;
using test::picture;
using test::Seen;

constexpr PictureMixer::Options kSmall{.size = {320, 180}, .frames = 50};
constexpr GstClockTime kPeriod = GST_SECOND / 50;
constexpr uint32_t kMany = 10'000;  // pictures that may wait: a taker that is held up loses none

// Looks again where the mixer, or who takes from it, was held up.
void look_calmly(const std::function<void(std::vector<Frame>&)>& look) {
  std::vector<Frame> frames;
  kms::test::measure_again_if([&] { return kms::test::latest(frames) > kms::test::kHeldUp; },
                              [&] { look(frames); });
}

// Pairs of frames that are not one period apart.
size_t gaps_in(const std::vector<Frame>& frames) {
  size_t gaps = 0;
  for (size_t i = 1; i < frames.size(); ++i) gaps += frames[i].pts - frames[i - 1].pts == kPeriod ? 0 : 1;
  return gaps;
}

TEST(PictureMixer, MakesAPicturePerPeriodForAsLongAsSomebodyTakesIt) {
  look_calmly([](auto& frames) {
    gst::init();
    PictureMixer mixer(kSmall);
    Taker eye("eye");
    EXPECT_EQ(mixer.frames(), 0U);

    eye.inlet()->set_patience(kMany, UINT64_MAX);
    eye.inlet()->attach(mixer.fan_out());
    ASSERT_TRUE(eye.wait_frames(20));
    frames = eye.frames();
    EXPECT_LE(gaps_in(frames), 1U) << "a machine that is busy for 100 ms may leave one out";

    eye.inlet()->detach();
    uint64_t before = 0;
    EXPECT_TRUE(eventually([&] { return mixer.frames() == std::exchange(before, mixer.frames()); }));
    eye.inlet()->attach(mixer.fan_out());
    EXPECT_TRUE(eye.wait_frames(eye.frames().size() + 10));
  });
}

TEST(PictureMixer, ATakerThatComesAsSoonAsAnotherWentGetsPictures) {
  gst::init();
  PictureMixer mixer(kSmall);
  Taker one("one");
  Taker two("two");
  one.inlet()->attach(mixer.fan_out());
  ASSERT_TRUE(one.wait_frames(1));

  one.inlet()->detach();
  two.inlet()->attach(mixer.fan_out());

  EXPECT_TRUE(two.wait_frames(3));
}

TEST(PictureMixer, ATakerThatComesAfterOneThatWasNeverSeenGetsPictures) {
  gst::init();
  PictureMixer mixer(kSmall);
  Taker one("one");
  Taker two("two");
  one.inlet()->attach(mixer.fan_out());
  one.inlet()->detach();
  for (const auto looked = gst::media_now() + 2 * kPeriod; gst::media_now() < looked;)
    std::this_thread::yield();

  two.inlet()->attach(mixer.fan_out());

  EXPECT_TRUE(two.wait_frames(3));
}

TEST(PictureMixer, ChangesOfTheSceneCostNoPicture) {
  look_calmly([](auto& frames) {
    gst::init();
    PictureMixer mixer(kSmall);
    Taker eye("eye", {.chain = "videoconvert ! video/x-raw,format=I420 ! identity silent=true"});
    eye.inlet()->set_patience(kMany, UINT64_MAX);
    eye.inlet()->attach(mixer.fan_out());
    std::mt19937 random(7);

    for (int i = 0; i < 300; ++i) {
      auto scene = std::make_shared<Scene>();
      for (unsigned input = 0; input < random() % 12; ++input)
        scene->inputs.push_back(
            {std::to_string(input), picture({64, 36}, Seen::kRed, gst::media_now()), nullptr});
      scene->layout.kind = static_cast<Layout::Kind>(random() % 5);
      mixer.show(std::move(scene));
      const auto seen = eye.frames().size();
      ASSERT_TRUE(i % 10 != 0 || eye.wait_frames(seen + 1));
    }

    frames = eye.frames();
    EXPECT_LE(gaps_in(frames), 1U);
  });
}

TEST(PictureMixer, SaysTheEndWhenItIsStopped) {
  gst::init();
  PictureMixer mixer(kSmall);
  Taker eye("eye");
  eye.inlet()->attach(mixer.fan_out());
  ASSERT_TRUE(eye.wait_frames(1));

  mixer.stop();

  EXPECT_TRUE(eye.wait_end());
}

// An input in a running pipeline.
class Entry {
 public:
  Entry() {
    gst::init();
    host_.on_loop([this] {
      auto made = PictureInput::create("input", host_.processing(), [](const Status&) {});
      if (made.ok()) input_ = *std::move(made);
    });
  }
  ~Entry() {
    host_.on_loop([this] { input_.reset(); });
  }

  void take_from(const std::shared_ptr<gst::FanOut>& source) {
    host_.on_loop([&] { input_->inlet()->attach(source); });
  }
  bool shows(const std::function<bool(const LatestPicture::Shot&)>& fits) {
    return eventually([&] {
      const auto shot = input_->latest()->get();
      return shot.buffer && fits(shot);
    });
  }

 private:
  kms::test::FakeHost host_;
  std::unique_ptr<PictureInput> input_;
};

TEST(PictureInput, TakesPicturesOfEveryFormatAndSize) {
  Entry entry;
  for (const auto* caps : {"I420,width=320,height=180", "NV12,width=64,height=48", "RGB,width=33,height=17",
                           "I420_10LE,width=1920,height=1080"}) {
    Feeder feeder(std::string("videotestsrc is-live=true pattern=red ! video/x-raw,framerate=30/1,format=") +
                      caps + " ! identity silent=true name=video",
                  Feeder::Pace::kRealTime);
    entry.take_from(feeder.fan_out("video"));
    feeder.start();
    const int width = std::stoi(std::string(caps).substr(std::string(caps).find("width=") + 6));
    EXPECT_TRUE(entry.shows([&](const auto& shot) {
      return shot.info->width == width && GST_VIDEO_INFO_FORMAT(shot.info.get()) == GST_VIDEO_FORMAT_I420;
    })) << caps;
  }
}

TEST(PictureInput, TakesNoMoreOfAFileThanItsTimeAllows) {
  Entry entry;
  Feeder file(
      "videotestsrc num-buffers=600 ! video/x-raw,format=I420,width=64,height=36,framerate=30/1 ! "
      "identity silent=true name=video",
      Feeder::Pace::kUnpaced);
  entry.take_from(file.fan_out("video"));
  const auto begin = gst::media_now();
  file.start();
  GstClockTime first = 0;
  ASSERT_TRUE(entry.shows([&](const auto& shot) { return (first = GST_BUFFER_PTS(shot.buffer.get())) > 0; }));

  ASSERT_TRUE(
      entry.shows([&](const auto& shot) { return GST_BUFFER_PTS(shot.buffer.get()) >= first + GST_SECOND; }));

  EXPECT_GE(gst::media_now() - begin, GST_SECOND / 2);
}

TEST(PictureInput, KnowsHowPicturesLie) {
  EXPECT_EQ(PictureInput::turn_of("rotate-90"), (Turn{false, 90}));
  EXPECT_EQ(PictureInput::turn_of("flip-rotate-0"), (Turn{true, 0}));
  EXPECT_EQ(PictureInput::turn_of("flip-rotate-270"), (Turn{true, 270}));
  EXPECT_TRUE(PictureInput::turn_of("rotate-0").none());
  EXPECT_TRUE(PictureInput::turn_of("upside down").none());
}

}  // namespace
}  // namespace kms::mix
