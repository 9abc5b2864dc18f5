// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc {

struct SentPacket {
  TimePoint sent_at;
  size_t size;
  uint8_t cluster;  // of a probe; 0: none
};

// What went out on one transport lately, by transport-wide sequence number, until feedback says what became
// of it. What feedback comes too late for is forgotten, as neither lost nor arrived. A ring that begins with
// 2 KB, 256 packets, and grows to the rate: each is written once per round, so one that is larger than needed
// is never in the processor's cache. At most it has 16 KB, 2,048 packets, which are 300 ms of 65 Mbit/s.
// Lives on the peer's RTC thread.
class SentPackets {
 public:
  static constexpr size_t kFewest = 256;
  static constexpr size_t kMost = 2048;
  // Longer than feedback takes, also where a queue of a second stands on the way.
  static constexpr Duration kRemembered = std::chrono::seconds(2);
  static constexpr size_t kMostBytes = UINT16_MAX;  // of one packet; longer ones count as that long

  struct Told {
    SentPacket packet;
    bool was_lost;  // an earlier feedback said so
  };

  SentPackets() : records_(kFewest) {}

  // Gives the packet's number.
  uint16_t add(size_t size, uint8_t cluster, TimePoint now);
  // Now and then, apart from packets: allocates where they were forgotten within kRemembered.
  void make_room(TimePoint now);
  // What feedback says of a number. Nothing unless it is news of a packet that is known.
  std::optional<Told> arrived(uint16_t sequence);
  std::optional<SentPacket> lost(uint16_t sequence);
  // The number of the next packet; before it go as many as were sent so far, or kept().
  uint16_t next() const { return next_; }
  // How many are remembered, once they have been sent.
  size_t kept() const { return records_.size(); }

 private:
  enum class Fate : uint8_t { kUnknown, kLost, kArrived };
  struct Record {
    uint32_t sent_us;  // since an hour ago at most: it wraps around
    uint16_t size;
    uint8_t cluster;
    Fate fate;
  };

  Record* find(uint16_t sequence);
  Record& at(uint16_t sequence) { return records_[sequence & (records_.size() - 1)]; }
  SentPacket packet(const Record& record) const;

  std::vector<Record> records_;  // a power of two
  size_t count_ = 0;             // of records in use
  uint16_t next_ = 1;
  TimePoint latest_{};
};

}  // namespace kms::rtc
