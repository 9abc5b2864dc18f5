// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/extension_kind.hpp"

#include <array>

namespace kms::rtc {
namespace {

constexpr std::array<std::string_view, kExtensionKinds> kUris{
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "urn:ietf:params:rtp-hdrext:toffset",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"};

}  // namespace

std::string_view uri_of(ExtensionKind kind) { return kUris[static_cast<size_t>(kind)]; }

std::optional<ExtensionKind> extension_of(std::string_view uri) {
  for (size_t i = 0; i < kUris.size(); ++i) {
    if (kUris[i] == uri) return static_cast<ExtensionKind>(i);
  }
  return std::nullopt;
}

}  // namespace kms::rtc
