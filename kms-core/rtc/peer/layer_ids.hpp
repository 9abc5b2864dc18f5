// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/forwarding/consumer_record.hpp"

namespace kms::rtc {

// A consumer that changes from one encoding to another is both for a while: under two ids in turn, which
// differ in a bit that no id of an application's consumer has.
inline constexpr ConsumerId kOtherLayer = ConsumerId{1} << 63;

constexpr ConsumerId other_of(ConsumerId id) { return id ^ kOtherLayer; }
constexpr bool is_same(ConsumerId a, ConsumerId b) {
  return a != 0 && (a | kOtherLayer) == (b | kOtherLayer);
}

}  // namespace kms::rtc
