// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "kms-core/rtc/rtp/extension_kind.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// Which id a peer uses for which extension, as negotiated. kms negotiates ids 1..14 only, which both forms
// of RFC 8285 can carry.
class ExtensionIdMap {
 public:
  static constexpr uint8_t kMaxId = 14;

  // Ids outside 1..14 are ignored.
  void set(ExtensionKind kind, uint8_t id);
  void remove(ExtensionKind kind) { ids_[static_cast<size_t>(kind)] = 0; }
  // 0 if not negotiated.
  uint8_t id_of(ExtensionKind kind) const { return ids_[static_cast<size_t>(kind)]; }
  bool operator==(const ExtensionIdMap&) const = default;

 private:
  std::array<uint8_t, kExtensionKinds> ids_{};
};

}  // namespace kms::rtc
