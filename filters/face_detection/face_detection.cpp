// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/face_detection_element.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms {

void declare_face_detection(graph::Catalog& catalog) {
  using face_detection::v1::FaceDetectionOptions;
  catalog.add(graph::define<FaceDetectionOptions>(
      {.title = "FaceDetectionFilter",
       .summary = "Finds faces, says where they are, and marks or hides them.",
       .ports = {{"audio", v1::DIRECTION_SINK, v1::MEDIA_KIND_AUDIO, {}},
                 {"video", v1::DIRECTION_SINK, v1::MEDIA_KIND_VIDEO, {graph::raw()}},
                 {"audio", v1::DIRECTION_SOURCE, v1::MEDIA_KIND_AUDIO, {}},
                 {"video", v1::DIRECTION_SOURCE, v1::MEDIA_KIND_VIDEO, {graph::raw()}}},
       .service = "kms.face_detection.v1.FaceDetectionService",
       .events = {"kms.face_detection.v1.FacesDetected"},
       .needs = {"videoconvert"}},
      face_detection::FaceDetectionElement::create));
}

}  // namespace kms
