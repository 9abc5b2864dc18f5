// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/codec.hpp"

#include <algorithm>
#include <array>

namespace kms::rtc {
namespace {

struct Row {
  Codec codec;
  std::string_view name;
  uint32_t clock_rate;
};

constexpr std::array<Row, 9> kRows{{{Codec::kOpus, "opus", 48000},
                                    {Codec::kPcmu, "PCMU", 8000},
                                    {Codec::kPcma, "PCMA", 8000},
                                    {Codec::kG722, "G722", 8000},
                                    {Codec::kVp8, "VP8", 90000},
                                    {Codec::kVp9, "VP9", 90000},
                                    {Codec::kH264, "H264", 90000},
                                    {Codec::kH265, "H265", 90000},
                                    {Codec::kAv1, "AV1", 90000}}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view name_of(Codec codec) { return kRows[static_cast<size_t>(codec)].name; }

uint32_t clock_rate_of(Codec codec) { return kRows[static_cast<size_t>(codec)].clock_rate; }

std::optional<Codec> codec_named(std::string_view name) {
  for (const auto& row : kRows) {
    if (same_word(row.name, name)) return row.codec;
  }
  return std::nullopt;
}

}  // namespace kms::rtc
