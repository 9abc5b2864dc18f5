// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/stats_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "kms-core/base/config.hpp"

namespace kms::webrtc {
namespace {

using namespace std::chrono_literals;

constexpr auto kUsual = 1000ms;
// One message waits at most.
constexpr StatsFeed::Limits kOneWaits{.high = 1, .most = 16 * 1024 * 1024};

Result<std::chrono::milliseconds> interval_of(const v1::WatchRtcStatsRequest& request) {
  if (!request.has_interval()) return kUsual;
  const auto& given = request.interval();
  const auto seconds = std::clamp<int64_t>(given.seconds(), -1, 10'000);
  const auto interval = std::chrono::seconds(seconds) + given.nanos() / 1'000'000 * 1ms;
  if (interval >= 100ms && interval <= 1h) return interval;
  return graph::invalid_option(
      "interval", fmt::format("{}.{:09} s is not between 0.1 s and 3600 s", given.seconds(), given.nanos()));
}

}  // namespace

Result<std::shared_ptr<StatsFeed>> StatsWatch::add(const v1::WatchRtcStatsRequest& request) {
  const auto interval = interval_of(request);
  if (!interval.ok()) return interval.status();
  forget_ended();
  const size_t most = host_.config().limits.subscribers_per_session;
  if (watchers_.size() >= most) {
    return error(StatusCode::kResourceExhausted,
                 ErrorInfo{"SUBSCRIBER_QUOTA", {}, {{"quota", std::to_string(most)}}},
                 fmt::format("{} streams watch this endpoint, and no more may", most));
  }
  auto& watcher = watchers_.emplace_back(Watcher{.feed = std::make_shared<StatsFeed>(kOneWaits)});
  watcher.timer = host_.loop().every(*interval, [this, feed = watcher.feed] { look(feed); });
  // Its client is gone, or the connection is: the timer goes at once, not with the next figures.
  watcher.feed->on_low(
      [loop = &host_.loop(), forget = guard_.wrap([this] { forget_ended(); })] { loop->post(forget); });
  look(watcher.feed);
  return watcher.feed;
}

void StatsWatch::look(const std::shared_ptr<StatsFeed>& feed) {
  if (feed->is_high()) return;
  look_([feed](Result<v1::GetRtcStatsResponse> figures) {
    if (!figures.ok()) return;
    auto response = std::make_shared<v1::WatchRtcStatsResponse>();
    *response->mutable_stats() = *std::move(figures);
    const auto cost = response->ByteSizeLong();
    feed->push(std::move(response), cost);
  });
}

void StatsWatch::forget_ended() {
  watchers_.remove_if([](const Watcher& watcher) { return watcher.feed->is_ended(); });
}

void StatsWatch::end() {
  for (const auto& watcher : watchers_) watcher.feed->end(ok());
  watchers_.clear();
}

}  // namespace kms::webrtc
