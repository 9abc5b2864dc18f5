// SPDX-License-Identifier: Apache-2.0
#include "elements/player/media_source.hpp"

#include "elements/player/file_source.hpp"
#include "kms-core/base/uri_policy.hpp"

namespace kms::player {

Status check_uri(const Config& config, const std::string& uri) {
  return UriPolicy(config).readable_file(uri).status();
}

std::unique_ptr<MediaSource> make_source(graph::ElementHost& host, const std::string& uri) {
  return std::make_unique<FileSource>(host, uri);
}

}  // namespace kms::player
