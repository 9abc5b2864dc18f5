// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/peer/peer_transport.hpp"
#include "kms-core/rtc/rtc.hpp"
#include "kms-core/rtc/wire/allowance.hpp"

namespace kms::rtc {

// Tells the application what becomes of a peer, each change once; where the peer changes something over and
// over, only the latest, and that some times a second. What is final is told at once. Lives on the RTC
// thread.
class PeerWatch {
 public:
  // `announced`: of the peer's RTC thread, outlives the watch.
  PeerWatch(PeerEvents events, const std::vector<TransportAddress>& announced)
      : events_(std::move(events)), announced_(announced) {}

  static constexpr std::chrono::milliseconds kPace{200};
  static constexpr int kAtOnce = 4;

  // Compares with what was told before.
  void look_at(const PeerTransport& transport, TimePoint now);
  // False if it was in that state before.
  bool tell(PeerState state, const std::string& reason, TimePoint now);
  void tell_goodbye() const {
    if (events_.on_goodbye) events_.on_goodbye();
  }
  void tell_voice() const {
    if (events_.on_voice) events_.on_voice();
  }
  void tell_wanted(const EncodingsWanted& track) const {
    if (events_.on_encodings_wanted) events_.on_encodings_wanted(track);
  }
  // Tells what had to wait.
  void tick(TimePoint now);
  // The peer's end.
  void close();

  IceTransportState ice() const { return ice_.now; }
  DtlsTransportState dtls() const { return dtls_; }
  const std::string& pair() const { return pair_.now; }
  uint64_t pair_changes() const { return pair_changes_; }

 private:
  template <typename T>
  struct Matter {
    T now{};
    T told{};
    Allowance pace{kPace, kAtOnce};

    // Whether `now` is to be told; then it has been.
    bool is_due(TimePoint at, bool final = false) {
      if (now == told || (!final && !pace.take(at))) return false;
      told = now;
      return true;
    }
  };

  void tell_ice(TimePoint now);
  void tell_pair(TimePoint now);
  void tell_state(TimePoint now);
  void tell_dtls(DtlsTransportState state);
  std::string pair_of(const Path& path) const;

  PeerEvents events_;
  const std::vector<TransportAddress>& announced_;
  Matter<PeerState> state_;
  std::string reason_;  // of state_.now
  Matter<IceTransportState> ice_;
  DtlsTransportState dtls_ = DtlsTransportState::kNew;
  Path path_;
  Matter<std::string> pair_;
  uint64_t pair_changes_ = 0;
};

}  // namespace kms::rtc
