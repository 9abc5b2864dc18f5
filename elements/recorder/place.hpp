// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"

namespace kms::recorder {

// The local file that a part of this URI is written into: asked when a recorder is made, when a part begins,
// and when an orphan is finished, since folders may have become links meanwhile. Errors: as
// UriPolicy::writable_file().
Result<std::string> place_of(const Config& config, const std::string& uri);

}  // namespace kms::recorder
