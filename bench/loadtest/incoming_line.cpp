// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/incoming_line.hpp"

namespace kms::rtc::loadtest {

std::optional<uint32_t> IncomingLine::ssrc() const {
  return stream_ ? std::optional(stream_->ssrc) : std::nullopt;
}

// What the stream before still waited for is lost now.
void IncomingLine::begin(const RtpView& first) {
  if (stream_) ended_ += stream_->received.totals();
  stream_.emplace(first, clock_rate_of(line_.codec.codec));
}

bool IncomingLine::on_packet(const RtpView& packet, TimePoint now, bool repaired) {
  const bool another = !stream_ || stream_->ssrc != packet.ssrc();
  if (another && repaired) return false;  // of a stream that is no more
  if (another) begin(packet);
  if (!stream_->received.on_packet(packet.sequence(), repaired)) return false;
  if (!repaired) stream_->statistics.on_packet(packet.sequence(), packet.timestamp(), now);
  if (line_.nack && stream_->nacks.on_packet(packet.sequence(), now, repaired)) hopeless_ = true;
  return true;
}

void IncomingLine::on_sender_report(const SenderInfo& info, TimePoint now) {
  if (stream_ && stream_->ssrc == info.ssrc) stream_->statistics.on_sender_report(info, now);
}

std::optional<ReportBlock> IncomingLine::report(TimePoint now) {
  return stream_ ? stream_->statistics.report(stream_->ssrc, now) : std::nullopt;
}

size_t IncomingLine::missing(TimePoint now, std::span<uint16_t> out) {
  if (!stream_ || !line_.nack) return 0;
  const auto given_up = stream_->nacks.given_up();
  const auto count = stream_->nacks.collect(now, out);
  hopeless_ = hopeless_ || stream_->nacks.given_up() != given_up;
  return count;
}

TimePoint IncomingLine::missing_deadline() const {
  if (hopeless_) return TimePoint{};
  return stream_ && line_.nack ? stream_->nacks.deadline() : TimePoint::max();
}

StreamTotals IncomingLine::current() const {
  if (!stream_) return {};
  auto totals = stream_->received.totals();
  totals.waiting = stream_->nacks.missing();
  return totals;
}

StreamTotals IncomingLine::totals() const {
  auto totals = ended_;
  totals += current();
  return totals;
}

}  // namespace kms::rtc::loadtest
