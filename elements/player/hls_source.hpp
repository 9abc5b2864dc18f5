// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "elements/player/live_source.hpp"
#include "kms-core/base/guard.hpp"

namespace kms::player {

// http(s)://.../*.m3u8, whatever its query.
bool is_hls(const std::string& uri);

// HTTP Live Streaming, live or on demand: playlists and segments are fetched one after the other by a thread
// of its own, each of their addresses checked, and handed on as one stream of bytes.
class HlsSource : public MediaSource {
 public:
  HlsSource(graph::ElementHost& host, std::string uri, const LiveOptions& options);
  ~HlsSource() override;

  void open(Reply<gst::Ref<GstElement>> reply) override;
  void on_error(std::function<void(const Status&)> handler) override { on_error_ = std::move(handler); }

 private:
  class Fetcher;
  graph::ElementHost& host_;
  const std::string uri_;
  const LiveOptions options_;
  std::function<void(const Status&)> on_error_;
  std::shared_ptr<Fetcher> fetcher_;  // shared with the thread
  std::thread thread_;                // not of the pool: it lasts as long as the media
  Guard guard_;
};

}  // namespace kms::player
