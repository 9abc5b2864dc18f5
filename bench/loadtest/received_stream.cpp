// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/received_stream.hpp"

#include <algorithm>

namespace kms::rtc::loadtest {

StreamTotals& StreamTotals::operator+=(const StreamTotals& other) {
  expected += other.expected;
  received += other.received;
  repaired += other.repaired;
  waiting += other.waiting;
  duplicates += other.duplicates;
  return *this;
}

StreamTotals StreamTotals::since(const StreamTotals& before) const {
  StreamTotals difference = *this;
  difference.expected -= before.expected;
  difference.received -= before.received;
  difference.repaired -= before.repaired;
  difference.waiting -= before.waiting;
  difference.duplicates -= before.duplicates;
  return difference;
}

void ReceivedStream::advance_to(int64_t index) {
  for (auto i = std::max(highest_ + 1, index - kWindow + 1); i <= index; ++i) here_.reset(slot_of(i));
  highest_ = index;
}

bool ReceivedStream::on_packet(uint16_t sequence, bool repaired) {
  const bool begins = !unwrapper_.started();
  const auto index = unwrapper_.unwrap(sequence);
  if (begins) first_ = index;
  if (begins) highest_ = index - 1;
  if (index < first_) return false;
  if (index > highest_) advance_to(index);
  const bool known = index <= highest_ - kWindow || here_.test(slot_of(index));
  ++(known ? totals_.duplicates : repaired ? totals_.repaired : totals_.received);
  if (!known) here_.set(slot_of(index));
  return !known;
}

StreamTotals ReceivedStream::totals() const {
  auto totals = totals_;
  totals.expected = static_cast<uint64_t>(unwrapper_.started() ? highest_ - first_ + 1 : 0);
  return totals;
}

}  // namespace kms::rtc::loadtest
