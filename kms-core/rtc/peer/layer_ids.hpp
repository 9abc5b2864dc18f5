// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/forwarding/consumer_record.hpp"

namespace kms::rtc {

// Unique on a thread among those that live: of a peer's 2^32 consumers, one after the other, and of 2^31
// peers.
constexpr ConsumerId consumer_id(uint64_t peer, uint64_t number) {
  constexpr uint64_t kPeers = 0x7fff'ffff;
  constexpr uint64_t kNumbers = 0xffff'ffff;
  return (peer & kPeers) << 32 | (number & kNumbers);
}

// A consumer that changes from one encoding to another is both for a while: under two ids in turn, which
// differ in a bit that no id of an application's consumer has.
inline constexpr ConsumerId kOtherLayer = ConsumerId{1} << 63;

constexpr ConsumerId other_of(ConsumerId id) { return id ^ kOtherLayer; }
constexpr bool is_same(ConsumerId a, ConsumerId b) {
  return a != 0 && (a | kOtherLayer) == (b | kOtherLayer);
}

}  // namespace kms::rtc
