// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <map>
#include <string>

#include "kms-core/rtc/rtp/extension_id_map.hpp"
#include "kms-core/rtc/sdp/codec_match.hpp"

namespace kms::rtc {

// The payload types and header extension ids of a session: the same for the same thing in every line and
// every description, whoever said them first (RFC 3264 section 8.3.2, RFC 8843 section 9).
class OfferNumbers {
 public:
  // What the peer says counts from now on.
  void learn(const SessionDescription& theirs);

  // The static ones of RFC 3551, else from 96 up and then from 35: RFC 5761 keeps 64 to 95 free. 0 for a
  // dynamic one: none is left.
  uint8_t type_of(const CodecChoice& choice);
  uint8_t rtx_of(uint8_t type);
  uint8_t red_of(uint8_t type);
  uint8_t id_of(ExtensionKind kind);  // 0: none is left

 private:
  uint8_t given(const std::string& key);

  std::map<std::string, uint8_t> types_;
  std::bitset<128> taken_types_;
  ExtensionIdMap ids_;
  std::bitset<ExtensionIdMap::kMaxId + 1> taken_ids_;
};

}  // namespace kms::rtc
