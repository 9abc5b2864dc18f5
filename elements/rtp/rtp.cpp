// SPDX-License-Identifier: Apache-2.0
#include "elements/rtp/names.hpp"
#include "elements/rtp/rtp_element.hpp"

namespace kms {

void declare_rtp(graph::Catalog& catalog) {
  using v1::DIRECTION_SINK;
  using v1::DIRECTION_SOURCE;
  using v1::MEDIA_KIND_AUDIO;
  using v1::MEDIA_KIND_VIDEO;
  const auto audio = rtp::formats_of(rtp::all_codecs(), false);
  const auto video = rtp::formats_of(rtp::all_codecs(), true);
  catalog.add(graph::define<rtp::v1::RtpOptions>(
      {.title = "RtpEndpoint",
       .summary = "Plain RTP with a camera, a phone or a tool: what it sends, and what is sent to it.",
       .ports = {{"audio", DIRECTION_SOURCE, MEDIA_KIND_AUDIO, audio},
                 {"video", DIRECTION_SOURCE, MEDIA_KIND_VIDEO, video},
                 {"audio", DIRECTION_SINK, MEDIA_KIND_AUDIO, audio},
                 {"video", DIRECTION_SINK, MEDIA_KIND_VIDEO, video}},
       .service = "kms.rtp.v1.RtpService",
       .events = {"kms.rtp.v1.ToneReceived", "kms.rtp.v1.MediaTimeout", "kms.rtp.v1.MediaResumed",
                  "kms.rtp.v1.RemoteAddressChanged"},
       .endpoint = true},
      rtp::RtpElement::create));
}

}  // namespace kms
