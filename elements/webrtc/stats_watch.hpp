// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <memory>

#include "kms-core/base/guard.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/graph/feed.hpp"
#include "kms/webrtc/v1/webrtc.pb.h"

namespace kms::webrtc {

using StatsFeed = graph::Feed<v1::WatchRtcStatsResponse>;

// Those who are told the figures of a connection again and again. Who has not read the ones before is passed
// over. Control loop.
class StatsWatch {
 public:
  using Look = std::function<void(Reply<v1::GetRtcStatsResponse>)>;
  StatsWatch(graph::ElementHost& host, Look look) : host_(host), look_(std::move(look)) {}

  // Errors: INVALID_OPTIONS, SUBSCRIBER_QUOTA.
  Result<std::shared_ptr<StatsFeed>> add(const v1::WatchRtcStatsRequest& request);
  void end();

 private:
  struct Watcher {
    std::shared_ptr<StatsFeed> feed;
    Loop::Timer timer = {};
  };
  void look(const std::shared_ptr<StatsFeed>& feed);
  void forget_ended();

  graph::ElementHost& host_;
  const Look look_;
  std::list<Watcher> watchers_;
  Guard guard_;
};

}  // namespace kms::webrtc
