// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/packet_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "kms-core/rtc/forwarding/packet.hpp"
#include "kms-core/rtc/rtp/rtp_editor.hpp"

namespace kms::webrtc_client {
namespace {

constexpr size_t kHeader = 12;

}  // namespace

std::shared_ptr<gst::PushSource> PacketFeed::make_source(const gst::Ref<GstCaps>& caps) {
  // Of one name only one would be taken into the pipeline.
  auto source = gst::PushSource::create(
      fmt::format("packets-{}", stream_.ssrc), caps,
      [self = shared_from_this()](gst::PushSource& out) -> std::optional<rtc::TimePoint> {
        while (auto packet = self->next()) out.push(std::move(packet));
        return std::nullopt;
      });
  source->on_key_unit_request([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->want_key_frame();
  });
  source_ = source;
  source->start();
  return source;
}

void PacketFeed::take(rtc::Server& rtc, const rtc::SourceRef& source) {
  std::unique_ptr<rtc::Tap> next;
  const auto to = source_.lock();
  if (source && to) next = rtc.tap(source, {.on_packets = [bell = to->bell()] { bell->ring(); }});
  {
    const std::lock_guard lock(mutex_);
    tap_.swap(next);
    shift_.reset();
  }
}

void PacketFeed::want_key_frame() {
  const std::lock_guard lock(mutex_);
  if (tap_) tap_->want_key_frame();
}

// Nothing downstream is waited for with the lock held.
gst::Ref<GstBuffer> PacketFeed::next() {
  const std::lock_guard lock(mutex_);
  rtc::PacketRef packet;
  if (!tap_ || !tap_->pop(packet)) return {};
  return made_of(*packet);
}

void PacketFeed::join(const rtc::Packet& first) {
  if (!std::exchange(begun_, true)) {
    shift_ = Shift{};
    return;
  }
  const std::chrono::duration<double> since = first.captured - last_captured_;
  const auto ticks = std::max<int64_t>(1, std::llround(since.count() * stream_.clock_rate));
  shift_ = Shift{.index = last_index_ + 1 - first.index,
                 .timestamp = last_timestamp_ + static_cast<uint32_t>(ticks) - first.timestamp};
}

// What carries no media keeps its number, as padding: a gap would be asked for again and again.
gst::Ref<GstBuffer> PacketFeed::made_of(const rtc::Packet& packet) {
  if (!shift_) join(packet);
  const auto media = packet.media();
  std::array<uint8_t, kHeader + rtc::Packet::kMaxPayload> bytes{};
  bytes[0] = media.empty() ? 0xa0 : 0x80;
  rtc::RtpEditor header(bytes);
  const auto index = packet.index + shift_->index;
  const auto timestamp = packet.timestamp + shift_->timestamp;
  header.set_marker(packet.marker);
  header.set_payload_type(stream_.payload_type);
  header.set_sequence(static_cast<uint16_t>(index));
  header.set_timestamp(timestamp);
  header.set_ssrc(stream_.ssrc);
  std::ranges::copy(media, bytes.begin() + kHeader);
  if (media.empty()) bytes[kHeader] = 1;
  if (!packet.late) {
    last_index_ = index;
    last_timestamp_ = timestamp;
    last_captured_ = packet.captured;
  }
  ++packets_;
  bytes_ += media.size();
  auto buffer = gst::Ref<GstBuffer>::adopt(
      gst_buffer_new_memdup(bytes.data(), kHeader + std::max<size_t>(media.size(), 1)));
  const std::chrono::nanoseconds captured = packet.captured.time_since_epoch();
  GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(captured.count());
  return buffer;
}

}  // namespace kms::webrtc_client
