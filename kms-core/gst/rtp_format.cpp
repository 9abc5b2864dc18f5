// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/rtp_format.hpp"

namespace kms::gst {

// Nobody estimates anything of transport-cc here, so it is not promised.
Ref<GstCaps> rtp_caps(const RtpFormat& format) {
  auto* caps = gst_caps_new_simple(
      "application/x-rtp", "media", G_TYPE_STRING, format.video ? "video" : "audio", "payload", G_TYPE_INT,
      gint{format.type}, "clock-rate", G_TYPE_INT, static_cast<gint>(format.clock_rate), "encoding-name",
      G_TYPE_STRING, format.encoding.c_str(), "rtcp-fb-transport-cc", G_TYPE_BOOLEAN, FALSE, nullptr);
  if (format.channels > 1) {
    gst_caps_set_simple(caps, "encoding-params", G_TYPE_STRING, std::to_string(format.channels).c_str(),
                        nullptr);
  }
  for (const auto& [name, value] : format.parameters)
    gst_caps_set_simple(caps, name.c_str(), G_TYPE_STRING, value.c_str(), nullptr);
  return Ref<GstCaps>::adopt(caps);
}

}  // namespace kms::gst
