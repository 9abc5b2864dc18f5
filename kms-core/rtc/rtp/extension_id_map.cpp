// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/extension_id_map.hpp"

namespace kms::rtc {

void ExtensionIdMap::set(ExtensionKind kind, uint8_t id) {
  if (id >= 1 && id <= kMaxId) ids_[static_cast<size_t>(kind)] = id;
}

}  // namespace kms::rtc
