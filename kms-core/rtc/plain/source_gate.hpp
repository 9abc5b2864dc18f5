// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/net/socket_address.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

// From where the RTP of one m-line may come, and where that may draw ours (symmetric RTP, RFC 4961). Whoever
// sends kProof packets in sequence has proved himself and keeps others out while he is heard; only within
// kLearnTime of a description is his address one to learn. What proves authentic under a key is let in from
// anywhere. Lives on the RTC thread.
class SourceGate {
 public:
  static constexpr int kProof = 3;
  static constexpr Duration kLearnTime = std::chrono::seconds(5);
  static constexpr Duration kSilence = std::chrono::seconds(2);

  struct Sign {
    SocketAddress from;
    uint32_t ssrc = 0;
    uint16_t sequence = 0;
  };

  // A description says where the peer is; nothing: it does not. From now on for a while his address can be
  // learnt. One that says the same as before, to hold a call or to resume it, gives nobody the place of
  // whoever is being heard.
  void describe(const std::optional<SocketAddress>& remote, TimePoint now);
  // Whether a packet in the clear is to be looked at further.
  bool admits(const Sign& sign, TimePoint now);
  // One was good in all respects. True if its sender has just proved himself, which he does once per
  // description, and his address may be learnt.
  bool on_good(const Sign& sign, TimePoint now);
  // He has gone: the next one is heard at once.
  void on_goodbye();
  // Whether RTCP in the clear from here is his.
  bool admits_rtcp(const SocketAddress& from) const;
  // Whoever sends to us now.
  const std::optional<SocketAddress>& current() const { return current_address_; }
  bool may_learn(TimePoint now) const { return now <= learn_until_; }

 private:
  struct Run {
    Sign last;
    int length = 0;
    TimePoint at{};
  };
  static void follow(std::optional<Run>& run, const Sign& sign, TimePoint now);
  void let_take_over(const Sign& sign, TimePoint now);

  std::optional<SocketAddress> described_;
  std::optional<SocketAddress> current_address_;
  std::optional<Run> current_;
  std::optional<Run> rival_;
  bool proved_ = false;
  bool told_ = false;  // that he has proved himself
  TimePoint learn_until_{};
};

}  // namespace kms::rtc
