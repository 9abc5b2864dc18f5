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

// Rewrites a packet's extension ids from the sender's numbers to the receiver's, in place. What the
// receiver did not negotiate becomes padding (zeros), so that sizes never change.
class ExtensionTranslation {
 public:
  ExtensionTranslation() = default;
  ExtensionTranslation(const ExtensionIdMap& from, const ExtensionIdMap& to);

  // The packet has been accepted by RtpView. Packets without a block stay as they are.
  void apply(MutableBytes packet) const;

 private:
  uint8_t target_of(uint8_t id) const { return id < target_.size() ? target_[id] : uint8_t{0}; }

  std::array<uint8_t, ExtensionIdMap::kMaxId + 1> target_{};
};

}  // namespace kms::rtc
