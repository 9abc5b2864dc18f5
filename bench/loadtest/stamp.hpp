// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc::loadtest {

// What a publisher writes into the last bytes of a payload for viewers of the same process: which room it is
// for, and when it was sent.
struct Stamp {
  static constexpr size_t kSize = 16;

  uint32_t room = 0;
  TimePoint sent{};
};

// Stamps of one run. Those of other runs are none: `run` is a number of its own.
class Stamps {
 public:
  explicit Stamps(uint32_t run) : run_(run) {}

  // `at` has room for Stamp::kSize bytes.
  void write(uint8_t* at, const Stamp& stamp) const {
    store_u32(at, run_);
    store_u32(at + 4, stamp.room);
    store_u64(at + 8, static_cast<uint64_t>(stamp.sent.time_since_epoch().count()));
  }
  // Nothing if the payload does not end with one.
  std::optional<Stamp> read(Bytes payload) const {
    if (payload.size() < Stamp::kSize) return std::nullopt;
    const auto* at = payload.last(Stamp::kSize).data();
    if (load_u32(at) != run_) return std::nullopt;
    return Stamp{load_u32(at + 4), TimePoint(Duration(static_cast<int64_t>(load_u64(at + 8))))};
  }

 private:
  uint32_t run_;
};

}  // namespace kms::rtc::loadtest
