// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/flow_watch.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "kms-core/base/config.hpp"
#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/init.hpp"

namespace kms::graph {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

// A source of whatever the test pushes.
class Spring : public Element {
 public:
  explicit Spring(ElementHost& element_host) : Element(element_host) {
    ports_.sources.push_back({.name = "video",
                              .kind = v1::MEDIA_KIND_VIDEO,
                              .offers = {raw()},
                              .media = std::make_shared<gst::FanOut>()});
  }
};

// A session's part: what it is told of flow. Nothing else is asked of it.
class Told : public SlotOwner {
 public:
  Loop& loop() override { return loop_; }
  WorkerPool& workers() override { return workers_; }
  const Config& config() override { return config_; }
  gst::Pipeline& processing() override { throw std::logic_error("no pipeline"); }
  rtc::Server& rtc() override { throw std::logic_error("no RTP plane"); }
  const std::shared_ptr<rtc::LoudestSources>& loudest() override { return loudest_; }
  storage::Uploads* uploads() override { return nullptr; }
  void event(v1::Event event) override {
    if (event.has_media_flowing()) events.emplace_back("flows");
    if (event.has_media_not_flowing()) events.emplace_back("stands");
  }
  void ports_changed() override {}
  void packets_ended() override {}
  void voice_began() override {}

  std::vector<std::string> events;

 private:
  Loop loop_;
  WorkerPool workers_{{.kept = 1, .most = 1}};
  const Config config_;
  const std::shared_ptr<rtc::LoudestSources> loudest_;
};

// Looks at times of the test's.
class FlowWatchTest : public testing::Test {
 protected:
  FlowWatchTest() {
    gst::init();
    catalog_.add(define<google::protobuf::BoolValue>(
        {.title = "Spring", .summary = "A source.", .ports = {}},
        +[](ElementHost& host, const google::protobuf::BoolValue&) -> Result<std::unique_ptr<Element>> {
          return std::make_unique<Spring>(host);
        }));
    told_.loop().run([this] {
      v1::ElementSpec spec;
      spec.set_element_id("a");
      spec.mutable_options()->PackFrom(google::protobuf::BoolValue());
      slot_ = std::make_unique<Slot>(told_, "sessions/s/elements/a", spec);
      ASSERT_TRUE(slot_->fill(catalog_).ok());
      flow_ = std::make_unique<FlowWatch>();
      flow_->add(*slot_);
    });
  }
  ~FlowWatchTest() override {
    told_.loop().run([this] {
      flow_.reset();
      slot_.reset();
    });
  }

  void push(size_t bytes) {
    slot_->element().ports().sources.front().media->push(
        gst::Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, bytes, nullptr)));
    told_.loop().run([] {});  // that it begins is posted
  }
  void look_at(std::chrono::milliseconds time) {
    told_.loop().run([&] { flow_->tick(FlowWatch::Clock::time_point(1h + time)); });
  }
  std::vector<std::string> events() {
    std::vector<std::string> out;
    told_.loop().run([&] { out = told_.events; });
    return out;
  }
  double bitrate() {
    uint64_t out = 0;
    told_.loop().run([&] { out = flow_->bitrate_bps({"a", "video"}, v1::DIRECTION_SOURCE); });
    return static_cast<double>(out);
  }

  Told told_;
  Catalog catalog_;
  std::unique_ptr<Slot> slot_;
  std::unique_ptr<FlowWatch> flow_;
};

TEST_F(FlowWatchTest, TellsTheFirstFrameAndTwoSecondsWithoutOne) {
  look_at(0s);
  EXPECT_THAT(events(), IsEmpty());
  push(10);
  look_at(1s);
  look_at(2s);
  EXPECT_THAT(events(), ElementsAre("flows"));
  look_at(3s);
  EXPECT_THAT(events(), ElementsAre("flows", "stands"));
  push(10);
  EXPECT_THAT(events(), ElementsAre("flows", "stands", "flows"));
}

// The looks that it missed come late, and the next one in time: three of them are no two seconds then.
TEST_F(FlowWatchTest, ALoopThatWasHeldUpTellsNothingBeforeTheTwoSecondsHavePassed) {
  push(10);
  look_at(700ms);
  look_at(1s);
  look_at(2s);
  EXPECT_THAT(events(), ElementsAre("flows"));
  look_at(3s);
  EXPECT_THAT(events(), ElementsAre("flows", "stands"));
}

TEST_F(FlowWatchTest, ABitRateIsThatOfTheTimeBetweenTheLooks) {
  look_at(0s);
  push(1700);
  look_at(1700ms);
  EXPECT_NEAR(bitrate(), 8000, 1);
  push(300);
  look_at(2s);
  EXPECT_NEAR(bitrate(), 8000, 1);
  push(1000);
  look_at(3s);
  push(1000);
  look_at(4s);
  EXPECT_NEAR(bitrate(), 8000, 1);
}

}  // namespace
}  // namespace kms::graph
