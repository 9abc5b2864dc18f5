// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "kms-core/rtc/wire/bytes.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// usrsctp, which is one for the process and has no sockets of its own here: packets go in and out by number.
// One thread at a time uses it and all that is made on it; SctpThread is that thread.
class SctpStack {
 public:
  // Who sends and receives packets under a number.
  class Member {
   public:
    // From within usrsctp: nothing of it may be called. The bytes are gone when it returns.
    virtual void on_output(Bytes packet) = 0;
    // From serve(): there may be something to read, or room to write.
    virtual void on_ready() = 0;

   protected:
    ~Member() = default;
  };

  // How late a retransmission or an acknowledgement may be.
  static constexpr std::chrono::milliseconds kTick{10};

  // Initialises usrsctp at the first call; it stays until the process ends.
  static SctpStack& get();
  SctpStack(const SctpStack&) = delete;
  SctpStack& operator=(const SctpStack&) = delete;

  // A number that no member had before: what comes late for a former one finds nobody.
  uintptr_t add(Member& member);
  void remove(uintptr_t number);
  bool is_empty() const { return members_.empty(); }

  // A packet for a member.
  void input(uintptr_t number, Bytes packet);
  void mark_ready(uintptr_t number) { ready_.push_back(number); }
  // The same, once run_timers() has moved the time on.
  void mark_ready_later(uintptr_t number) { ready_later_.push_back(number); }
  // Tells the members about whom usrsctp had news. To be called after all that was done with it.
  void serve();
  // Moves usrsctp's time on; call it each kTick while there are members.
  void run_timers(TimePoint now);

 private:
  SctpStack();
  void output(uintptr_t number, Bytes packet) const;

  std::unordered_map<uintptr_t, Member*> members_;
  std::vector<uintptr_t> ready_;
  std::vector<uintptr_t> ready_later_;
  uintptr_t next_ = 1;
  TimePoint timers_ran_{};
};

}  // namespace kms::rtc
