// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "elements/player/live_source.hpp"
#include "kms-core/base/guard.hpp"

namespace kms::player {

// An RTSP server's sound and pictures, received by a thread of its own.
class RtspSource : public MediaSource {
 public:
  RtspSource(graph::ElementHost& host, std::string uri, const LiveOptions& options);
  ~RtspSource() override;

  void open(Reply<gst::Ref<GstElement>> reply) override;
  Result<std::shared_ptr<gst::TrackBin>> tracks_to(const std::vector<gst::TrackLine>& lines) override;
  void flow() override;
  void on_error(std::function<void(const Status&)> handler) override { on_error_ = std::move(handler); }

 private:
  class Talk;
  graph::ElementHost& host_;
  const std::string uri_;
  const LiveOptions options_;
  std::function<void(const Status&)> on_error_;
  std::shared_ptr<Talk> talk_;                  // shared with the thread and with the receiver
  std::thread thread_;                          // not of the pool: it lasts as long as the media
  std::shared_ptr<gst::RtpReceiver> receiver_;  // between tracks_to() and flow()
  Guard guard_;
};

}  // namespace kms::player
