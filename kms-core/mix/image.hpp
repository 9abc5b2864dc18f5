// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/mix/picture.hpp"

namespace kms::mix {

// A PNG or JPEG file, scaled into a picture of this size with black borders; the path was checked. Blocks, at
// most five seconds: on a worker. Errors: NOT_MEDIA.
Result<std::shared_ptr<const Picture>> load_image(const std::string& path, const Size& size);

}  // namespace kms::mix
