// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace kms::recorder {

// What the files beside the playlist "show.m3u8", whose stem is "show", are called: "show-1-init.mp4" and
// "show-1-2.m4s" are the first part's head and its second segment.
std::string hls_prefix(std::string_view stem, unsigned part);
bool is_hls_segment(std::string_view name, std::string_view prefix);
// Of any part, be it whole or not.
bool is_beside_playlist(std::string_view name, std::string_view stem);

}  // namespace kms::recorder
