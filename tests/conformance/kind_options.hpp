// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/any.pb.h>

#include <string>
#include <vector>

#include "kms-core/graph/catalog.hpp"

namespace kms::test {

// All kinds of the source tree.
const graph::Catalog& whole_catalog();
std::vector<std::string> all_kinds();  // their options' names

// The folder of a kind, relative to the source tree: that under elements/ or filters/ with the name of its
// package; empty when there is none.
std::string folder_of(const std::string& kind);

bool has_file(const std::string& kind, const std::string& name);  // in its folder

inline constexpr char kOptionsFile[] = "conformance.txtpb";

// Options that make an element of the kind work by itself: those in text form in kOptionsFile of its folder,
// where ${clip.webm} stands for the URI of a clip of that container (see make_clip) and ${folder} for that of
// a folder that may be written to; without such a file, the defaults. A text that does not parse throws.
google::protobuf::Any options_of(const std::string& kind);

// Its folder has options, and they make it give media: they name no host under ".invalid" (RFC 6761).
bool promises_media(const std::string& kind);

}  // namespace kms::test
