// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "elements/player/media_source.hpp"
#include "kms-core/base/guard.hpp"

namespace kms::player {

// A resource of the web, fetched by a thread of its own while it is played.
class HttpSource : public MediaSource {
 public:
  HttpSource(graph::ElementHost& host, std::string uri);
  ~HttpSource() override;

  void open(Reply<gst::Ref<GstElement>> reply) override;
  bool endless(const gst::TrackBin::Tracks& tracks) const override { return !tracks.duration; }
  void on_error(std::function<void(const Status&)> handler) override { on_error_ = std::move(handler); }

 private:
  class Fetcher;
  graph::ElementHost& host_;
  const std::string uri_;
  std::function<void(const Status&)> on_error_;
  std::shared_ptr<Fetcher> fetcher_;  // shared with the thread
  std::thread thread_;                // not of the pool: it lasts as long as the media
  Guard guard_;
};

}  // namespace kms::player
