// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/extension_reader.hpp"

namespace kms::rtc {
namespace {

ExtensionForm form_of(uint16_t profile) {
  if (profile == kOneByteProfile) return ExtensionForm::kOneByte;
  return (profile & 0xfff0) == kTwoByteProfile ? ExtensionForm::kTwoByte : ExtensionForm::kNone;
}

struct Head {
  uint8_t id;
  size_t value_size;
  size_t size;  // of the head itself
};

std::optional<Head> read_head(ExtensionForm form, Bytes at) {
  if (form == ExtensionForm::kOneByte) {
    const auto id = static_cast<uint8_t>(at[0] >> 4);
    if (id == 0 || id == 15) return std::nullopt;
    return Head{id, size_t{at[0] & 0x0fu} + 1, 1};
  }
  if (at.size() < 2) return std::nullopt;
  return Head{at[0], at[1], 2};
}

}  // namespace

ExtensionReader::ExtensionReader(uint16_t profile, Bytes block) : form_(form_of(profile)) {
  if (form_ != ExtensionForm::kNone) rest_ = block;
}

std::optional<ExtensionElement> ExtensionReader::next() {
  while (!rest_.empty() && rest_[0] == 0) rest_ = rest_.subspan(1);
  if (rest_.empty()) return std::nullopt;
  const auto head = read_head(form_, rest_);
  if (!head || head->size + head->value_size > rest_.size()) {
    rest_ = {};
    return std::nullopt;
  }
  const ExtensionElement element{head->id, rest_.subspan(head->size, head->value_size)};
  rest_ = rest_.subspan(head->size + head->value_size);
  return element;
}

std::optional<Bytes> ExtensionReader::find(uint8_t id) {
  while (const auto element = next()) {
    if (element->id == id) return element->value;
  }
  return std::nullopt;
}

}  // namespace kms::rtc
