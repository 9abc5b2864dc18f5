// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/mix/latest_picture.hpp"

namespace kms::mix {

// Where the pictures of one input come in: an inlet and, behind it, the latest of them. It has no thread:
// what there is to do runs on that of the source. Control loop.
class PictureInput {
 public:
  // `on_error` on the loop. `on_shape`: the latest picture has another size than the one before it, or lies
  // otherwise; on the streaming thread. Errors: PLUGIN_MISSING.
  static Result<std::unique_ptr<PictureInput>> create(const std::string& name, gst::Pipeline& pipeline,
                                                      std::function<void(const Status&)> on_error,
                                                      std::function<void()> on_shape = {});
  ~PictureInput();  // leaves the pipeline
  PictureInput(const PictureInput&) = delete;
  PictureInput& operator=(const PictureInput&) = delete;

  const std::shared_ptr<gst::Inlet>& inlet() const { return inlet_; }
  std::shared_ptr<const LatestPicture> latest() const { return latest_; }
  // What it had of a source that has gone.
  void forget() { latest_->put({}); }

  // GStreamer's "image-orientation"; an unknown word is no turn.
  static Turn turn_of(const std::string& orientation);

 private:
  class Track;
  explicit PictureInput(gst::Pipeline& pipeline) : pipeline_(pipeline) {}

  gst::Pipeline& pipeline_;
  gst::Ref<GstElement> bin_;
  std::shared_ptr<gst::Inlet> inlet_;
  std::shared_ptr<LatestPicture> latest_;
  std::shared_ptr<Track> track_;
};

}  // namespace kms::mix
