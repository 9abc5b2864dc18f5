// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp/rtx.hpp"

#include <cstring>

#include "kms-core/rtc/rtp/rtp_editor.hpp"

namespace kms::rtc {

size_t rtx_wrap(Bytes packet, const RtxHeader& as, MutableBytes out) {
  const auto view = RtpView::parse(packet);
  if (!view || out.size() < packet.size() + kRtxOverhead) return 0;
  const size_t header = view->header_size();
  std::memcpy(out.data(), packet.data(), header);
  store_u16(out.data() + header, view->sequence());
  if (packet.size() > header) {
    std::memcpy(out.data() + header + kRtxOverhead, packet.data() + header, packet.size() - header);
  }
  RtpEditor editor(out);
  editor.set_payload_type(as.payload_type);
  editor.set_sequence(as.sequence);
  editor.set_ssrc(as.ssrc);
  return packet.size() + kRtxOverhead;
}

MutableBytes rtx_unwrap(MutableBytes packet, const RtxOriginal& as) {
  const auto view = RtpView::parse(packet);
  if (!view || view->payload().size() < kRtxOverhead) return {};
  const size_t header = view->header_size();
  const uint16_t sequence = load_u16(view->payload().data());
  std::memmove(packet.data() + kRtxOverhead, packet.data(), header);
  const auto original = packet.subspan(kRtxOverhead);
  RtpEditor editor(original);
  editor.set_payload_type(as.payload_type);
  editor.set_sequence(sequence);
  editor.set_ssrc(as.ssrc);
  return original;
}

}  // namespace kms::rtc
