// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/whep_element.hpp"
#include "elements/webrtc_client/whip_element.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms {
namespace {

graph::Formats formats(std::initializer_list<const char*> codecs) {
  graph::Formats out;
  for (const char* codec : codecs) out.push_back(graph::rtp(codec));
  return out;
}

graph::Formats sound() { return formats({"OPUS", "PCMU", "PCMA", "G722"}); }
graph::Formats pictures() { return formats({"VP8", "H264", "VP9", "AV1", "H265"}); }

// Some are parts of webrtcbin.
const std::vector<std::string> kNeeds{"webrtcbin", "nicesrc",    "nicesink",  "dtlssrtpdec", "dtlssrtpenc",
                                      "rtpbin",    "rtprtxsend", "rtpfunnel", "clocksync",   "srtpdec"};

}  // namespace

void declare_webrtc_client(graph::Catalog& catalog) {
  using v1::DIRECTION_SINK;
  using v1::DIRECTION_SOURCE;
  catalog.add(graph::define<webrtc_client::v1::WhipClientOptions>(
      {.title = "WhipClientEndpoint",
       .summary = "Publishes sound and pictures to a WHIP server.",
       .ports = {{"audio", DIRECTION_SINK, v1::MEDIA_KIND_AUDIO, sound()},
                 {"video", DIRECTION_SINK, v1::MEDIA_KIND_VIDEO, pictures()}},
       .service = "kms.webrtc_client.v1.WebRtcClientService",
       .events = {"kms.webrtc_client.v1.StateChanged"},
       .needs = kNeeds},
      webrtc_client::WhipElement::create));
  catalog.add(graph::define<webrtc_client::v1::WhepClientOptions>(
      {.title = "WhepClientEndpoint",
       .summary = "Plays what a WHEP server shows.",
       .ports = {{"audio", DIRECTION_SOURCE, v1::MEDIA_KIND_AUDIO, {}},
                 {"video", DIRECTION_SOURCE, v1::MEDIA_KIND_VIDEO, {}}},
       .service = "kms.webrtc_client.v1.WebRtcClientService",
       .events = {"kms.webrtc_client.v1.StateChanged"},
       .needs = kNeeds},
      webrtc_client::WhepElement::create));
}

}  // namespace kms
