// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <string>

#include "kms-core/base/config.hpp"

namespace kms {

// Reads the map under the key "storages". Empty when all went well, otherwise what is allowed.
std::string read_storages(const YAML::Node& node, std::map<std::string, Config::Storage>& into);

// The same for "uploads.authorization": a map from beginnings of URLs to files.
std::string read_authorization(const YAML::Node& node, std::map<std::string, std::string>& into);

// http(s)://host[:port]/path, where the path ends with a slash, has no ".." and needs no more than that.
bool is_upload_prefix(const std::string& text);

}  // namespace kms
