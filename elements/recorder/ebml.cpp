// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/ebml.hpp"

#include <bit>

#include "elements/recorder/bytes.hpp"

namespace kms::recorder::ebml {
namespace {

// Length of a variable-length number that begins with this byte; 0: it begins none.
unsigned bytes_of_number(char first) {
  const auto zeros = std::countl_zero(static_cast<unsigned char>(first));
  return zeros >= 8 ? 0 : static_cast<unsigned>(zeros) + 1;
}

std::string sized(uint64_t content, unsigned bytes) {
  return recorder::number((uint64_t{1} << (7 * bytes)) | content, bytes);
}

}  // namespace

std::string id(uint32_t which) {
  const auto bits = static_cast<unsigned>(std::bit_width(which));
  return recorder::number(which, (bits + 7) / 8);
}

std::string size(uint64_t content) {
  unsigned bytes = 1;
  while (bytes < 8 && content >= (uint64_t{1} << (7 * bytes)) - 1) ++bytes;
  return sized(content, bytes);
}

std::string long_size(uint64_t content) { return sized(content, 8); }

std::string short_size(uint64_t content) { return sized(content, 4); }

std::string element(uint32_t which, std::string_view content) {
  auto out = id(which) + size(content.size());
  return out.append(content);
}

std::string number(uint32_t which, uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  return element(which, recorder::number(value, bits == 0 ? 1 : (bits + 7) / 8));
}

std::string real(uint32_t which, double value) {
  return element(which, recorder::number(std::bit_cast<uint64_t>(value), 8));
}

std::string filler(uint64_t bytes) { return id(kVoid) + long_size(bytes - 9) + std::string(bytes - 9, '\0'); }

Head read_head(std::string_view bytes) {
  if (bytes.empty()) return {};
  const auto id_length = bytes_of_number(bytes[0]);
  if (id_length == 0 || id_length > 4 || bytes.size() <= id_length) return {};
  const auto size_length = bytes_of_number(bytes[id_length]);
  if (size_length == 0 || bytes.size() < id_length + size_length) return {};
  Bytes in(bytes);
  const auto which = static_cast<uint32_t>(in.take(id_length));
  const auto all_ones = (uint64_t{1} << (7 * size_length)) - 1;
  const auto content = in.take(size_length) & all_ones;
  return {which, id_length + size_length, content == all_ones ? kUnknown : content};
}

}  // namespace kms::recorder::ebml
