// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <set>

namespace kms::rtc {

// The SSRCs under which we send to one peer. All are under one key: two equal ones would use a key stream, or
// a nonce, twice (RFC 3711 section 9.1). One thread.
class OwnSsrcs {
 public:
  using Random = std::function<uint32_t()>;

  explicit OwnSsrcs(uint64_t peer, Random random = any)
      : random_(std::move(random)), taken_{0, of_reports(peer)} {}

  // That we report under where we send no media.
  static uint32_t of_reports(uint64_t peer) { return static_cast<uint32_t>(peer) | 0x80000000; }
  // One that is not taken; it is then.
  uint32_t next() {
    uint32_t ssrc = random_();
    while (!taken_.insert(ssrc).second) ssrc = random_();
    return ssrc;
  }

 private:
  static uint32_t any() {
    thread_local std::mt19937 random{std::random_device{}()};
    return std::uniform_int_distribution<uint32_t>()(random);
  }

  Random random_;
  std::set<uint32_t> taken_;
};

}  // namespace kms::rtc
