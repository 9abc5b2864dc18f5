// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "bench/loadtest/participant.hpp"
#include "bench/loadtest/socket_set.hpp"
#include "bench/loadtest/workplace.hpp"

namespace kms::rtc::loadtest {

// A thread with participants. Its functions may be called from any thread; answers come on its own.
class Worker {
 public:
  // Once a millisecond it sees what came and sends what is due.
  static constexpr Duration kTurn = std::chrono::milliseconds(1);

  struct Options {
    uint32_t run = 0;   // that stamps are known by
    uint64_t seed = 0;  // of what is lost
  };

  // `settings` and `dtls` outlive it. `report` is called on the thread.
  static Result<std::unique_ptr<Worker>> start(const Settings& settings, const DtlsContext& dtls,
                                               const Options& options, Participant::Report report);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void join(const ParticipantPlan& plan);
  void leave(uint64_t id);
  // What was counted so far. `anew`: latencies and pauses begin at nothing afterwards.
  void tally(bool anew, std::function<void(const Tally&)> take);

 private:
  Worker(const Settings& settings, const DtlsContext& dtls, const Options& options,
         Participant::Report report);
  Status prepare();
  TimePoint turn(TimePoint now);
  void remove_gone();
  Participant* find(uint64_t id);
  Tally tally_now() const;

  const Settings& settings_;
  const DtlsContext& dtls_;
  const Options options_;
  const Participant::Report report_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<SocketSet> sockets_;
  std::unique_ptr<SrtpEngine> engine_;
  std::unique_ptr<Workplace> place_;
  std::vector<std::unique_ptr<Participant>> participants_;
  Tally ended_;  // of those that are gone
  TimePoint last_turn_ = TimePoint::max();
  std::thread thread_;
};

}  // namespace kms::rtc::loadtest
