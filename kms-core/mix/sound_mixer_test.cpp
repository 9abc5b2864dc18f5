// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/sound_mixer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/gst/init.hpp"
#include "kms-core/mix/sound_input.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/ear.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/feeder.hpp"
#include "tests/support/taker.hpp"

namespace kms::mix {
namespace {

using kms::test::Ear;
using kms::test::eventually;
using kms::test::tone;
using kms::test::tone_db;
using std::chrono::milliseconds;

// Hums a tone for ever.
class Hum : public SoundSource {
 public:
  explicit Hum(double hz, double amplitude = 0.2) : hz_(hz), amplitude_(amplitude) {}
  uint8_t listen() override {
    from_ += kBlockFrames;
    return amplitude_ > 0 ? 20 : kSilent;
  }
  bool take(Block& out) override {
    out = tone(hz_, kBlockFrames, from_, amplitude_);
    ++taken_;
    return true;
  }
  void pass() override { ++passed_; }
  std::atomic<int> taken_ = 0;
  std::atomic<int> passed_ = 0;

 private:
  const double hz_;
  const double amplitude_;
  size_t from_ = 0;
};

std::shared_ptr<SoundOutput> output() { return std::make_shared<SoundOutput>(1, nullptr); }

double hz_of(uint64_t seat) { return 400 + 300 * static_cast<double>(seat); }

class SoundMixerTest : public testing::Test {
 protected:
  SoundMixerTest() { gst::init(); }

  void sit(uint64_t id, std::shared_ptr<SoundSource> source) {
    seats_.push_back({.id = id, .source = std::move(source), .output = output()});
  }
  void hum(uint64_t id, double amplitude = 0.2) { sit(id, std::make_shared<Hum>(hz_of(id), amplitude)); }

  SoundMixer::Seats seats_;
};

TEST_F(SoundMixerTest, EveryoneHearsTheOthersAndNobodyHimself) {
  SoundMixer mixer({});
  std::vector<std::unique_ptr<Ear>> ears;
  for (uint64_t id = 0; id < 4; ++id) {
    hum(id);
    ears.push_back(std::make_unique<Ear>("ear"));
    ears.back()->inlet()->attach(seats_.back().output->raw());
  }
  mixer.set(seats_);
  mixer.wake();

  for (uint64_t me = 0; me < 4; ++me) {
    const auto heard = ears[me]->listen(milliseconds(500));
    ASSERT_FALSE(heard.empty());
    for (uint64_t other = 0; other < 4; ++other) {
      if (other == me) {
        EXPECT_LT(tone_db(heard, hz_of(other)), -14 - 40) << me;
      } else {
        EXPECT_NEAR(tone_db(heard, hz_of(other)), -14, 1) << me << " hears " << other;
      }
    }
  }
}

TEST_F(SoundMixerTest, TheSameIsTrueOfWhatIsEncoded) {
  SoundMixer mixer({});
  std::vector<std::unique_ptr<Ear>> ears;
  for (uint64_t id = 0; id < 3; ++id) {
    hum(id, id == 2 ? 0 : 0.2);
    ears.push_back(std::make_unique<Ear>("ear", "opusdec"));
    ears.back()->inlet()->attach(seats_.back().output->encoded());
  }
  mixer.set(seats_);
  mixer.wake();

  ears[0]->listen(milliseconds(300));
  const auto first = ears[0]->listen(milliseconds(500));
  const auto third = ears[2]->listen(milliseconds(500));
  EXPECT_NEAR(tone_db(first, hz_of(1)), -14, 1.5);
  EXPECT_LT(tone_db(first, hz_of(0)), -14 - 40);
  EXPECT_NEAR(tone_db(third, hz_of(0)), -14, 1.5);
  EXPECT_NEAR(tone_db(third, hz_of(1)), -14, 1.5);
}

TEST_F(SoundMixerTest, ThirtyListenersOfThreeWhoSpeakNeedFourEncoders) {
  SoundMixer mixer({});
  std::vector<std::unique_ptr<kms::test::Taker>> takers;
  for (uint64_t id = 0; id < 30; ++id) {
    hum(id, id < 3 ? 0.2 : 0);
    takers.push_back(std::make_unique<kms::test::Taker>("taker"));
    takers.back()->inlet()->attach(seats_.back().output->encoded());
  }
  mixer.set(seats_);
  mixer.wake();
  ASSERT_TRUE(takers[29]->wait_frames(20));

  ASSERT_TRUE(takers[29]->wait_frames(100));
  mixer.stop();

  const auto encoded = static_cast<double>(mixer.encoded());
  double blocks = 0;
  EXPECT_TRUE(eventually([&] {  // the last of them are on their way
    blocks = static_cast<double>(takers[29]->frames().size());
    return std::abs(encoded - 4 * blocks) < 30;
  })) << encoded
      << " for " << blocks;
}

TEST_F(SoundMixerTest, OnlyTheLoudestAreTaken) {
  SoundMixer mixer({.loudest = {.most = 2}});
  std::vector<std::shared_ptr<Hum>> hums;
  for (uint64_t id = 0; id < 50; ++id) {
    hums.push_back(std::make_shared<Hum>(hz_of(id)));
    sit(id, hums.back());
  }
  mixer.set(seats_);
  mixer.wake();
  EXPECT_TRUE(eventually([&] { return hums[0]->taken_ > 20; }));
  int taken = 0;
  for (const auto& each : hums) taken += each->taken_ > 5 ? 1 : 0;
  EXPECT_EQ(taken, 2);
  EXPECT_TRUE(eventually([&] { return hums[49]->passed_ > 20; }));
}

TEST_F(SoundMixerTest, GainAndMuteAreOfOneInput) {
  SoundMixer mixer({});
  hum(0);
  hum(1);
  sit(2, nullptr);
  seats_[0].gain = 0.5;
  Ear ear("ear");
  ear.inlet()->attach(seats_[2].output->raw());
  mixer.set(seats_);
  mixer.wake();
  auto heard = ear.listen(milliseconds(400));
  EXPECT_NEAR(tone_db(heard, hz_of(0)), -20, 1);
  EXPECT_NEAR(tone_db(heard, hz_of(1)), -14, 1);

  seats_[0].muted = true;
  mixer.set(seats_);
  mixer.wake();
  EXPECT_TRUE(eventually([&] {  // what was mixed before is heard first
    heard = ear.listen(milliseconds(400));
    return tone_db(heard, hz_of(0)) < -90;
  }));
  EXPECT_NEAR(tone_db(heard, hz_of(1)), -14, 1);
}

TEST_F(SoundMixerTest, WhoSendsNoMoreHearsAllThatTheOthersSay) {
  SoundMixer mixer({});
  hum(0);
  hum(1);
  Ear ear("ear");
  ear.inlet()->attach(seats_[0].output->raw());
  mixer.set(seats_);
  mixer.wake();
  EXPECT_NEAR(tone_db(ear.listen(milliseconds(400)), hz_of(1)), -14, 1);

  seats_[0].source = nullptr;  // while he is heard
  mixer.set(seats_);
  std::vector<int16_t> heard;
  EXPECT_TRUE(eventually([&] {
    heard = ear.listen(milliseconds(400));
    return tone_db(heard, hz_of(0)) < -14 - 40;
  })) << "what he said last is taken off for ever";
  EXPECT_NEAR(tone_db(heard, hz_of(1)), -14, 1);
}

TEST_F(SoundMixerTest, TooLoudASumIsCutAndDoesNotTurnOver) {
  SoundMixer mixer({});
  for (uint64_t id = 0; id < 3; ++id) {
    sit(id, std::make_shared<Hum>(500, 0.9));
  }
  sit(3, nullptr);
  Ear ear("ear");
  ear.inlet()->attach(seats_[3].output->raw());
  mixer.set(seats_);
  mixer.wake();
  const auto heard = ear.listen(milliseconds(200));
  ASSERT_FALSE(heard.empty());
  EXPECT_EQ(*std::max_element(heard.begin(), heard.end()), 32767);
  EXPECT_GT(tone_db(heard, 500), 0) << "nearly a square";
}

TEST_F(SoundMixerTest, WithoutInputsThereIsSilenceAtTheRightPace) {
  SoundMixer mixer({});
  sit(0, nullptr);
  kms::test::Taker taker("taker");
  taker.inlet()->attach(seats_[0].output->raw());
  mixer.set(seats_);
  mixer.wake();
  std::vector<kms::test::Frame> frames;
  kms::test::measure_again_if([&] { return kms::test::latest(frames) > kms::test::kHeldUp; },
                              [&] {
                                const auto before = taker.frames().size();
                                ASSERT_TRUE(taker.wait_frames(before + 20));
                                const auto all = taker.frames();
                                frames.assign(all.begin() + static_cast<ptrdiff_t>(before), all.end());
                                EXPECT_EQ(frames[19].pts - frames[9].pts, 10 * GST_SECOND / kBlocksPerSecond);
                              });
  ASSERT_EQ(frames.size(), 20U);
  EXPECT_EQ(frames[10].bytes, kBlockFrames * 2);
  EXPECT_EQ(frames[10].first_bytes, std::string(8, '\0'));
}

TEST_F(SoundMixerTest, WhoComesAndGoesLeavesNoHoleForTheOthers) {
  SoundMixer mixer({});
  hum(0);
  sit(1, nullptr);
  Ear ear("ear", "opusdec");
  ear.inlet()->attach(seats_[1].output->encoded());
  mixer.set(seats_);
  mixer.wake();
  ear.listen(milliseconds(200));
  const auto before = ear.all().size();
  for (int i = 0; i < 20; ++i) {
    auto more = seats_;
    more.push_back({.id = 5, .source = std::make_shared<Hum>(hz_of(5)), .output = output()});
    mixer.set(more);
    mixer.wake();
    ear.listen(milliseconds(20));
    mixer.set(seats_);
    mixer.wake();
    ear.listen(milliseconds(20));
  }
  auto heard = ear.all();
  heard.erase(heard.begin(), heard.begin() + static_cast<ptrdiff_t>(before));
  EXPECT_NEAR(tone_db(heard, hz_of(0)), -14, 1.5);
}

TEST_F(SoundMixerTest, TellsWhoSpeaks) {
  kms::test::Watched<std::vector<std::optional<uint64_t>>> told;
  SoundMixer mixer({});
  mixer.on_speaker([&](auto who) { told.change([&](auto& all) { all.push_back(who); }); });
  hum(7);
  hum(8, 0);
  mixer.set(seats_);
  mixer.wake();
  EXPECT_TRUE(told.wait([](const auto& all) { return !all.empty() && all.back() == 7U; }));
  mixer.set({seats_[1]});
  mixer.wake();
  EXPECT_TRUE(told.wait([](const auto& all) { return all.size() == 2 && !all.back(); }));
}

// An input in a running pipeline.
TEST(SoundInput, HearsSoundOfEveryFormat) {
  gst::init();
  kms::test::FakeHost host;
  for (const auto* caps :
       {"S16LE,rate=48000,channels=1", "F32LE,rate=44100,channels=2", "S16LE,rate=8000,channels=1"}) {
    std::unique_ptr<SoundInput> input;
    host.on_loop([&] { input = SoundInput::create(host.processing(), {.name = "in"}).value(); });
    kms::test::Feeder feeder(
        std::string("audiotestsrc is-live=true freq=600 volume=0.5 ! audio/x-raw,format=") + caps +
            " ! identity silent=true name=audio",
        kms::test::Feeder::Pace::kRealTime);
    host.on_loop([&] { input->inlet()->attach(feeder.fan_out("audio")); });
    feeder.start();
    SoundMixer mixer({});
    SoundMixer::Seats seats{{.id = 0, .source = input->source()}, {.id = 1, .output = output()}};
    Ear ear("ear");
    ear.inlet()->attach(seats[1].output->raw());
    mixer.set(seats);
    mixer.wake();
    ear.listen(milliseconds(300));
    EXPECT_TRUE(eventually([&] {  // where none of it came late
      return std::abs(tone_db(ear.listen(milliseconds(100)), 600) + 6) < 1.5;
    })) << caps;
    mixer.stop();
    host.on_loop([&] { input.reset(); });
  }
}

}  // namespace
}  // namespace kms::mix
