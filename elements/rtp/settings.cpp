// SPDX-License-Identifier: Apache-2.0
#include "elements/rtp/settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "elements/rtp/names.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/rtc/net/socket_address.hpp"

namespace kms::rtp {
namespace {

using graph::invalid_option;
using std::chrono::milliseconds;

constexpr uint32_t kLargestPort = 65'535;
constexpr uint32_t kShortestPatience = 10;  // milliseconds
constexpr uint32_t kLongestPatience = 1000;
constexpr uint32_t kDefaultPatience = 100;
constexpr uint32_t kLargestExtension = 14;
constexpr rtc::ToneFormat kTones{101, 8000};

Status check_ip(const std::string& field, const std::string& ip) {
  if (ip.empty() || rtc::SocketAddress::parse(ip, 0).ok()) return ok();
  return invalid_option(field, fmt::format("\"{}\" is no IP address", ip));
}

Status check_port(const std::string& field, uint32_t port) {
  if (port <= kLargestPort) return ok();
  return invalid_option(field, fmt::format("{} is not from 0 to {}", port, kLargestPort));
}

uint32_t default_type(rtc::Codec codec) {
  if (codec == rtc::Codec::kPcmu) return 0;
  if (codec == rtc::Codec::kPcma) return 8;
  if (codec == rtc::Codec::kG722) return 9;
  return rtc::is_audio(codec) ? 97 : 96;
}

Status check_stream(const std::string& field, const v1::Stream& stream) {
  if (auto status = check_ip(field + ".remote_address", stream.remote_address()); !status.ok()) return status;
  for (const auto& [name, port] : {std::pair(".remote_port", stream.remote_port()),
                                   std::pair(".remote_rtcp_port", stream.remote_rtcp_port()),
                                   std::pair(".local_port", stream.local_port())}) {
    if (auto status = check_port(field + name, port); !status.ok()) return status;
  }
  const auto type = stream.payload_type();
  if (type > 127 || (type >= 64 && type <= 95))
    return invalid_option(field + ".payload_type", fmt::format("{} is not from 0 to 63 or 96 to 127", type));
  for (const auto& [name, id] : {std::pair(".audio_level_id", stream.audio_level_id()),
                                 std::pair(".video_orientation_id", stream.video_orientation_id())}) {
    if (id > kLargestExtension)
      return invalid_option(field + name, fmt::format("{} is not from 1 to {}", id, kLargestExtension));
  }
  if (stream.remote_port() == 0 || !stream.remote_address().empty()) return ok();
  return invalid_option(field + ".remote_address", "a port without an address is nowhere");
}

Result<rtc::RtpStream> read_stream(bool video, const v1::Stream& stream) {
  const std::string field = video ? "video" : "audio";
  const auto codec = codec_of(stream.codec());
  if (!codec || rtc::is_audio(*codec) == video) {
    return invalid_option(field + ".codec", fmt::format("\"{}\" is no codec of {} among {}", stream.codec(),
                                                        video ? "pictures" : "sound", names_of_all()));
  }
  if (auto status = check_stream(field, stream); !status.ok()) return status;
  rtc::RtpStream out;
  out.codec = *codec;
  out.parameters = stream.parameters();
  out.payload_type =
      static_cast<uint8_t>(stream.has_payload_type() ? stream.payload_type() : default_type(*codec));
  if (!video && out.payload_type != kTones.payload_type) out.tones = kTones;
  out.extension_id = static_cast<uint8_t>(video ? stream.video_orientation_id() : stream.audio_level_id());
  out.remote_address = stream.remote_address();
  out.remote_port = static_cast<uint16_t>(stream.remote_port());
  out.remote_rtcp_port = static_cast<uint16_t>(stream.remote_rtcp_port());
  out.local_port = static_cast<uint16_t>(stream.local_port());
  out.ssrc = stream.ssrc();
  return out;
}

Status read_streams(const v1::RtpOptions& options, Settings& out) {
  for (const bool video : {false, true}) {
    if (video ? !options.has_video() : !options.has_audio()) continue;
    auto stream = read_stream(video, video ? options.video() : options.audio());
    if (!stream.ok()) return stream.status();
    (video ? out.video : out.audio) = *std::move(stream);
  }
  return ok();
}

std::optional<rtc::RtpProfile> profile_of(int profile) {
  switch (profile) {
    case v1::PROFILE_UNSPECIFIED:
    case v1::PROFILE_AVP:
      return rtc::RtpProfile::kAvp;
    case v1::PROFILE_AVPF:
      return rtc::RtpProfile::kAvpf;
    case v1::PROFILE_SAVP:
      return rtc::RtpProfile::kSavp;
    case v1::PROFILE_SAVPF:
      return rtc::RtpProfile::kSavpf;
    default:
      return std::nullopt;
  }
}

std::optional<rtc::RtcpMux> mux_of(int mux) {
  switch (mux) {
    case v1::RTCP_MUX_UNSPECIFIED:
      return rtc::RtcpMux::kWhereOffered;
    case v1::RTCP_MUX_NEVER:
      return rtc::RtcpMux::kNever;
    case v1::RTCP_MUX_REQUIRED:
      return rtc::RtcpMux::kRequired;
    default:
      return std::nullopt;
  }
}

std::optional<rtc::SrtpProfile> suite_of(int suite) {
  switch (suite) {
    case v1::CRYPTO_SUITE_AES_CM_128_HMAC_SHA1_80:
      return rtc::SrtpProfile::kAesCm128HmacSha1_80;
    case v1::CRYPTO_SUITE_AES_CM_128_HMAC_SHA1_32:
      return rtc::SrtpProfile::kAesCm128HmacSha1_32;
    case v1::CRYPTO_SUITE_AEAD_AES_128_GCM:
      return rtc::SrtpProfile::kAeadAes128Gcm;
    default:
      return std::nullopt;
  }
}

Status read_policy(const v1::RtpOptions& options, rtc::RtpPolicy& policy) {
  for (const auto& name : options.codecs()) {
    const auto codec = codec_of(name);
    if (!codec) return invalid_option("codecs", fmt::format("\"{}\" is none of {}", name, names_of_all()));
    policy.codecs.push_back(*codec);
  }
  for (const auto value : options.crypto_suites()) {
    const auto suite = suite_of(value);
    if (!suite) return invalid_option("crypto_suites", fmt::format("{} is no suite", value));
    policy.suites.push_back(*suite);
  }
  const auto profile = profile_of(options.profile());
  if (!profile)
    return invalid_option("profile", fmt::format("{} is no profile", static_cast<int>(options.profile())));
  policy.profile = *profile;
  const auto mux = mux_of(options.rtcp_mux());
  if (!mux)
    return invalid_option("rtcp_mux", fmt::format("{} is no choice", static_cast<int>(options.rtcp_mux())));
  policy.mux = *mux;
  return ok();
}

Status read_times(const v1::RtpOptions& options, Settings& out) {
  if (options.has_media_timeout()) {
    const auto& time = options.media_timeout();
    if (time.seconds() < 1 || time.seconds() > 3600)
      return invalid_option("media_timeout", fmt::format("{} s is not from 1 s to 1 h", time.seconds()));
    out.peer.media_timeout =
        milliseconds(time.seconds() * 1000 + std::clamp(time.nanos(), 0, 999'999'999) / 1'000'000);
  }
  const auto patience = options.jitter_buffer_ms() == 0 ? kDefaultPatience : options.jitter_buffer_ms();
  if (patience < kShortestPatience || patience > kLongestPatience)
    return invalid_option("jitter_buffer_ms", fmt::format("{} is not from {} to {}", patience,
                                                          kShortestPatience, kLongestPatience));
  out.patience = milliseconds(patience);
  return ok();
}

rtc::PeerAddresses peers_of(const Config::Rtp& config) {
  std::vector<AddressRange> allowed;
  for (const auto& text : config.allow) {
    if (const auto range = AddressRange::parse(text)) allowed.push_back(*range);
  }
  return rtc::PeerAddresses(std::move(allowed));
}

}  // namespace

Result<Settings> read_options(const v1::RtpOptions& options, const Config::Rtp& config) {
  Settings out;
  out.peer.bind = options.bind_address().empty() ? config.bind : options.bind_address();
  out.peer.announced = options.announced_address().empty() ? config.announced : options.announced_address();
  out.peer.ports = {static_cast<uint16_t>(config.first_port), static_cast<uint16_t>(config.last_port)};
  out.peer.learn_address = options.learn_address();
  out.peer.policy.peers = peers_of(config);
  for (const auto& status :
       {check_ip("bind_address", options.bind_address()),
        check_ip("announced_address", options.announced_address()), read_streams(options, out),
        read_policy(options, out.peer.policy), read_times(options, out)}) {
    if (!status.ok()) return status;
  }
  return out;
}

}  // namespace kms::rtp
