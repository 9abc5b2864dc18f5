// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/line_receiver.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kms-core/rtc/forwarding/packet.hpp"
#include "kms-core/rtc/rtp/key_frame.hpp"

namespace kms::webrtc_client {
namespace {

constexpr std::chrono::milliseconds kAskEvery{500};

}  // namespace

void LineReceiver::expect(const AgreedLine& line) {
  const std::lock_guard lock(mutex_);
  formats_ = line.formats;
  ssrc_.reset();
}

void LineReceiver::open(rtc::Codec codec, std::unique_ptr<rtc::LocalSource> source) {
  const std::lock_guard lock(mutex_);
  codec_ = codec;
  source_.swap(source);
  last_captured_.reset();
  ssrc_.reset();
}

rtc::SourceRef LineReceiver::source() const {
  const std::lock_guard lock(mutex_);
  return source_ ? source_->source() : nullptr;
}

std::string LineReceiver::parameters_of(rtc::Codec codec) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(formats_, codec, &AgreedFormat::codec);
  return found == formats_.end() ? std::string() : found->payload.parameters;
}

std::optional<rtc::Codec> LineReceiver::codec_of(uint8_t payload_type) const {
  const auto found = std::ranges::find_if(
      formats_, [&](const AgreedFormat& format) { return format.payload.type == payload_type; });
  return found == formats_.end() ? std::nullopt : std::optional(found->codec);
}

void LineReceiver::take(GstBuffer* buffer) {
  std::array<uint8_t, rtc::Packet::kMaxPayload + 64> bytes;
  const auto size = gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  const auto packet = rtc::RtpView::parse({bytes.data(), size});
  if (!packet || size < gst_buffer_get_size(buffer) || !GST_BUFFER_PTS_IS_VALID(buffer)) return;
  const rtc::TimePoint captured(std::chrono::nanoseconds(static_cast<int64_t>(GST_BUFFER_PTS(buffer))));
  const std::lock_guard lock(mutex_);
  const auto codec = codec_of(packet->payload_type());
  if (!codec) return;
  if (!source_ || *codec != codec_) return tell_.on_codec(*codec);
  if (!goes_on(*packet)) return ask(captured);
  if (packet->payload().empty()) return;  // padding
  const bool ends = packet->marker() || rtc::is_audio(codec_);
  source_->push({packet->payload(), timestamp_of(*packet, captured), packet->marker(), captured});
  if (ends) source_->flush();
}

// Whether a decoder can do something with it.
bool LineReceiver::goes_on(const rtc::RtpView& packet) {
  const bool same = ssrc_ == packet.ssrc();
  const bool gap = same && next_sequence_ && packet.sequence() != *next_sequence_;
  next_sequence_ = static_cast<uint16_t>(packet.sequence() + 1);
  if (rtc::is_audio(codec_)) return true;
  broken_ = broken_ || gap || !same;
  if (rtc::starts_key_frame(codec_, packet.payload())) broken_ = false;
  return !broken_;
}

uint32_t LineReceiver::timestamp_of(const rtc::RtpView& packet, rtc::TimePoint captured) {
  if (ssrc_ != packet.ssrc()) {
    ssrc_ = packet.ssrc();
    const std::chrono::duration<double> since =
        captured - last_captured_.value_or(captured - std::chrono::milliseconds(1));
    const auto ticks = std::max<int64_t>(1, std::llround(since.count() * rtc::clock_rate_of(codec_)));
    shift_ = last_timestamp_ + static_cast<uint32_t>(ticks) - packet.timestamp();
  }
  last_timestamp_ = packet.timestamp() + shift_;
  last_captured_ = captured;
  return last_timestamp_;
}

void LineReceiver::ask(rtc::TimePoint now) {
  if (asked_ && now - *asked_ < kAskEvery) return;
  asked_ = now;
  tell_.on_key_frame_wanted();
}

}  // namespace kms::webrtc_client
