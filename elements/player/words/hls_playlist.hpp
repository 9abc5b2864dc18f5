// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms::player {

// A part of a resource.
struct HlsPart {
  std::string uri;  // as it is written there
  uint64_t offset = 0;
  std::optional<uint64_t> length;  // nothing: to the end
  bool operator==(const HlsPart&) const = default;
};

struct HlsSegment {
  HlsPart media;
  std::optional<HlsPart> map;  // what a decoder needs before it
  uint64_t number = 0;         // in the stream
  std::chrono::milliseconds duration{0};
};

struct HlsVariant {
  std::string uri;
  uint64_t bandwidth_bps = 0;
};

// A playlist of HTTP Live Streaming (RFC 8216): of variants, or of segments.
struct HlsPlaylist {
  std::vector<HlsVariant> variants;
  std::vector<HlsSegment> segments;
  std::chrono::milliseconds target{0};  // the longest a segment is
  bool ended = false;                   // no more segments will come
  bool encrypted = false;
};

// At most 1 MiB and 20,000 segments. Errors: NOT_MEDIA.
Result<HlsPlaylist> parse_hls_playlist(std::string_view text);

// The best variant within a limit (bits per second; 0: none), or the smallest if none is.
const HlsVariant* choose_variant(const std::vector<HlsVariant>& variants, uint64_t limit_bps);

}  // namespace kms::player
