// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/place.hpp"

#include "kms-core/base/uri_policy.hpp"
#include "kms-core/storage/target.hpp"

namespace kms::recorder {

Result<std::string> place_of(const Config& config, const std::string& uri) {
  return UriPolicy(config).writable_file(uri);
}

Result<std::string> check_place(const Config& config, const storage::Uploads* uploads,
                                const std::string& uri) {
  if (!storage::is_remote(uri)) return place_of(config, uri);
  const auto status = uploads == nullptr ? storage::no_spool(uri) : uploads->check(uri);
  if (!status.ok()) return status;
  return uri;
}

}  // namespace kms::recorder
