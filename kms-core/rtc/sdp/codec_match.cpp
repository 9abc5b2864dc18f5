// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/codec_match.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "kms-core/rtc/sdp/format_parameters.hpp"

namespace kms::rtc {
namespace {

std::string_view value_or(std::string_view parameters, std::string_view name, std::string_view otherwise) {
  return parameter_of(parameters, name).value_or(otherwise);
}

bool same_value(std::string_view a, std::string_view b, std::string_view name, std::string_view otherwise) {
  return value_or(a, name, otherwise) == value_or(b, name, otherwise);
}

enum class H264Profile : uint8_t { kConstrainedBaseline, kBaseline, kMain, kConstrainedHigh, kHigh, kOther };

struct H264Id {
  H264Profile profile = H264Profile::kOther;
  unsigned level = 0;
};

// One way to write a profile: profile_idc and the constraint flags that decide (RFC 6184 table 5).
struct ProfileRow {
  unsigned idc;
  unsigned mask;
  unsigned flags;
  H264Profile profile;
};

constexpr std::array kProfiles{
    ProfileRow{0x42, 0x4f, 0x40, H264Profile::kConstrainedBaseline},
    ProfileRow{0x4d, 0x8f, 0x80, H264Profile::kConstrainedBaseline},
    ProfileRow{0x58, 0xcf, 0xc0, H264Profile::kConstrainedBaseline},
    ProfileRow{0x42, 0x4f, 0x00, H264Profile::kBaseline},
    ProfileRow{0x58, 0xcf, 0x80, H264Profile::kBaseline},
    ProfileRow{0x4d, 0xaf, 0x00, H264Profile::kMain},
    ProfileRow{0x64, 0xff, 0x0c, H264Profile::kConstrainedHigh},
    ProfileRow{0x64, 0xff, 0x00, H264Profile::kHigh},
};

// profile-level-id: three bytes in hex; without it baseline, level 1 (RFC 6184 section 8.1).
std::optional<H264Id> h264_id_of(std::string_view parameters) {
  const auto text = value_or(parameters, "profile-level-id", "42000a");
  unsigned value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 6 || error != std::errc{} || stop != text.data() + 6) return std::nullopt;
  const unsigned idc = value >> 16;
  const unsigned flags = value >> 8 & 0xff;
  const auto row = std::ranges::find_if(
      kProfiles, [=](const ProfileRow& it) { return it.idc == idc && (flags & it.mask) == it.flags; });
  return H264Id{row == kProfiles.end() ? H264Profile::kOther : row->profile, value & 0xff};
}

bool h264_matches(std::string_view offered, std::string_view ours) {
  const auto a = h264_id_of(offered);
  const auto b = h264_id_of(ours);
  if (!a || !b || a->profile != b->profile || a->profile == H264Profile::kOther) return false;
  if (!same_value(offered, ours, "packetization-mode", "0")) return false;
  return value_or(offered, "level-asymmetry-allowed", "0") == "1" || a->level >= b->level;
}

// Each decoder of the one decodes all of the other (RFC 6184 table 5, ITU-T H.264 annex A.2).
bool decodes(H264Profile decoder, H264Profile stream) {
  using enum H264Profile;
  switch (stream) {
    case kConstrainedBaseline:
      return decoder != kOther;
    case kMain:
      return decoder == kMain || decoder == kHigh;
    case kConstrainedHigh:
      return decoder == kConstrainedHigh || decoder == kHigh;
    case kOther:
      return false;
    default:
      return decoder == stream;
  }
}

// A receiver that tells no profile would be one of level 1 by RFC 6184, which nobody means: of it and of one
// that tells nothing at all the basic profile of any level is expected.
bool takes_h264(std::string_view receiver, std::string_view sender) {
  if (receiver.empty()) return takes_h264("packetization-mode=1", sender);
  const auto theirs = h264_id_of(receiver);
  const auto sent = h264_id_of(sender);
  if (!theirs || !sent || !decodes(theirs->profile, sent->profile)) return false;
  if (value_or(receiver, "packetization-mode", "0") < value_or(sender, "packetization-mode", "0"))
    return false;
  if (value_or(receiver, "level-asymmetry-allowed", "0") == "1" || theirs->level >= sent->level) return true;
  return !parameter_of(receiver, "profile-level-id");
}

bool h265_matches(std::string_view offered, std::string_view ours) {
  return same_value(offered, ours, "profile-id", "1") && same_value(offered, ours, "tier-flag", "0") &&
         same_value(offered, ours, "tx-mode", "SRST");
}

}  // namespace

std::string_view usual_parameters(Codec codec) {
  switch (codec) {
    case Codec::kOpus:
      return "minptime=10;useinbandfec=1";
    case Codec::kVp9:
      return "profile-id=0";
    case Codec::kH264:  // constrained baseline, which every browser has
      return "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
    default:
      return "";
  }
}

std::optional<Codec> codec_of(const PayloadFormat& payload) {
  const auto codec = codec_named(payload.encoding);
  if (!codec || payload.clock_rate != clock_rate_of(*codec)) return std::nullopt;
  const uint32_t channels = *codec == Codec::kOpus ? 2 : 1;  // Opus always says two (RFC 7587 section 7)
  if (payload.channels != channels || !is_muxable(payload.type)) return std::nullopt;
  return codec;
}

bool matches(const PayloadFormat& offered, const CodecChoice& ours) {
  return codec_of(offered) == ours.codec && parameters_match(ours.codec, offered.parameters, ours.parameters);
}

bool takes(Codec codec, std::string_view receiver, std::string_view sender) {
  if (codec == Codec::kH264 && !sender.empty()) return takes_h264(receiver, sender);
  return parameters_match(codec, receiver, sender);
}

bool parameters_match(Codec codec, std::string_view offered, std::string_view ours) {
  // Whatever we want, a profile-level-id that cannot be read is nothing to answer to.
  if (codec == Codec::kH264 && !h264_id_of(offered)) return false;
  if (ours.empty()) return true;
  switch (codec) {
    case Codec::kH264:
      return h264_matches(offered, ours);
    case Codec::kH265:
      return h265_matches(offered, ours);
    case Codec::kVp9:
      return same_value(offered, ours, "profile-id", "0");
    case Codec::kAv1:
      return same_value(offered, ours, "profile", "0");
    default:
      return true;
  }
}

}  // namespace kms::rtc
