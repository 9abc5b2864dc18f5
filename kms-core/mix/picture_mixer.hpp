// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "kms-core/gst/fan_out.hpp"
#include "kms-core/mix/composer.hpp"
#include "kms-core/mix/ticker.hpp"

namespace kms::mix {

// Makes one picture of many, at a size and a rate of its own, for as long as somebody takes it. A thread of
// its own, which begins with the first taker. Control loop, where nothing else is said.
class PictureMixer {
 public:
  struct Options {
    Size size{1280, 720};  // even
    unsigned frames = 30;  // per second
  };
  explicit PictureMixer(const Options& options);
  ~PictureMixer() { ticker_->stop(); }
  PictureMixer(const PictureMixer&) = delete;
  PictureMixer& operator=(const PictureMixer&) = delete;

  // From the next picture on. Any thread.
  void show(std::shared_ptr<const Scene> scene);
  // Raw pictures.
  const std::shared_ptr<gst::FanOut>& fan_out() const { return fan_out_; }
  // Ends the thread and the stream; on a worker.
  void stop();

  uint64_t frames() const { return fan_out_->frames(); }

 private:
  bool tick(GstClockTime due);
  std::shared_ptr<const Scene> scene() const;
  gst::Ref<GstBuffer> draw(GstClockTime due);

  const Options options_;
  const std::shared_ptr<gst::FanOut> fan_out_ = std::make_shared<gst::FanOut>();
  // Media time when a taker had it asked for pictures the last time.
  const std::shared_ptr<std::atomic<GstClockTime>> asked_ = std::make_shared<std::atomic<GstClockTime>>(0);
  mutable std::mutex mutex_;
  std::shared_ptr<const Scene> scene_ = std::make_shared<const Scene>();  // guarded by mutex_

  // The ticker's thread:
  GstVideoInfo info_{};
  Composer composer_;
  GstClockTime taken_ = 0;  // the last time somebody took pictures

  const std::shared_ptr<Ticker> ticker_;
};

}  // namespace kms::mix
