// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "kms-core/rtc/forwarding/audio_level_meter.hpp"

namespace kms::rtc {

// A group of sources of sound of which n are heard at a time, the loudest of those that speak: each of these
// has one of n seats.
//   - Who comes while a seat is free takes it, speaking or not: of n or fewer all are heard.
//   - Who begins to speak takes the seat of the one that has been silent longest, a second at least, with his
//     first packet: no word is cut.
//   - When all in the seats speak, who is louder by 6 dB takes that of the least loud one, if that has had it
//     for two seconds at least.
// Decided with each packet on the RTC thread of its source, over atomics: n loads for who has no seat, none
// of another's memory for who has one.
class LoudestSources {
 public:
  static constexpr std::chrono::milliseconds kSilent{1000};
  static constexpr std::chrono::milliseconds kTerm{2000};
  static constexpr float kLouder = 4;  // in power

  explicit LoudestSources(size_t n) : seats_(n) {}

 private:
  struct alignas(64) Seat {
    std::atomic<uint64_t> holder = 0;  // 0: free
    // Of its holder, for those who would like to have it.
    std::atomic<float> loudness = 0;
    std::atomic<TimePoint> spoke_at{};
    std::atomic<TimePoint> since{};
  };

 public:
  // One source's part; lives on its RTC thread.
  class Candidate {
   public:
    explicit Candidate(std::shared_ptr<LoudestSources> group)
        : group_(std::move(group)), id_(++group_->last_id_) {}
    ~Candidate() { leave(); }
    Candidate(const Candidate&) = delete;
    Candidate& operator=(const Candidate&) = delete;

    // After each packet that says how loud it is: whether the source is heard.
    bool is_heard(const AudioLevelMeter& meter, TimePoint now);
    // Nobody has taken its seat since.
    bool has_seat() const { return seat_ != nullptr && seat_->holder.load(std::memory_order_relaxed) == id_; }
    // Its seat is free; it may come again.
    void leave();

   private:
    const std::shared_ptr<LoudestSources> group_;
    const uint64_t id_;
    Seat* seat_ = nullptr;
  };

 private:
  Seat* free_seat(uint64_t id, TimePoint now);
  Seat* seat_of_another(uint64_t id, float loudness, TimePoint now);
  static bool take(Seat& seat, uint64_t from, uint64_t id, TimePoint now);

  std::atomic<uint64_t> last_id_ = 0;
  std::vector<Seat> seats_;  // as many as ever
};

}  // namespace kms::rtc
