// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/init.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/outlet.hpp"
#include "kms-core/gst/pacer.hpp"
#include "tests/support/taker.hpp"

namespace kms::gst {
namespace {

using test::Frame;
using test::Taker;

Ref<GstCaps> caps(const char* text) { return Ref<GstCaps>::adopt(gst_caps_from_string(text)); }

// Frame `number` of 20 ms, a key frame every tenth.
Ref<GstBuffer> frame(unsigned number, size_t size = 100) {
  auto* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  GST_BUFFER_PTS(buffer) = GST_SECOND + number * 20 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer) = 20 * GST_MSECOND;
  if (number % 10 != 0) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return Ref<GstBuffer>::adopt(buffer);
}

unsigned number_of(const Frame& f) {
  return static_cast<unsigned>((f.pts - GST_SECOND) / (20 * GST_MSECOND));
}

// Holds a streaming thread up until it is opened.
class Gate {
 public:
  void pass() { opened_.wait(); }
  void open() { promise_.set_value(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> opened_ = promise_.get_future().share();
};

class LinkTest : public testing::Test {
 protected:
  LinkTest() { init(); }
  void begin(const char* text, bool unpaced = false) { source_->stream({caps(text), unpaced}); }
  void push(unsigned from, unsigned count) {
    for (unsigned i = from; i < from + count; ++i) source_->push(frame(i));
  }

  std::shared_ptr<FanOut> source_ = std::make_shared<FanOut>();
};

constexpr char kEncoded[] = "video/x-vp8,width=64,height=48";
constexpr char kRaw[] = "video/x-raw,format=I420,width=64,height=48,framerate=50/1";
constexpr char kSound[] = "audio/x-opus,channel-mapping-family=0,channels=2,rate=48000";

TEST_F(LinkTest, EveryTakerGetsEveryFrame) {
  Taker one("one");
  Taker two("two");
  one.inlet()->attach(source_);
  two.inlet()->attach(source_);

  begin(kEncoded);
  push(0, 100);

  ASSERT_TRUE(one.wait_frames(100));
  ASSERT_TRUE(two.wait_frames(100));
  EXPECT_EQ(number_of(one.frames()[99]), 99U);
  EXPECT_EQ(two.caps(), "video/x-vp8, width=(int)64, height=(int)48");
  EXPECT_EQ(source_->frames(), 100U);
  EXPECT_EQ(source_->bytes(), 10000U);
}

TEST_F(LinkTest, ATakerThatComesLaterBeginsWithAKeyFrame) {
  Taker late("late");
  begin(kEncoded);
  push(0, 5);
  late.inlet()->attach(source_);

  push(5, 10);

  ASSERT_TRUE(late.wait_frames(5));
  EXPECT_TRUE(late.frames().front().key);
  EXPECT_EQ(number_of(late.frames().front()), 10U);
  EXPECT_EQ(late.inlet()->stats().dropped, 0U);  // it was not too slow
}

TEST_F(LinkTest, ASlowTakerOfPacedFramesDisturbsNoOther) {
  Gate gate;
  Taker slow("slow", {.before_frame = [&] { gate.pass(); }});
  Taker quick("quick");
  slow.inlet()->attach(source_);
  quick.inlet()->attach(source_);

  begin(kRaw);
  for (unsigned i = 0; i < 200; ++i) {
    push(i, 1);
    ASSERT_TRUE(quick.wait_frames(i + 1));
  }

  EXPECT_GT(slow.inlet()->stats().dropped, 100U);
  gate.open();
  ASSERT_TRUE(slow.wait_frames(2));
}

TEST_F(LinkTest, EncodedVideoIsDroppedUpToTheNextKeyFrame) {
  Gate gate;
  unsigned asked = 0;
  source_->on_key_unit_request([&] { ++asked; });
  Taker slow("slow", {.before_frame = [&] { gate.pass(); }});
  slow.inlet()->attach(source_);
  begin(kEncoded);
  push(0, 305);
  gate.open();
  push(305, 20);

  const auto last = [](const std::vector<Frame>& frames) { return number_of(frames.back()); };
  ASSERT_TRUE(slow.wait_for([&](const auto& frames) { return !frames.empty() && last(frames) == 324; }));
  const auto frames = slow.frames();
  for (size_t i = 1; i < frames.size(); ++i) {
    const bool gap = number_of(frames[i]) != number_of(frames[i - 1]) + 1;
    EXPECT_TRUE(!gap || frames[i].key) << "after frame " << number_of(frames[i - 1]);
  }
  EXPECT_LT(frames.size(), 325U);
  EXPECT_EQ(slow.inlet()->stats().dropped, 325U - frames.size());
  EXPECT_GE(asked, 1U);
}

TEST_F(LinkTest, UnpacedMediaWaitsAndLosesNothing) {
  Gate gate;
  Taker slow("slow", {.before_frame = [&] { gate.pass(); }});
  slow.inlet()->attach(source_);
  begin(kRaw, true);
  auto pushed = std::async(std::launch::async, [&] { push(0, 500); });
  EXPECT_EQ(pushed.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);

  gate.open();
  pushed.get();

  ASSERT_TRUE(slow.wait_frames(500));
  EXPECT_EQ(slow.inlet()->stats().dropped, 0U);
}

TEST_F(LinkTest, AnInletTakesMoreWhileItsSiblingStarves) {
  Gate gate;
  auto group = std::make_shared<InletGroup>();
  Taker full("full", {.group = group, .before_frame = [&] { gate.pass(); }});
  Taker empty("empty", {.group = group});
  auto other = std::make_shared<FanOut>();
  full.inlet()->attach(source_);
  empty.inlet()->attach(other);
  begin(kSound, true);
  auto pushed = std::async(std::launch::async, [&] { push(0, 2000); });

  EXPECT_EQ(pushed.wait_for(test::kPatience), std::future_status::ready);

  gate.open();
  ASSERT_TRUE(full.wait_frames(2000));
}

TEST_F(LinkTest, ASiblingWhoseStreamEndedDoesNotStarve) {
  Gate gate;
  auto group = std::make_shared<InletGroup>();
  Taker full("full", {.group = group, .before_frame = [&] { gate.pass(); }});
  Taker over("over", {.group = group});
  auto other = std::make_shared<FanOut>();
  full.inlet()->attach(source_);
  over.inlet()->attach(other);
  other->stream({caps(kSound), true});
  other->end();
  ASSERT_TRUE(over.wait_end());
  begin(kSound, true);
  auto pushed = std::async(std::launch::async, [&] { push(0, 2000); });

  EXPECT_EQ(pushed.wait_for(std::chrono::milliseconds(100)), std::future_status::timeout);

  gate.open();
  pushed.get();
  ASSERT_TRUE(full.wait_frames(2000));
}

TEST_F(LinkTest, AnEndIsHandedOnAndANewStreamMayFollow) {
  Taker taker("taker");
  taker.inlet()->attach(source_);
  begin(kEncoded);
  push(0, 10);
  source_->end();
  ASSERT_TRUE(taker.wait_end());

  begin(kSound);
  push(10, 10);
  source_->end();

  ASSERT_TRUE(taker.wait_end(2));
  EXPECT_EQ(taker.frames().size(), 20U);
  EXPECT_NE(taker.caps().find("audio/x-opus"), std::string::npos);
}

TEST_F(LinkTest, AnEndWithoutMediaIsAnEnd) {
  Taker taker("taker");
  taker.inlet()->attach(source_);
  source_->end();
  EXPECT_TRUE(taker.wait_end());
}

TEST_F(LinkTest, TakersComeAndGoUnderFlowAndTheOthersMissNothing) {
  Taker constant("constant");
  constant.inlet()->attach(source_);
  begin(kSound, true);
  auto flow = std::async(std::launch::async, [&] { push(0, 5000); });
  for (unsigned i = 0; i < 100; ++i) {
    Taker visitor("visitor");
    visitor.inlet()->attach(source_);
    visitor.inlet()->detach();
  }
  flow.get();

  ASSERT_TRUE(constant.wait_frames(5000));
  EXPECT_EQ(number_of(constant.frames().back()), 4999U);
  EXPECT_EQ(source_->takers(), 1U);
}

TEST_F(LinkTest, TakersComeAndGoWhileGapsAndEndsAreTold) {
  constexpr unsigned kEnds = 3000;
  Taker constant("constant");
  constant.inlet()->attach(source_);
  begin(kSound);
  auto told = std::async(std::launch::async, [&] {
    for (unsigned i = 0; i < kEnds; ++i) {
      source_->gap({GST_SECOND, GST_MSECOND});
      source_->interrupt(false);
      source_->end();
    }
  });
  for (unsigned i = 0; i < 200; ++i) {
    Taker visitor("visitor");
    visitor.inlet()->attach(source_);
    visitor.inlet()->detach();
  }
  told.get();

  EXPECT_TRUE(constant.wait_end(kEnds));
}

TEST_F(LinkTest, DetachingLetsAWaitingSourceGo) {
  Gate gate;
  Taker stuck("stuck", {.before_frame = [&] { gate.pass(); }});
  stuck.inlet()->attach(source_);
  begin(kRaw, true);
  auto pushed = std::async(std::launch::async, [&] { push(0, 50); });
  EXPECT_EQ(pushed.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);

  stuck.inlet()->detach();

  EXPECT_EQ(pushed.wait_for(test::kPatience), std::future_status::ready);
  gate.open();
}

TEST_F(LinkTest, AnInterruptLetsAWaitingSourceGo) {
  Gate gate;
  Taker stuck("stuck", {.before_frame = [&] { gate.pass(); }});
  stuck.inlet()->attach(source_);
  begin(kRaw, true);
  auto pushed = std::async(std::launch::async, [&] { push(0, 50); });
  EXPECT_EQ(pushed.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);

  source_->interrupt(true);

  EXPECT_EQ(pushed.wait_for(test::kPatience), std::future_status::ready);
  source_->interrupt(false);
  gate.open();
}

TEST_F(LinkTest, ReplacingTheSourceTakesNothingMoreFromTheOldOne) {
  Taker taker("taker");
  taker.inlet()->attach(source_);
  begin(kEncoded);
  push(0, 10);
  ASSERT_TRUE(taker.wait_frames(10));
  auto other = std::make_shared<FanOut>();
  taker.inlet()->attach(other);

  push(10, 10);
  other->stream({caps(kSound), false});
  other->push(frame(30));

  ASSERT_TRUE(taker.wait_frames(11));
  EXPECT_EQ(number_of(taker.frames()[10]), 30U);
  EXPECT_EQ(source_->takers(), 0U);
}

TEST_F(LinkTest, AnInletThatIsStoppedAndStartedKnowsItsFormatAndBeginsWithAKeyFrame) {
  Taker taker("taker");
  taker.inlet()->attach(source_);
  begin(kEncoded);
  push(0, 5);
  ASSERT_TRUE(taker.wait_frames(5));

  taker.restart();
  push(5, 6);

  ASSERT_TRUE(taker.wait_frames(6));
  EXPECT_EQ(number_of(taker.frames()[5]), 10U);
  EXPECT_NE(taker.caps().find("video/x-vp8"), std::string::npos);
}

// Who counts threads by name (GET /metrics) would have a new one with each element of each session.
TEST_F(LinkTest, AStreamingThreadIsNotCalledByWhatAClientHasNamed) {
  std::promise<std::string> name;
  std::once_flag once;
  Taker taker("of-a-client-1-in", {.before_frame = [&] {
                std::call_once(once, [&] {
                  std::array<char, 16> text{};
                  pthread_getname_np(pthread_self(), text.data(), text.size());
                  name.set_value(text.data());
                });
              }});
  taker.inlet()->attach(source_);

  begin(kEncoded);
  push(0, 1);

  EXPECT_EQ(name.get_future().get(), "inlet");
}

TEST_F(LinkTest, ADirectInletSendsOnTheThreadThatPutsIn) {
  std::set<std::thread::id> threads;
  Taker taker("taker", {.before_frame = [&] { threads.insert(std::this_thread::get_id()); }, .direct = true});
  taker.inlet()->attach(source_);
  begin(kEncoded);
  push(0, 5);
  EXPECT_EQ(taker.frames().size(), 5U);
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});

  taker.restart();  // a thread of its own tells the format anew, and may still be at it
  push(5, 6);

  ASSERT_TRUE(taker.wait_frames(6));
  EXPECT_EQ(number_of(taker.frames()[5]), 10U) << "it began anew with a key frame";
  EXPECT_NE(taker.caps().find("video/x-vp8"), std::string::npos);
}

TEST_F(LinkTest, WhoPutsInWhileAnotherThreadSendsDoesNotWait) {
  Gate gate;
  test::Watched<bool> sends;
  const auto hold = [&] {
    sends.change([](bool& value) { value = true; });
    gate.pass();
  };
  Taker taker("taker", {.before_frame = hold, .direct = true});
  taker.inlet()->attach(source_);
  begin(kSound);
  auto first = std::async(std::launch::async, [&] { push(0, 1); });
  ASSERT_TRUE(sends.wait([](bool value) { return value; }));

  push(1, 20);
  EXPECT_TRUE(taker.frames().empty());
  gate.open();
  first.get();

  ASSERT_EQ(taker.frames().size(), 21U) << "the one that sends sends all";
  for (unsigned i = 0; i < 21; ++i) EXPECT_EQ(number_of(taker.frames()[i]), i);
}

TEST_F(LinkTest, AnArrivalIsToldOfEachSourceThoughWhatCameFromTheOneBeforeIsStillOnItsWay) {
  Gate gate;
  test::Watched<bool> sends;
  std::atomic<unsigned> told = 0;
  const auto hold = [&] {
    sends.change([](bool& value) { value = true; });
    gate.pass();
  };
  Taker taker("taker", {.before_frame = hold, .direct = true});
  taker.inlet()->on_arrival([&] { ++told; });
  taker.inlet()->attach(source_);
  begin(kSound);
  auto first = std::async(std::launch::async, [&] { push(0, 1); });
  ASSERT_TRUE(sends.wait([](bool value) { return value; }));
  const auto other = std::make_shared<FanOut>();
  taker.inlet()->attach(other);
  gate.open();
  first.get();

  other->stream({caps(kSound), false});
  other->push(frame(1));

  EXPECT_EQ(told, 2U);
}

TEST_F(LinkTest, FinishSendsWhatWaitsAndThenTheEnd) {
  Gate gate;
  Taker taker("taker", {.before_frame = [&] { gate.pass(); }});
  taker.inlet()->attach(source_);
  begin(kEncoded);
  push(0, 50);
  taker.inlet()->finish();
  push(50, 10);
  gate.open();

  ASSERT_TRUE(taker.wait_end());
  EXPECT_EQ(taker.frames().size(), 50U);
}

TEST_F(LinkTest, NobodyWaitsInAClosedOutletHoweverItsPadIsBroughtUpAgain) {
  const auto pacer = std::make_shared<Pacer>(false);
  pacer->pause();
  const auto outlet = Outlet::create("outlet", pacer);
  const auto element = Ref<GstElement>::sink(outlet->element());
  auto waits = std::async(std::launch::async, [&] { return outlet->chain(frame(0)); });
  EXPECT_EQ(waits.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);

  outlet->close();
  EXPECT_EQ(waits.get(), GST_FLOW_FLUSHING);
  outlet->set_flushing(false);
  EXPECT_EQ(outlet->chain(frame(1)), GST_FLOW_FLUSHING);
}

TEST_F(LinkTest, KeyFrameRequestsAreCoalesced) {
  unsigned asked = 0;
  source_->on_key_unit_request([&] { ++asked; });
  const auto begin = media_now();
  for (int i = 0; i < 100; ++i) source_->request_key_unit();
  EXPECT_LE(asked, 1U + (media_now() - begin) / (GST_SECOND / 4));
  EXPECT_GE(asked, 1U);
}

TEST_F(LinkTest, TellsWhenMediaBeginsToFlowAndAgainAfterARest) {
  unsigned told = 0;
  source_->on_active([&] { ++told; });
  begin(kSound);
  push(0, 10);
  EXPECT_EQ(told, 1U);
  source_->rest();
  push(10, 10);
  EXPECT_EQ(told, 2U);
}

}  // namespace
}  // namespace kms::gst
