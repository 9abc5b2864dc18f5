// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/line_taker.hpp"

#include "kms-core/rtc/sdp/codec_match.hpp"

namespace kms::webrtc {

void LineTaker::take(const rtc::SourceRef& source) {
  source_ = peer_ == nullptr ? nullptr : source;
  mid_ = line_ ? line_->mid : std::string();
  consumer_ = source_ ? peer_->consume(source_, mid_, std::move(consumer_), layers_) : nullptr;
}

void LineTaker::set_line(const rtc::LineState& line) {
  line_ = line;
  if (source_ && !mid_.empty() && mid_ != line.mid && fits(source_)) take(source_);
}

void LineTaker::set_layers(const rtc::LayerWish& wish) {
  layers_ = wish;
  if (consumer_) consumer_->set_layers(wish);
}

graph::PacketTaker::Sent LineTaker::sent() const {
  return consumer_ ? Sent{consumer_->packets(), consumer_->bytes()} : Sent{};
}

bool LineTaker::fits(const rtc::SourceRef& source) const {
  return !line_ || source->codec() != line_->codec ||
         rtc::takes(line_->codec, line_->parameters, source->parameters());
}

void LineTaker::end() {
  take(nullptr);
  peer_ = nullptr;
}

}  // namespace kms::webrtc
