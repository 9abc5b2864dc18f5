// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kms-core/graph/port.hpp"

namespace kms::webrtc {

// A sink port's way in: sends the packets it takes to the peer. Control loop.
class LineTaker : public graph::PacketTaker {
 public:
  explicit LineTaker(rtc::Peer& peer) : peer_(&peer) {}

  void take(const rtc::SourceRef& source) override;
  const rtc::SourceRef& source() const override { return source_; }
  Sent sent() const override;

  bool fits(const rtc::SourceRef& source) const override;

  // Which encoding of a simulcast track the peer gets, of all that is taken from now on.
  void set_layers(const rtc::LayerWish& wish);

  // The m-line to send on. What is taken already and waits for another one, which has ended, goes over to it.
  void set_line(const rtc::LineState& line);
  // The next free m-line of the source's kind, now or later.
  void set_any_line() { line_.reset(); }
  // The peer is gone; takes nothing any more.
  void end();

 private:
  rtc::Peer* peer_;  // null: gone
  std::optional<rtc::LineState> line_;
  std::string mid_;  // the source is bound to; empty: to none
  rtc::SourceRef source_;
  rtc::LayerWish layers_;
  std::unique_ptr<rtc::Consumer> consumer_;
};

}  // namespace kms::webrtc
