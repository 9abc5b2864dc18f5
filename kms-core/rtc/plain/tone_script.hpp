// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/plain/tones.hpp"

namespace kms::rtc {

struct ToneOptions {
  std::string tones = {};  // 0-9, *, #, A-D; a comma is a pause of 2 s
  std::chrono::milliseconds duration{100};
  std::chrono::milliseconds gap{70};
};

// Which telephone event packets are to go out when: each tone from its beginning every 20 ms with one time
// stamp, and its end three times. One thread.
class ToneScript {
 public:
  static constexpr size_t kMost = 256;  // tones that may wait
  static constexpr std::chrono::milliseconds kInterval{20};
  static constexpr std::chrono::milliseconds kEndInterval{10};
  static constexpr int kEnds = 3;
  static constexpr std::chrono::milliseconds kPause{2000};

  struct Packet {
    uint8_t code = 0;
    bool first = false;  // of its tone
    bool end = false;
    std::chrono::milliseconds duration{};  // so far
    TimePoint due{};                       // it may be late
  };

  // Reason: TONES_INVALID; then nothing has changed.
  static Status check(const ToneOptions& options);
  // False: too many wait.
  bool add(const ToneOptions& options, TimePoint now);

  // The packet that is due, one after the other; nothing: not yet.
  std::optional<Packet> next(TimePoint now);
  // When it will be; TimePoint::max(): there is none.
  TimePoint due() const { return queue_.empty() ? TimePoint::max() : due_; }
  // Between the first packet of a tone and its last.
  bool sounds() const { return sounding_; }

 private:
  struct Step {
    std::optional<uint8_t> code;  // nothing: a pause
    std::chrono::milliseconds duration;
    std::chrono::milliseconds gap;
  };

  void end_step(TimePoint at);

  std::deque<Step> queue_;
  TimePoint due_{};
  TimePoint began_{};
  bool sounding_ = false;
  int ends_ = 0;
};

}  // namespace kms::rtc
