// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"
#include "kms-core/storage/uploads.hpp"

namespace kms::recorder {

// The local file that a part of this URI is written into: asked when a recorder is made, when a part begins,
// and when an orphan is finished, since folders may have become links meanwhile. Errors: as
// UriPolicy::writable_file().
Result<std::string> place_of(const Config& config, const std::string& uri);

// Whether a recording may go to a URI: a file as above, or something that is uploaded (`uploads` may be null:
// nothing is). What it is called there, for choosing a container. Errors: INVALID_OPTIONS, URI_NOT_ALLOWED.
Result<std::string> check_place(const Config& config, const storage::Uploads* uploads,
                                const std::string& uri);

}  // namespace kms::recorder
