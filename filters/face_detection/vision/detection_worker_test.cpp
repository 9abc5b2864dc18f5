// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/detection_worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>

#include "filters/face_detection/vision/i420_picture.hpp"

namespace kms::face_detection {
namespace {

using namespace std::chrono_literals;
constexpr std::int64_t kFrameNs = 33'333'333;

// What a test and its detector share: the test decides when a detection may end.
class Gate {
 public:
  void open() { set(true); }
  void close() { set(false); }

  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }

  bool wait_for_arrivals(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return arrived_ >= count; });
  }

 private:
  void set(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int arrived_ = 0;
};

// Finds one face whose confidence is the picture's grey value.
class GatedDetector final : public FaceDetector {
 public:
  explicit GatedDetector(Gate& gate) : gate_(gate) {}

  void shrink(const ConstFrame& frame, Picture& picture) const override {
    picture.reshape(1, 1, 1);
    picture.pixels[0] = frame.planes[0].data[0];
  }

  Result<std::vector<Face>> detect(const Picture& picture) override {
    gate_.pass();
    if (picture.pixels[0] == 0) {
      return error(StatusCode::kInternal, "DETECTION_FAILED", "black");
    }
    return std::vector<Face>{{{0, 0, 1, 1}, static_cast<float>(picture.pixels[0])}};
  }

 private:
  Gate& gate_;
};

class Results {
 public:
  void add(const Detection& detection) {
    const std::lock_guard lock(mutex_);
    all_.push_back(detection);
    changed_.notify_all();
  }

  std::vector<Detection> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 20s, [&] { return all_.size() >= count; });
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Detection> all_;
};

class DetectionWorkerTest : public testing::Test {
 protected:
  void start(const WorkerOptions& options = {}) {
    worker_.emplace(std::make_unique<GatedDetector>(gate_), options,
                    [this](const Detection& detection) { results_.add(detection); });
  }

  void submit(int number) {
    picture_.fill(static_cast<std::uint8_t>(number), 128, 128);
    worker_->submit(picture_.view(), number * kFrameNs);
  }

  Gate gate_;
  Results results_;
  I420Picture picture_{16, 16};
  std::optional<DetectionWorker> worker_;
};

TEST_F(DetectionWorkerTest, TellsWhatWasFoundInAFrame) {
  start();

  submit(7);

  const auto results = results_.wait_for(1);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].pts_ns, 7 * kFrameNs);
  ASSERT_EQ(results[0].faces.size(), 1U);
  EXPECT_EQ(results[0].faces[0].confidence, 7);
}

TEST_F(DetectionWorkerTest, NeverWaitsForASlowDetectorAndLooksAtTheNewestFrameNext) {
  start();
  gate_.close();
  submit(1);
  ASSERT_TRUE(gate_.wait_for_arrivals(1));

  for (int number = 2; number <= 100; ++number) {
    submit(number);
  }
  gate_.open();

  const auto results = results_.wait_for(2);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[1].pts_ns, 100 * kFrameNs);
  EXPECT_EQ(results[1].faces.at(0).confidence, 100);
  const WorkerStatistics statistics = worker_->statistics();
  EXPECT_EQ(statistics.submitted, 100U);
  EXPECT_EQ(statistics.skipped, 98U);
  EXPECT_EQ(statistics.done, 2U);
  EXPECT_GT(statistics.total, statistics.last);
}

TEST_F(DetectionWorkerTest, LooksNoMoreOftenThanAsked) {
  start({.per_second = 10});
  for (int number = 1; number <= 31; ++number) {
    submit(number);
    results_.wait_for(static_cast<std::size_t>((number + 2) / 3));
  }

  const auto results = results_.wait_for(11);
  ASSERT_EQ(results.size(), 11U);
  EXPECT_EQ(results[1].pts_ns, 4 * kFrameNs);
  EXPECT_EQ(worker_->statistics().too_soon, 20U);
}

TEST_F(DetectionWorkerTest, StartsANewCountWhenTimeJumpsBack) {
  start({.per_second = 1});
  submit(90);
  results_.wait_for(1);

  submit(1);

  EXPECT_EQ(results_.wait_for(2).back().pts_ns, kFrameNs);
}

TEST_F(DetectionWorkerTest, HasAThreadOnlyWhileFramesCome) {
  start({.idle = 1ms});
  EXPECT_FALSE(worker_->has_thread());
  for (int round = 1; round <= 3; ++round) {
    submit(round);
    results_.wait_for(static_cast<std::size_t>(round));
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (worker_->has_thread() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_FALSE(worker_->has_thread());
  }
  EXPECT_EQ(results_.wait_for(3).size(), 3U);
}

TEST_F(DetectionWorkerTest, TellsThatADetectionFailedAndGoesOn) {
  start();

  submit(0);
  results_.wait_for(1);
  submit(1);

  const auto results = results_.wait_for(2);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(reason_of(results[0].status), "DETECTION_FAILED");
  EXPECT_TRUE(results[1].status.ok());
  EXPECT_EQ(worker_->statistics().failed, 1U);
}

TEST_F(DetectionWorkerTest, StopsWithoutWaitingForADetectionAndCallsBackNoMore) {
  start();
  gate_.close();
  submit(1);
  ASSERT_TRUE(gate_.wait_for_arrivals(1));

  worker_->stop();
  submit(2);
  gate_.open();
  worker_.reset();

  EXPECT_TRUE(results_.wait_for(0).empty());
}

TEST_F(DetectionWorkerTest, MayBeStoppedByItsOwnCallback) {
  std::atomic<int> calls = 0;
  worker_.emplace(std::make_unique<GatedDetector>(gate_), WorkerOptions{}, [&](const Detection& detection) {
    ++calls;
    worker_->stop();
    results_.add(detection);
  });

  submit(1);
  results_.wait_for(1);
  submit(2);
  worker_.reset();

  EXPECT_EQ(calls, 1);
}

TEST_F(DetectionWorkerTest, MayBeDestroyedAtAnyMoment) {
  for (int round = 1; round <= 200; ++round) {
    start({.idle = round % 3 == 0 ? 0ms : 1000ms});
    for (int number = 1; number <= round % 5; ++number) {
      submit(number);
    }
    worker_.reset();
  }
}

TEST_F(DetectionWorkerTest, LooksAtOnceWhenAsked) {
  start();
  picture_.fill(9, 128, 128);

  const Detection detection = worker_->detect_now(picture_.view(), 5);

  EXPECT_EQ(detection.pts_ns, 5);
  EXPECT_EQ(detection.faces.at(0).confidence, 9);
  EXPECT_FALSE(worker_->has_thread());
  EXPECT_EQ(worker_->statistics().done, 1U);
  EXPECT_TRUE(results_.wait_for(0).empty());
}

}  // namespace
}  // namespace kms::face_detection
