// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/graph/format.hpp"
#include "kms/recorder/v1/recorder.pb.h"

namespace kms::recorder {

// What a file format holds.
struct ContainerFormat {
  v1::Container id;
  std::string ending;              // of file names
  std::vector<std::string> audio;  // codecs, best first
  std::vector<std::string> video;

  graph::Formats formats(graph::MediaKind kind) const;
};

const std::vector<ContainerFormat>& containers();

// The one that the options ask for, or else the one that belongs to the file's name. Errors: INVALID_OPTIONS.
Result<const ContainerFormat*> choose_container(v1::Container asked, std::string_view path);

}  // namespace kms::recorder
