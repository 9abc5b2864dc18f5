// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/offer_numbers.hpp"

#include "kms-core/rtc/sdp/format_parameters.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

constexpr uint8_t kFirstDynamic = 96;
constexpr uint8_t kFirstOther = 35;
constexpr uint8_t kFirstOfRtcp = 64;
constexpr uint8_t kUsualRed = 63;  // as Chromium numbers it

// Of the others, parameters say what a receiver likes and not what the format is: one type is enough.
bool has_profiles(Codec codec) {
  return codec == Codec::kH264 || codec == Codec::kH265 || codec == Codec::kVp9 || codec == Codec::kAv1;
}

std::string key_of(const CodecChoice& choice) {
  const std::string name(name_of(choice.codec));
  return has_profiles(choice.codec) ? name + ' ' + choice.parameters : name;
}
std::string rtx_key_of(uint8_t type) { return "rtx " + std::to_string(type); }
std::string red_key_of(uint8_t type) { return "red " + std::to_string(type); }

// What the payload type means to us; empty: nothing.
std::string key_of(const PayloadFormat& payload) {
  if (const auto codec = codec_of(payload)) return key_of(CodecChoice{*codec, payload.parameters});
  if (equals_ignoring_case(payload.encoding, "red") && is_muxable(payload.type)) {
    const auto repeated = redundant_type_of(payload.parameters);
    return repeated ? red_key_of(*repeated) : std::string{};
  }
  if (!equals_ignoring_case(payload.encoding, "rtx")) return {};
  const auto repaired = repaired_type_of(payload.parameters);
  return repaired ? rtx_key_of(*repaired) : std::string{};
}

}  // namespace

// One type has one meaning, the latest, and one id the first: what is kept is bounded by their number.
void OfferNumbers::learn(const SessionDescription& theirs) {
  for (const auto& media : theirs.media) {
    for (const auto& payload : media.payloads) {
      const auto type = static_cast<uint8_t>(payload.type & 0x7f);
      taken_types_.set(type);
      const auto key = key_of(payload);
      std::erase_if(types_, [&](const auto& one) { return one.second == type && one.first != key; });
      if (!key.empty()) types_.try_emplace(key, type);
    }
    for (const auto& extension : media.extensions) {
      if (extension.id == 0 || extension.id > ExtensionIdMap::kMaxId) continue;
      const bool other_meaning = taken_ids_.test(extension.id);
      taken_ids_.set(extension.id);
      const auto kind = extension_of(extension.uri);
      if (kind && !other_meaning && ids_.id_of(*kind) == 0)
        ids_.set(*kind, static_cast<uint8_t>(extension.id));
    }
  }
}

uint8_t OfferNumbers::type_of(const CodecChoice& choice) {
  if (choice.codec == Codec::kPcmu) return 0;
  if (choice.codec == Codec::kPcma) return 8;
  if (choice.codec == Codec::kG722) return 9;
  return given(key_of(choice));
}

uint8_t OfferNumbers::rtx_of(uint8_t type) { return given(rtx_key_of(type)); }
// What is not known everywhere moves no other number.
uint8_t OfferNumbers::red_of(uint8_t type) {
  const auto key = red_key_of(type);
  if (!taken_types_.test(kUsualRed) && types_.try_emplace(key, kUsualRed).second) taken_types_.set(kUsualRed);
  return given(key);
}

uint8_t OfferNumbers::given(const std::string& key) {
  const auto known = types_.find(key);
  if (known != types_.end()) return known->second;
  uint8_t type = kFirstDynamic;
  while (type < taken_types_.size() && taken_types_.test(type)) ++type;
  if (type == taken_types_.size()) {
    for (type = kFirstOther; type < kFirstOfRtcp && taken_types_.test(type); ++type) {
    }
    if (type == kFirstOfRtcp) return 0;
  }
  taken_types_.set(type);
  types_.emplace(key, type);
  return type;
}

uint8_t OfferNumbers::id_of(ExtensionKind kind) {
  if (ids_.id_of(kind) != 0) return ids_.id_of(kind);
  uint8_t id = 1;
  while (id < taken_ids_.size() && taken_ids_.test(id)) ++id;
  if (id == taken_ids_.size()) return 0;
  taken_ids_.set(id);
  ids_.set(kind, id);
  return id;
}

}  // namespace kms::rtc
