// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/line_sender.hpp"

#include <algorithm>

#include "elements/webrtc_client/offered_formats.hpp"
#include "kms-core/rtc/sdp/codec_match.hpp"

namespace kms::webrtc_client {

void LineSender::take(const rtc::SourceRef& source) {
  if (ended_) return;
  source_ = source;
  if (source_ && !codec_) begin(source_->codec());
  const bool fitting = source_ && source_->codec() == codec_;
  if (feed_) feed_->take(place_.rtc, fitting ? source_ : nullptr);
}

void LineSender::begin(rtc::Codec codec) {
  const auto format = offered_format(codec);
  auto& bin = place_.connection.bin();
  codec_ = codec;
  feed_ = std::make_shared<PacketFeed>(PacketFeed::Stream{
      .ssrc = bin.ssrc(place_.line), .payload_type = format.type, .clock_rate = format.clock_rate});
  const auto source = feed_->make_source(bin.caps(place_.line, format));
  bin.send(place_.connection.pipeline(), place_.line, gst::Ref<GstElement>::sink(source->element()));
  on_codec_(codec);
}

graph::PacketTaker::Sent LineSender::sent() const {
  return feed_ ? Sent{feed_->packets(), feed_->bytes()} : Sent{};
}

const AgreedFormat* LineSender::format_of(rtc::Codec codec) const {
  const auto found = std::ranges::find(agreed_.formats, codec, &AgreedFormat::codec);
  return found == agreed_.formats.end() ? nullptr : &*found;
}

bool LineSender::fits(const rtc::SourceRef& source) const {
  const auto* format = format_of(source->codec());
  return format == nullptr || rtc::takes(source->codec(), format->payload.parameters, source->parameters());
}

void LineSender::end() {
  ended_ = true;
  source_.reset();
  if (feed_) feed_->take(place_.rtc, nullptr);
}

}  // namespace kms::webrtc_client
