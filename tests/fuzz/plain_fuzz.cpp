// SPDX-License-Identifier: Apache-2.0
// Offers and answers of plain RTP, and the telephone events among its packets.
#include <cstdlib>

#include "kms-core/rtc/plain/rtp_negotiation.hpp"
#include "kms-core/rtc/plain/tone_reader.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace {

using namespace kms::rtc;

void require(bool truth) {
  if (!truth) std::abort();
}

kms::Result<RtpLocal> ports(bool video, bool mux, const std::optional<SocketAddress>&) {
  const auto port = static_cast<uint16_t>(video ? 10'002 : 10'000);
  return RtpLocal{"192.0.2.1", port, static_cast<uint16_t>(mux ? port : port + 1)};
}

// An answer of ours has a line for each offered one, and could be taken.
void answer_it(const std::string& text, RtpProfile profile) {
  RtpNegotiation negotiation(1, {.profile = profile}, ports);
  for (int round = 0; round < 2; ++round) {
    const auto agreed = negotiation.answer(text);
    if (!agreed.ok()) continue;
    const auto parsed = parse_sdp(agreed->sdp);
    require(parsed.ok() && parsed->media.size() == agreed->order.size());
    require(negotiation.offer({}).ok());
    negotiation.accept(text).IgnoreError();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  answer_it(text, RtpProfile::kAvp);
  answer_it(text, RtpProfile::kSavpf);
  ToneReader tones;
  auto now = TimePoint{};
  for (size_t at = 0; at + 5 <= size; at += 5, now += std::chrono::milliseconds(20)) {
    tones.on_packet({data + at, 4}, data[at + 4], now);
  }
  return 0;
}
