// SPDX-License-Identifier: Apache-2.0
#include "elements/rtp/line_taker.hpp"

#include "kms-core/rtc/sdp/codec_match.hpp"

namespace kms::rtp {

void LineTaker::take(const rtc::SourceRef& source) {
  source_ = peer_ ? source : nullptr;
  consumer_ = source_ ? peer_->consume(source_, std::move(consumer_)) : nullptr;
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

}  // namespace kms::rtp
