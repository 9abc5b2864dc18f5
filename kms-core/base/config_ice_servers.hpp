// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "kms-core/base/config.hpp"

namespace kms {

// Reads the list under the key "rtc.ice_servers". Empty when all went well, otherwise what is allowed.
std::string read_ice_servers(const YAML::Node& node, std::vector<Config::IceServer>& into);

}  // namespace kms
