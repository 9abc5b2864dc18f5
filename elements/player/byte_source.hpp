// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "elements/player/checked_address.hpp"
#include "elements/player/live_source.hpp"
#include "elements/player/words/live_uri.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/gst/live_bytes.hpp"

namespace kms::player {

// A container's bytes from an RTMP server or an SRT peer, read by an element of GStreamer's that is given a
// checked address in place of the host's name.
class ByteSource : public MediaSource {
 public:
  ByteSource(graph::ElementHost& host, std::string uri, const LiveOptions& options);
  ~ByteSource() override;

  void open(Reply<gst::Ref<GstElement>> reply) override;
  bool endless(const gst::TrackBin::Tracks&) const override { return true; }
  std::optional<GstClockTime> last_data() const override;

 private:
  Result<gst::Ref<GstElement>> make(const LiveUri& uri, const std::string& address);
  Result<gst::Ref<GstElement>> make_srt(const LiveUri& uri, const std::string& address);

  graph::ElementHost& host_;
  const std::string uri_;
  const LiveOptions options_;
  const std::shared_ptr<GCancellable> cancellable_;
  std::shared_ptr<gst::FlowMeter> meter_;
  bool listens_ = false;
  Guard guard_;
};

}  // namespace kms::player
