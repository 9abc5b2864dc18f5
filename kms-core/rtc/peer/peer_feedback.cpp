// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_feedback.hpp"

namespace kms::rtc {

// TEMPORARY
void PeerFeedback::ask(PeerReceiver& receiver, PeerTransport& transport, TimePoint now) {
  for (const auto& entry : receiver.entries()) {
    if (entry->ssrc == 0 || !transport.is_open() || !entry->stream.take_key_frame_request(now)) continue;
    std::array<uint8_t, 12 + SrtcpSealer::kOverhead> pli{};
    pli[0] = 0x81;
    pli[1] = 206;
    pli[3] = 2;
    store_u32(&pli[4], 1);
    store_u32(&pli[8], entry->ssrc);
    transport.send_rtcp(pli, 12);
  }
}

}  // namespace kms::rtc
