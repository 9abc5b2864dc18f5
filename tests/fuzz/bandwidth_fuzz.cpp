// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <cstdlib>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"

namespace {

using namespace kms::rtc;

void require(bool truth) {
  if (!truth) std::abort();
}

void check(const SendEstimator& estimator, TimePoint now) {
  const double bps = estimator.target_bps();
  require(bps >= RateLimits{}.least_bps && bps <= RateLimits{}.most_bps);
  require(std::isfinite(estimator.acked_bps()) && std::isfinite(estimator.queue_ms()));
  require(estimator.loss() >= 0 && estimator.loss() <= 1);
  require(estimator.padding_due(now) < 10'000'000);
}

// The peer's next feedback: its size, and what stands behind the common header.
void feed(SendEstimator& estimator, ByteReader& reader, TimePoint now) {
  const auto body = reader.bytes(reader.u8());
  if (!reader.ok()) return;
  const RtcpPacket packet{rtcp::kTransportFeedback, rtcp::kTransportCc, body};
  if (const auto feedback = TransportFeedbackReader::parse(packet)) estimator.on_feedback(*feedback, now);
}

}  // namespace

// A script: n packets are sent, time passes, feedback comes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader({data, size});
  SendEstimator estimator;
  estimator.set_wanted(1e10);
  TimePoint now{std::chrono::hours(1)};
  while (reader.ok() && !reader.rest().empty()) {
    const uint8_t packets = reader.u8();
    for (uint8_t i = 0; i < packets % 64; ++i) estimator.on_sent(size_t{i} * 300, now);
    now += std::chrono::microseconds(uint64_t{reader.u16()} * 50);
    feed(estimator, reader, now);
    estimator.tick(now);
    check(estimator, now);
  }
  return 0;
}
