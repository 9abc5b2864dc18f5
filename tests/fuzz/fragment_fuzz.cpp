// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "kms-core/rtc/sdp/ice_fragment.hpp"
#include "kms-core/rtc/sdp/sdp_lines.hpp"

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

// Credentials that were read are written and read again as they were, whatever the description around them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kms::rtc;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto one = parse_ice_fragment(text);
  if (!one.ok()) return 0;
  require(one->candidates.size() <= sdp_limits::kCandidates);
  if (!one->credentials) return 0;
  const auto again = parse_ice_fragment(write_ice_fragment(ice_fragment_head(text), *one->credentials, {}));
  require(again.ok() && again->credentials == one->credentials && again->complete);
  return 0;
}
