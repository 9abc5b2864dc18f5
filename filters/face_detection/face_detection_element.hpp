// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "filters/face_detection/face_marker.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::face_detection {

// FaceDetectionFilter. Video runs through a strip with one frame filter; sound is re-offered as it comes.
class FaceDetectionElement : public graph::Element {
 public:
  // An image that is damaged, though it begins well, is an ElementError when the first frames come. Errors:
  // INVALID_OPTIONS, URI_NOT_ALLOWED, MODEL_NOT_FOUND, MODEL_INVALID, IMAGE_NOT_FOUND, IMAGE_INVALID.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::FaceDetectionOptions& options);
  ~FaceDetectionElement() override;

  // From the next frame on, once an image is loaded. Errors: INVALID_OPTIONS, URI_NOT_ALLOWED,
  // IMAGE_NOT_FOUND, IMAGE_INVALID.
  void set_drawing(const v1::Drawing& options, Done done);

  void close(Done done) override;

 private:
  explicit FaceDetectionElement(graph::ElementHost& element_host)
      : Element(element_host), drawings_(element_host.workers()) {}
  void begin(const FaceMarker::Settings& settings);

  std::unique_ptr<gst::Strip> strip_;
  gst::Ref<GstElement> frames_;  // the strip's frame filter
  std::shared_ptr<FaceMarker>
      marker_;       // shared with the streaming thread and the worker that reads the model
  Strand drawings_;  // the last one asked for is the last one set
  Guard guard_;
};

}  // namespace kms::face_detection
