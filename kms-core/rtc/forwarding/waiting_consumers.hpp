// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/rtc/forwarding/consumer_record.hpp"

namespace kms::rtc {

class Fanout;

// The consumers on one RTC thread whose packets wait for room on their peers' ways (Pacer), in the order in
// which they began to. Each goes on until it has sent what was there at that time; what came meanwhile takes
// its turn behind the others. The packets are in the fan-outs' rings.
class WaitingConsumers {
 public:
  // One more consumer, or one less, that may have to wait. Allocates, so that nothing else has to.
  void join();
  void leave() { --joined_; }

  // Until send() finds that nothing waits any more, or remove().
  void add(Fanout& fanout, ConsumerId id, SendEstimator& estimator, uint64_t until);
  void remove(const Fanout& fanout, ConsumerId id);
  void rename(const Fanout& fanout, ConsumerId id, ConsumerId to);

  // Sends what there is room for, and what has waited too long. Gives when to be called again;
  // TimePoint::max(): nobody waits.
  TimePoint send(TimePoint now);

 private:
  struct Turn {
    Fanout* fanout;
    ConsumerId id;
    SendEstimator* estimator;
    uint64_t until;  // an index of the source
    bool is(const Fanout& of, ConsumerId consumer) const { return fanout == &of && id == consumer; }
  };
  std::vector<Turn> turns_;
  size_t joined_ = 0;
};

}  // namespace kms::rtc
