// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "kms-core/rtc/srtp/replay_window.hpp"
#include "kms-core/rtc/wire/prefetch.hpp"

namespace kms::rtc {

// What one key has protected, by SSRC: the highest index, and which were seen. Of a retired SSRC only the
// former is kept, so that a key's old packets stay replays for its whole life (RFC 3711 section 3.3.2). One
// thread.
class SrtpStreams {
 public:
  static constexpr size_t kMax = 64;
  static constexpr size_t kMaxRetired = 1024;

  // An SSRC before a packet of its is judged.
  struct Known {
    const ReplayWindow* window = nullptr;  // while it is not retired
    std::optional<uint64_t> highest;       // nothing: it is new
    bool is_new(uint64_t index) const {
      return window ? window->is_new(index) : !highest || index > *highest;
    }
  };
  Known find(uint32_t ssrc) const {
    if (const auto* stream = get(streams_, ssrc)) return {&stream->seen, stream->seen.highest()};
    const auto* retired = get(retired_, ssrc);
    return retired ? Known{nullptr, retired->highest} : Known{};
  }

  // An authentic packet has come. False if there are too many SSRCs.
  bool accept(uint32_t ssrc, uint64_t index) {
    auto* stream = get(streams_, ssrc);
    if (!stream) {
      if (streams_.size() >= kMax) return false;
      stream = &streams_.emplace_back(Stream{ssrc, revived(ssrc)});
    }
    stream->seen.mark(index);
    return true;
  }

  // A packet will be judged soon.
  void expect() const { prefetch(streams_.data(), sizeof(Stream)); }

  // As if it had never come: where nothing is authentic, replays cannot be told either.
  void forget(uint32_t ssrc) {
    std::erase_if(streams_, [&](const Stream& it) { return it.ssrc == ssrc; });
  }

  // No more is expected of it, at least for now.
  void retire(uint32_t ssrc) {
    const auto* stream = get(streams_, ssrc);
    if (!stream || retired_.size() >= kMaxRetired) return;
    retired_.push_back({ssrc, stream->seen.highest()});
    std::erase_if(streams_, [&](const Stream& it) { return it.ssrc == ssrc; });
  }

 private:
  struct Stream {
    uint32_t ssrc;
    ReplayWindow seen;
  };
  struct Retired {
    uint32_t ssrc;
    uint64_t highest;
  };

  template <typename Row>
  static const Row* get(const std::vector<Row>& rows, uint32_t ssrc) {
    const auto at = std::ranges::find(rows, ssrc, &Row::ssrc);
    return at == rows.end() ? nullptr : &*at;
  }
  template <typename Row>
  static Row* get(std::vector<Row>& rows, uint32_t ssrc) {
    const auto at = std::ranges::find(rows, ssrc, &Row::ssrc);
    return at == rows.end() ? nullptr : &*at;
  }
  ReplayWindow revived(uint32_t ssrc) {
    const auto* retired = get(retired_, ssrc);
    if (!retired) return {};
    const auto window = ReplayWindow::all_up_to(retired->highest);
    std::erase_if(retired_, [&](const Retired& it) { return it.ssrc == ssrc; });
    return window;
  }

  std::vector<Stream> streams_;
  std::vector<Retired> retired_;
};

}  // namespace kms::rtc
