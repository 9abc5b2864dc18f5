// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/place.hpp"

#include "kms-core/base/uri_policy.hpp"

namespace kms::recorder {

Result<std::string> place_of(const Config& config, const std::string& uri) {
  return UriPolicy(config).writable_file(uri);
}

}  // namespace kms::recorder
