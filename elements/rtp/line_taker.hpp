// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "kms-core/graph/port.hpp"
#include "kms-core/rtc/rtp_peer.hpp"

namespace kms::rtp {

// A sink port's way in: sends the packets that it takes to the peer. Control loop.
class LineTaker : public graph::PacketTaker {
 public:
  explicit LineTaker(rtc::RtpPeer& peer) : peer_(&peer) {}

  void take(const rtc::SourceRef& source) override;
  const rtc::SourceRef& source() const override { return source_; }
  Sent sent() const override;
  bool fits(const rtc::SourceRef& source) const override;

  // What was agreed on; nothing: not yet.
  void set_line(const std::optional<rtc::LineState>& line) { line_ = line; }
  // The peer goes; takes nothing any more.
  void end();

 private:
  rtc::RtpPeer* peer_;  // null: gone
  std::optional<rtc::LineState> line_;
  rtc::SourceRef source_;
  std::unique_ptr<rtc::Consumer> consumer_;
};

}  // namespace kms::rtp
