// SPDX-License-Identifier: Apache-2.0
#include "tests/support/live_peer/stream_sender.hpp"

#include <cmath>

#include "kms-core/rtc/forwarding/sender_clock.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"

namespace kms::test {
namespace {

double seconds(rtc::Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

StreamSender::StreamSender(const SenderSetup& setup, rtc::TimePoint start)
    : setup_(setup), rtp_rate_(codec_setup(setup.clip->codec).rtp_rate), start_(start) {}

std::chrono::nanoseconds StreamSender::next_pts() const {
  return setup_.clip->packets[next_].pts + rounds_ * setup_.clip->length;
}

uint32_t StreamSender::timestamp_at(double media_seconds) const {
  return setup_.first_timestamp + static_cast<uint32_t>(std::llround(media_seconds * rtp_rate_));
}

rtc::TimePoint StreamSender::due() const {
  const auto since = std::chrono::duration<double>(next_pts()) / setup_.speed.samples;
  return start_ + std::chrono::duration_cast<rtc::Duration>(since);
}

StreamSender::Out StreamSender::take() {
  const auto& packet = setup_.clip->packets[next_];
  const auto pts = next_pts();
  const Out out{packet.marker, static_cast<uint16_t>(setup_.first_sequence + packets_),
                timestamp_at(seconds(pts)), pts, packet.payload};
  ++packets_;
  octets_ += static_cast<uint32_t>(packet.payload.size());
  history_.push_back(out);
  if (++next_ == setup_.clip->packets.size()) {
    next_ = 0;
    ++rounds_;
  }
  return out;
}

const StreamSender::Out* StreamSender::find(uint16_t sequence) const {
  const auto at = static_cast<uint16_t>(sequence - setup_.first_sequence);
  return at < history_.size() ? &history_[at] : nullptr;
}

std::vector<uint8_t> StreamSender::report(rtc::TimePoint now, std::string_view cname) const {
  const auto passed = now - start_;
  // Any epoch will do for a wall clock that nobody else reads; this one began an hour ago.
  const auto wall = std::chrono::duration<double>(3600 + seconds(passed) * setup_.speed.wall);
  const rtc::SenderInfo info{setup_.ssrc, rtc::ntp_of(std::chrono::duration_cast<rtc::Duration>(wall)),
                             timestamp_at(seconds(passed) * setup_.speed.samples), packets_, octets_};
  std::vector<uint8_t> compound(200);
  rtc::RtcpWriter writer(compound);
  writer.sender_report(info, {});
  writer.cname({setup_.ssrc, cname});
  compound.resize(writer.size());
  return compound;
}

}  // namespace kms::test
