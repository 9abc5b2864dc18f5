// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/sdp_parser.hpp"

#include <algorithm>
#include <bitset>

#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/sdp/media_attributes.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

MediaKind kind_of(std::string_view name) {
  if (name == "audio") return MediaKind::kAudio;
  if (name == "video") return MediaKind::kVideo;
  return name == "application" ? MediaKind::kApplication : MediaKind::kOther;
}

// Types that need no a=rtpmap (RFC 3551 section 6).
PayloadFormat static_payload(uint8_t type) {
  PayloadFormat payload;
  payload.type = type;
  std::optional<Codec> codec;
  if (type == 0) codec = Codec::kPcmu;
  if (type == 8) codec = Codec::kPcma;
  if (type == 9) codec = Codec::kG722;
  if (codec) {
    payload.encoding = name_of(*codec);
    payload.clock_rate = clock_rate_of(*codec);
  }
  return payload;
}

bool is_direction(std::string_view name) {
  return name == "sendrecv" || name == "sendonly" || name == "recvonly" || name == "inactive";
}

class Parser {
 public:
  Status read(const SdpLine& line) {
    switch (line.type) {
      case 'v':
        return line.value == "0" ? ok() : sdp_error(line.number, "SDP_VERSION", "only v=0 is known");
      case 'o':
        return read_origin(line);
      case 't':
        has_timing_ = true;
        return ok();
      case 'c':
        return read_connection({"c", line.value, line.number}, current());
      case 'b':
        return read_bandwidth({"b", line.value, line.number}, current());
      case 'm':
        return read_media(line);
      case 'a':
        return read_attribute(line);
      default:
        return ok();
    }
  }

  Status finish() {
    if (!session_.media.empty()) return ok();
    return sdp_error(0, "SDP_NO_MEDIA", "there is no m-line");
  }
  SessionDescription take() { return std::move(session_); }

 private:
  // What a line that is no m= speaks of.
  MediaDescription& current() { return session_.media.empty() ? defaults_ : session_.media.back(); }
  Status read_origin(const SdpLine& line);
  Status read_media(const SdpLine& line);
  Status read_formats(const SdpLine& line, MediaDescription& media);
  Status read_attribute(const SdpLine& line);
  Status read_session_attribute(const SdpAttribute& attribute);
  Status read_group(const SdpAttribute& attribute);

  SessionDescription session_;
  MediaDescription defaults_;  // attributes of the session level
  bool has_timing_ = false;
  bool has_direction_ = false;  // of the current m-line
};

Status Parser::read_origin(const SdpLine& line) {
  const auto words = split(line.value, ' ');
  if (words.size() == 6) {
    const auto id = number_of<uint64_t>(words[1]);
    const auto version = number_of<uint64_t>(words[2]);
    if (id && version) {
      session_.session_id = *id;
      session_.version = *version;
      if (words[5].size() <= sdp_limits::kWordSize) session_.address = words[5];
      return ok();
    }
  }
  return sdp_error(line.number, "SDP_ORIGIN",
                   "o= wants six words with numbers as second and third, not " + quoted(line.value));
}

Status Parser::read_media(const SdpLine& line) {
  if (!has_timing_) return sdp_error(line.number, "SDP_NO_TIMING", "there is no t= before the first m-line");
  if (session_.media.size() >= sdp_limits::kMedia) {
    return sdp_error(line.number, "SDP_TOO_MANY_MEDIA",
                     "more than " + std::to_string(sdp_limits::kMedia) + " m-lines are not allowed");
  }
  auto media = defaults_;
  media.line = line.number;
  auto rest = line.value;
  const auto kind = take_until(rest, ' ');
  auto ports = take_until(rest, ' ');
  const auto port = number_of<uint16_t>(take_until(ports, '/'));
  const auto protocol = take_until(rest, ' ');
  const bool protocol_ok = !protocol.empty() && std::ranges::all_of(split(protocol, '/'), is_token);
  if (!is_token(kind) || !port || !protocol_ok) {
    return sdp_error(
        line.number, "SDP_BAD_MEDIA_LINE",
        "m= wants a kind, a port up to 65535, a protocol and formats, not " + quoted(line.value));
  }
  media.kind = kind_of(kind);
  media.kind_name = kind;
  media.port = *port;
  media.protocol = protocol;
  for (const auto format : split(rest, ' ')) media.formats.emplace_back(format);
  if (const auto status = read_formats(line, media); !status.ok()) return status;
  session_.media.push_back(std::move(media));
  has_direction_ = false;
  return ok();
}

Status Parser::read_formats(const SdpLine& line, MediaDescription& media) {
  if (media.formats.empty() || !std::ranges::all_of(media.formats, is_token)) {
    return sdp_error(line.number, "SDP_BAD_MEDIA_LINE", "m= names no formats");
  }
  if (media.protocol.find("RTP/") == std::string::npos) return ok();
  std::bitset<128> seen;
  for (const auto& format : media.formats) {
    const auto type = number_of<uint8_t>(format);
    if (!type || *type > 127) {
      return sdp_error(line.number, "SDP_BAD_PAYLOAD_TYPE",
                       "payload type " + quoted(format) + " is not in 0 to 127");
    }
    if (seen.test(*type)) {
      return sdp_error(line.number, "SDP_DUPLICATE_PAYLOAD_TYPE", "payload type " + format + " comes twice");
    }
    seen.set(*type);
    media.payloads.push_back(static_payload(*type));
  }
  return ok();
}

Status Parser::read_attribute(const SdpLine& line) {
  auto value = line.value;
  const auto name = take_until(value, ':');
  const SdpAttribute attribute{name, value, line.number};
  if (!is_token(name))
    return sdp_error(line.number, "SDP_SYNTAX", quoted(line.value) + " names no attribute");
  if (session_.media.empty()) return read_session_attribute(attribute);
  if (is_direction(name) && std::exchange(has_direction_, true)) {
    return sdp_error(line.number, "SDP_TWO_DIRECTIONS",
                     "an m-line has one direction, a second one is " + quoted(name));
  }
  return read_media_attribute(attribute, session_.media.back());
}

Status Parser::read_session_attribute(const SdpAttribute& attribute) {
  if (attribute.name == "group") return read_group(attribute);
  if (attribute.name == "ice-lite") session_.ice_lite = true;
  if (attribute.name == "extmap-allow-mixed") session_.extmap_allow_mixed = true;
  return is_session_attribute(attribute.name) ? read_media_attribute(attribute, defaults_) : ok();
}

Status Parser::read_group(const SdpAttribute& attribute) {
  const auto words = split(attribute.value, ' ');
  if (words.empty() || words[0] != "BUNDLE" || !session_.bundle.empty()) return ok();
  for (size_t i = 1; i < words.size(); ++i) {
    if (std::ranges::find(session_.bundle, words[i]) != session_.bundle.end() ||
        session_.bundle.size() >= sdp_limits::kMedia) {
      return sdp_error(attribute.line, "SDP_BAD_BUNDLE",
                       "BUNDLE names " + quoted(words[i]) + " twice or too many");
    }
    session_.bundle.emplace_back(words[i]);
  }
  return ok();
}

// RFC 8866 section 5: v=, o= and s= come first and once.
Status check_beginning(const std::vector<SdpLine>& lines) {
  constexpr std::string_view kFirst = "vos";
  for (size_t i = 0; i < kFirst.size(); ++i) {
    if (i < lines.size() && lines[i].type == kFirst[i]) continue;
    return sdp_error(i + 1, "SDP_BAD_BEGINNING", std::string("here must stand ") + kFirst[i] + "=");
  }
  return ok();
}

}  // namespace

Result<SessionDescription> parse_sdp(std::string_view text) {
  const auto lines = split_sdp(text);
  if (!lines.ok()) return lines.status();
  if (const auto status = check_beginning(*lines); !status.ok()) return status;
  Parser parser;
  for (const auto& line : *lines) {
    if (const auto status = parser.read(line); !status.ok()) return status;
  }
  if (const auto status = parser.finish(); !status.ok()) return status;
  return parser.take();
}

}  // namespace kms::rtc
