// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/extension_writer.hpp"

#include <cstring>

namespace kms::rtc {
namespace {

constexpr size_t kBlockHeadSize = 4;

constexpr size_t rounded_up(size_t size) { return (size + 3) & ~size_t{3}; }

}  // namespace

ExtensionWriter::ExtensionWriter(MutableBytes out, ExtensionForm form)
    : out_(out), form_(form), size_(kBlockHeadSize) {}

bool ExtensionWriter::fits(uint8_t id, size_t value_size) const {
  const bool one = form_ == ExtensionForm::kOneByte;
  const bool form_ok = one ? id >= 1 && id <= 14 && value_size >= 1 && value_size <= 16
                           : form_ == ExtensionForm::kTwoByte && id >= 1 && value_size <= 255;
  return form_ok && rounded_up(size_ + (one ? 1 : 2) + value_size) <= out_.size();
}

bool ExtensionWriter::add(uint8_t id, Bytes value) {
  if (!fits(id, value.size())) return false;
  if (form_ == ExtensionForm::kOneByte) {
    out_[size_++] = static_cast<uint8_t>(id << 4 | (value.size() - 1));
  } else {
    out_[size_++] = id;
    out_[size_++] = static_cast<uint8_t>(value.size());
  }
  if (!value.empty()) std::memcpy(&out_[size_], value.data(), value.size());
  size_ += value.size();
  return true;
}

size_t ExtensionWriter::finish() {
  if (size_ == kBlockHeadSize) return 0;
  while (size_ % 4 != 0) out_[size_++] = 0;
  store_u16(&out_[0], form_ == ExtensionForm::kOneByte ? kOneByteProfile : kTwoByteProfile);
  store_u16(&out_[2], static_cast<uint16_t>(size_ / 4 - 1));
  return size_;
}

}  // namespace kms::rtc
