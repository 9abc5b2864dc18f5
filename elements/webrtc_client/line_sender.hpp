// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "elements/webrtc_client/connection.hpp"
#include "elements/webrtc_client/packet_feed.hpp"
#include "kms-core/graph/port.hpp"

namespace kms::webrtc_client {

// A sink port's way to one line of a connection. The codec of the first source that it takes is that of the
// line as long as the connection lives. Control loop.
class LineSender : public graph::PacketTaker {
 public:
  struct Place {
    rtc::Server& rtc;
    Connection& connection;  // until end()
    size_t line;
  };
  // `on_codec`: within take(), the first time.
  LineSender(const Place& place, AgreedLine agreed, std::function<void(rtc::Codec)> on_codec)
      : place_(place), agreed_(std::move(agreed)), on_codec_(std::move(on_codec)) {}

  void take(const rtc::SourceRef& source) override;
  const rtc::SourceRef& source() const override { return source_; }
  Sent sent() const override;
  bool fits(const rtc::SourceRef& source) const override;
  // The connection goes.
  void end();

  std::optional<rtc::Codec> codec() const { return codec_; }

 private:
  const AgreedFormat* format_of(rtc::Codec codec) const;
  void begin(rtc::Codec codec);

  const Place place_;
  const AgreedLine agreed_;
  const std::function<void(rtc::Codec)> on_codec_;
  rtc::SourceRef source_;
  std::optional<rtc::Codec> codec_;
  std::shared_ptr<PacketFeed> feed_;  // null before the first source
  bool ended_ = false;
};

}  // namespace kms::webrtc_client
