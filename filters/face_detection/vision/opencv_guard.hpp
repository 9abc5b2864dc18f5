// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <opencv2/core.hpp>
#include <string>

#include "kms-core/base/status.hpp"

namespace kms::face_detection {

// Runs OpenCV code and turns what it throws into a Status; the one place where its exceptions end.
// Only for .cpp files: it brings OpenCV's headers along.
template <typename Call>
Status guard_opencv(const char* reason, Call&& call) {
  try {
    call();
    return ok();
  } catch (const cv::Exception& exception) {
    return error(StatusCode::kInternal, reason, "OpenCV says: " + exception.err);
  } catch (const std::exception& exception) {
    return error(StatusCode::kInternal, reason, std::string("OpenCV says: ") + exception.what());
  }
}

}  // namespace kms::face_detection
