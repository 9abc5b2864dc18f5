// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/request_log.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <memory>
#include <optional>
#include <utility>

namespace kms::graph {
namespace {

constexpr size_t kLongestRequestId = 64;

std::string digest_of(const std::string& body) {
  const std::unique_ptr<char, decltype(&g_free)> text(
      g_compute_checksum_for_string(G_CHECKSUM_SHA256, body.data(), static_cast<gssize>(body.size())),
      g_free);
  return text.get();
}

Status too_long(size_t length) {
  return error(StatusCode::kInvalidArgument, "REQUEST_ID_TOO_LONG",
               fmt::format("request_id has {} bytes; at most {} are allowed", length, kLongestRequestId));
}

Status reused(const RequestLog::Key& key) {
  return error(StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
               fmt::format("request_id \"{}\" was used for another {} request; a new request needs a new id",
                           key.request_id, key.method));
}

}  // namespace

RequestLog::RequestLog(Limits limits) : limits_(limits) {}

Result<bool> RequestLog::begin(const Key& key, const std::string& body, Waiter waiter,
                               Clock::time_point now) {
  if (key.request_id.size() > kLongestRequestId) return too_long(key.request_id.size());
  const auto digest = digest_of(body);
  std::optional<std::string> known;
  {
    const std::lock_guard lock(mutex_);
    expire(now);
    const auto [entry, first] = entries_.try_emplace(key);
    if (first) {
      entry->second.digest = digest;
      return true;
    }
    if (entry->second.digest != digest) return reused(key);
    if (entry->second.finished) {
      known = entry->second.response;
    } else {
      entry->second.waiters.push_back(std::move(waiter));
    }
  }
  if (known) waiter(*std::move(known));
  return false;
}

void RequestLog::finish(const Key& key, const Answer& answer, Clock::time_point now) {
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end()) return;
    waiters = std::exchange(entry->second.waiters, {});
    if (answer.ok()) {
      entry->second.finished = true;
      entry->second.response = *answer;
      entry->second.expires = now + limits_.life;
      entry->second.age = ages_.insert(ages_.end(), key);
      bytes_ += answer->size();
      expire(now);
    } else {
      entries_.erase(entry);
    }
  }
  for (auto& waiter : waiters) waiter(answer);
}

void RequestLog::expire(Clock::time_point now) {
  while (!ages_.empty()) {
    const auto oldest = entries_.find(ages_.front());
    const bool full = ages_.size() > limits_.requests || bytes_ > limits_.bytes;
    if (!full && oldest->second.expires > now) return;
    drop(oldest);
  }
}

void RequestLog::drop(Entries::iterator entry) {
  bytes_ -= entry->second.response.size();
  ages_.erase(entry->second.age);
  entries_.erase(entry);
}

void RequestLog::forget(const std::string& parent) {
  const std::lock_guard lock(mutex_);
  for (auto entry = entries_.lower_bound({parent, {}, {}});
       entry != entries_.end() && entry->first.parent == parent;) {
    const auto next = std::next(entry);
    if (entry->second.finished) drop(entry);
    entry = next;
  }
}

size_t RequestLog::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace kms::graph
