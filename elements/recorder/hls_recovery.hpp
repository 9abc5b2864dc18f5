// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "elements/recorder/muxer.hpp"

namespace kms::recorder {

// Ends the playlist that a killed server left: the segment that it was writing gets in, as far as its
// fragments are whole, and the playlist says that no more come. `part`: the one that was being written. What
// is answered is of this part. Blocks. Errors: NOTHING_RECORDED (neither a playlist nor a whole frame),
// NO_SPACE, WRITE_FAILED.
Result<Contents> finish_hls(const std::string& playlist, unsigned part);

}  // namespace kms::recorder
