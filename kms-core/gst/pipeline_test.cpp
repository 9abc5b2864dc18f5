// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/pipeline.hpp"

#include <gtest/gtest.h>

#include <future>

#include "tests/support/element_host.hpp"

namespace kms::gst {
namespace {

class PipelineTest : public testing::Test {
 protected:
  explicit PipelineTest(std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
    host_.on_loop([&] {
      pipeline_ = std::make_unique<Pipeline>("it", Pipeline::Where{host_.loop(), host_.workers(), deadline});
    });
  }
  ~PipelineTest() override {
    host_.on_loop([this] { pipeline_.reset(); });
  }
  Status run(std::function<Status()> work) {
    return host_.call([&](Done done) {
      pipeline_->run([work = std::move(work)](GstElement*) { return work(); }, std::move(done));
    });
  }

  test::FakeHost host_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, StartsAndStops) {
  EXPECT_TRUE(host_.call([this](Done done) { pipeline_->start(std::move(done)); }).ok());
  EXPECT_TRUE(host_.call([this](Done done) { pipeline_->stop(std::move(done)); }).ok());
}

TEST_F(PipelineTest, CallsRunInOrderAndOffTheLoop) {
  std::vector<int> order;
  bool on_loop = true;
  host_.on_loop([&] {
    for (int i = 0; i < 20; ++i) {
      pipeline_->run(
          [&, i](GstElement*) {
            order.push_back(i);
            on_loop = host_.loop().is_current();
            return ok();
          },
          [](const Status&) {});
    }
  });
  ASSERT_TRUE(run([] { return ok(); }).ok());
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(order.size(), 20U);
  EXPECT_FALSE(on_loop);
}

TEST_F(PipelineTest, AnswersWhatTheCallSays) {
  EXPECT_EQ(reason_of(run([] { return error(StatusCode::kInternal, "SO_IT_IS", "so"); })), "SO_IT_IS");
}

// What an element says goes to its owner, or to the pipeline's handler when it has none.
class PipelineErrors : public PipelineTest, public testing::WithParamInterface<bool> {};

TEST_P(PipelineErrors, GoToWhoeverIsThere) {
  auto broken = Ref<GstElement>::sink(gst_element_factory_make("filesrc", nullptr));
  g_object_set(broken.get(), "location", "/none/at/all", nullptr);
  test::Watched<std::vector<std::string>> told;
  const auto tell = [&](const std::string& who) {
    return [&told, who](const Status& status) {
      told.change([&](auto& all) { all.push_back(who + " " + reason_of(status)); });
    };
  };
  host_.on_loop([&] {
    pipeline_->on_error(tell("pipeline"));
    pipeline_->add(broken, GetParam() ? tell("owner") : std::function<void(const Status&)>());
    pipeline_->start([](const Status&) {});
  });

  const auto expected = std::string(GetParam() ? "owner" : "pipeline") + " NOT_FOUND";
  EXPECT_TRUE(told.wait([&](const auto& all) { return !all.empty() && all.front() == expected; }));
  host_.on_loop([this] { pipeline_.reset(); });  // which may have more to tell
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutOwner, PipelineErrors, testing::Bool());

class PipelineQuarantine : public PipelineTest {
 protected:
  // A worker of a busy machine answers long before.
  static constexpr std::chrono::milliseconds kDeadline{2000};
  PipelineQuarantine() : PipelineTest(kDeadline) {}
};

TEST_F(PipelineQuarantine, ACallPastItsDeadlineIsAnsweredAndSoIsEveryLaterOne) {
  std::promise<void> release;
  auto released = release.get_future().share();
  const auto before = Pipeline::quarantined();
  const auto hang = [released] {
    released.wait();
    return ok();
  };

  test::Watched<int> answers;
  const auto stuck = [&](const Status& status) {
    EXPECT_EQ(reason_of(status), "PIPELINE_STUCK");
    answers.change([](int& count) { ++count; });
  };
  host_.on_loop([&] {
    for (int i = 0; i < 2; ++i) pipeline_->run([hang](GstElement*) { return hang(); }, stuck);
  });
  ASSERT_TRUE(answers.wait([](int count) { return count == 2; }));
  EXPECT_EQ(reason_of(run([] { return ok(); })), "PIPELINE_STUCK");
  EXPECT_EQ(Pipeline::quarantined(), before + 1);
  release.set_value();
  test::Watched<bool> free;
  host_.on_loop([&] {
    // Behind both calls on the pool's strand: a new call is taken when they are over.
    host_.workers().run([&] { free.change([](bool& value) { value = true; }); });
  });
  ASSERT_TRUE(free.wait([](bool value) { return value; }));
}

TEST_F(PipelineQuarantine, WhatIsRemovedMeanwhileGoesWhenTheCallReturns) {
  std::promise<void> release;
  auto released = release.get_future().share();
  const auto element = Ref<GstElement>::sink(gst_element_factory_make("fakesink", nullptr));
  host_.on_loop([&] { pipeline_->add(element, {}); });
  ASSERT_TRUE(run([] { return ok(); }).ok());
  EXPECT_EQ(reason_of(run([released] {
              released.wait();
              return ok();
            })),
            "PIPELINE_STUCK");

  const auto status = host_.call([&](Done done) { pipeline_->remove(element, std::move(done)); });
  EXPECT_EQ(reason_of(status), "PIPELINE_STUCK");
  EXPECT_NE(GST_OBJECT_PARENT(element.get()), nullptr);

  release.set_value();
  EXPECT_TRUE(test::eventually([&] {
    return Ref<GstObject>::adopt(gst_object_get_parent(GST_OBJECT(element.get()))).get() == nullptr;
  }));
}

// The loop is held up so that each of its turns is a look of the deadline: both are there in the last one.
TEST_F(PipelineQuarantine, ACallWhoseAnswerMeetsItsDeadlineIsNotStuck) {
  std::promise<void> release;
  auto released = release.get_future().share();
  std::promise<void> returned;
  auto back = returned.get_future();
  std::promise<void> never;
  const auto held = never.get_future();
  Loop::Timer meeting;
  const auto before = Pipeline::quarantined();
  int turn = 0;

  const auto status = host_.call([&](Done done) {
    meeting = host_.loop().every(std::chrono::milliseconds(1), [&] {  // before the deadline's look
      if (++turn > Loop::kLooks + 1) return;
      held.wait_for(kDeadline / Loop::kLooks + std::chrono::milliseconds(10));
      if (turn <= Loop::kLooks) return;
      release.set_value();
      pipeline_->run(
          [&](GstElement*) {
            returned.set_value();
            return ok();
          },
          [](const Status&) {});
      back.wait_for(test::kPatience);
    });
    pipeline_->run(
        [released](GstElement*) {
          released.wait();
          return ok();
        },
        std::move(done));
  });

  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Pipeline::quarantined(), before);
  EXPECT_TRUE(run([] { return ok(); }).ok());
  host_.on_loop([&] { meeting.stop(); });
}

TEST_F(PipelineQuarantine, TakesNothingIn) {
  std::promise<void> release;
  auto released = release.get_future().share();
  ASSERT_EQ(reason_of(run([released] {
              released.wait();
              return ok();
            })),
            "PIPELINE_STUCK");
  const auto element = Ref<GstElement>::sink(gst_element_factory_make("identity", nullptr));
  std::string told;

  host_.on_loop([&] { pipeline_->add(element, [&](const Status& status) { told = reason_of(status); }); });

  EXPECT_EQ(told, "PIPELINE_STUCK");
  EXPECT_EQ(GST_OBJECT_PARENT(element.get()), nullptr);
  release.set_value();
}

TEST_F(PipelineQuarantine, APipelineThatHangsHoldsUpNoOther) {
  std::promise<void> release;
  auto released = release.get_future().share();
  EXPECT_EQ(reason_of(run([released] {
              released.wait();
              return ok();
            })),
            "PIPELINE_STUCK");
  EXPECT_TRUE(host_.call([this](Done done) { host_.processing().start(std::move(done)); }).ok());
  release.set_value();
}

}  // namespace
}  // namespace kms::gst
