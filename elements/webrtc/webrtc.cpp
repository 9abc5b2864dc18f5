// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "elements/webrtc/names.hpp"
#include "elements/webrtc/webrtc_element.hpp"

namespace kms::webrtc {
namespace {

constexpr uint32_t kShortestPatience = 10;  // milliseconds
constexpr uint32_t kLongestPatience = 1000;
constexpr uint32_t kDefaultPatience = 100;

std::string list_of_codecs() {
  std::string out;
  for (const auto codec : all_codecs()) out += (out.empty() ? "" : ", ") + api_name(codec);
  return out;
}

}  // namespace

Result<WebRtcElement::Settings> WebRtcElement::read(const v1::WebRtcOptions& options) {
  Settings out;
  for (const auto& name : options.codecs()) {
    const auto codec = codec_of(name);
    if (!codec) {
      return graph::invalid_option("codecs", fmt::format("\"{}\" is none of {}", name, list_of_codecs()));
    }
    out.codecs.push_back(*codec);
  }
  const auto patience = options.jitter_buffer_ms() == 0 ? kDefaultPatience : options.jitter_buffer_ms();
  if (patience < kShortestPatience || patience > kLongestPatience) {
    return graph::invalid_option("jitter_buffer_ms", fmt::format("{} is not from {} to {}", patience,
                                                                 kShortestPatience, kLongestPatience));
  }
  out.patience = std::chrono::milliseconds(patience);
  out.max_receive_bps = options.max_receive_bps();
  out.trickle = options.trickle();
  return out;
}

Result<std::unique_ptr<graph::Element>> WebRtcElement::create(graph::ElementHost& host,
                                                              const v1::WebRtcOptions& options) {
  auto settings = read(options);
  if (!settings.ok()) return settings.status();
  return std::unique_ptr<graph::Element>(new WebRtcElement(host, *std::move(settings)));
}

}  // namespace kms::webrtc

namespace kms {

void declare_webrtc(graph::Catalog& catalog) {
  using v1::DIRECTION_SINK;
  using v1::DIRECTION_SOURCE;
  using v1::MEDIA_KIND_AUDIO;
  using v1::MEDIA_KIND_DATA;
  using v1::MEDIA_KIND_VIDEO;
  const auto audio = webrtc::LinePorts::formats(webrtc::all_codecs(), false);
  const auto video = webrtc::LinePorts::formats(webrtc::all_codecs(), true);
  catalog.add(graph::define<webrtc::v1::WebRtcOptions>(
      {.title = "WebRtcEndpoint",
       .summary = "One WebRTC peer, a browser mostly: what it sends, and what is sent to it.",
       .ports = {{"audio", DIRECTION_SOURCE, MEDIA_KIND_AUDIO, audio},
                 {"video", DIRECTION_SOURCE, MEDIA_KIND_VIDEO, video},
                 {"data", DIRECTION_SOURCE, MEDIA_KIND_DATA, {graph::raw()}},
                 {"audio", DIRECTION_SINK, MEDIA_KIND_AUDIO, audio},
                 {"video", DIRECTION_SINK, MEDIA_KIND_VIDEO, video},
                 {"data", DIRECTION_SINK, MEDIA_KIND_DATA, {graph::raw()}}},
       .service = "kms.webrtc.v1.WebRtcService",
       .events = {"kms.webrtc.v1.SignalingStateChanged", "kms.webrtc.v1.IceStateChanged",
                  "kms.webrtc.v1.DtlsStateChanged", "kms.webrtc.v1.ConnectionStateChanged",
                  "kms.webrtc.v1.IceCandidateFound", "kms.webrtc.v1.IceGatheringDone",
                  "kms.webrtc.v1.CandidatePairSelected", "kms.webrtc.v1.DataChannelStateChanged",
                  "kms.webrtc.v1.DataChannelDrained", "kms.webrtc.v1.EncodingsWanted"},
       .endpoint = true},
      webrtc::WebRtcElement::create));
}

}  // namespace kms
