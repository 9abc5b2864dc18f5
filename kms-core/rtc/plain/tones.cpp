// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/tones.hpp"

#include "kms-core/rtc/wire/byte_reader.hpp"

namespace kms::rtc {
namespace {

constexpr std::string_view kTones = "0123456789*#ABCD";
constexpr uint8_t kEnd = 0x80;
constexpr uint8_t kVolume = 10;  // -10 dBm0, the usual one

}  // namespace

std::optional<ToneEvent> ToneEvent::parse(Bytes payload) {
  ByteReader reader(payload);
  ToneEvent event;
  event.code = reader.u8();
  event.end = (reader.u8() & kEnd) != 0;
  event.duration = reader.u16();
  return reader.ok() ? std::optional(event) : std::nullopt;
}

std::array<uint8_t, ToneEvent::kSize> ToneEvent::bytes() const {
  std::array<uint8_t, kSize> out{code, static_cast<uint8_t>((end ? kEnd : 0) | kVolume), 0, 0};
  store_u16(&out[2], duration);
  return out;
}

std::optional<uint8_t> tone_code_of(char tone) {
  if (tone >= 'a' && tone <= 'd') tone = static_cast<char>(tone - 'a' + 'A');
  const auto at = kTones.find(tone);
  return at == std::string_view::npos ? std::nullopt : std::optional(static_cast<uint8_t>(at));
}

std::optional<char> tone_of(uint8_t code) {
  return code < kTones.size() ? std::optional(kTones[code]) : std::nullopt;
}

}  // namespace kms::rtc
