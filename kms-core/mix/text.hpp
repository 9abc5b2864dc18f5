// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/mix/drawing.hpp"

namespace kms::mix {

// One line of text, in any script that the machine has a font for. Takes some milliseconds, the first time
// much longer: on a worker. `text` is UTF-8; of what is not, each byte becomes a question mark. At most so
// many pixels high; what is wider than `most_width` is cut with an ellipsis.
Mask text_mask(const std::string& text, int height, int most_width);

}  // namespace kms::mix
