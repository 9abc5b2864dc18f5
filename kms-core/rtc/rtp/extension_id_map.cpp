// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/extension_id_map.hpp"

#include <cstring>

#include "kms-core/rtc/rtp/rtp_view.hpp"

namespace kms::rtc {

void ExtensionIdMap::set(ExtensionKind kind, uint8_t id) {
  if (id >= 1 && id <= kMaxId) ids_[static_cast<size_t>(kind)] = id;
}

ExtensionTranslation::ExtensionTranslation(const ExtensionIdMap& from, const ExtensionIdMap& to) {
  for (size_t i = 0; i < kExtensionKinds; ++i) {
    const auto kind = static_cast<ExtensionKind>(i);
    if (from.id_of(kind) != 0) target_[from.id_of(kind)] = to.id_of(kind);
  }
}

void ExtensionTranslation::apply(MutableBytes packet) const {
  const auto view = RtpView::parse_protected(packet);
  if (!view || !view->has_extension_block()) return;
  auto reader = view->extensions();
  const size_t head_size = reader.form() == ExtensionForm::kOneByte ? 1 : 2;
  while (const auto element = reader.next()) {
    // The reader looks into this packet: its spans are turned back into writable positions.
    auto* head = packet.data() + (element->value.data() - packet.data()) - head_size;
    const uint8_t target = target_of(element->id);
    if (target == 0) {
      std::memset(head, 0, head_size + element->value.size());
    } else {
      head[0] = head_size == 1 ? static_cast<uint8_t>(target << 4 | (head[0] & 0x0f)) : target;
    }
  }
}

}  // namespace kms::rtc
