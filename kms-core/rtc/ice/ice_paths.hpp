// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "kms-core/rtc/wire/clock.hpp"
#include "kms-core/rtc/wire/transport_address.hpp"

namespace kms::rtc {

// The remote addresses a peer has proved to be at (peer-reflexive candidates, RFC 8445 section 7.3.1.3) and
// the one that media goes to. Bounded: beyond kMax the path whose last check is oldest makes room.
class IcePaths {
 public:
  static constexpr size_t kMax = 8;

  struct Change {
    bool added = false;
    std::optional<TransportAddress> removed;
  };

  // A valid check came from `address`.
  Change note(const TransportAddress& address, TimePoint now);
  // The address must have been noted. True if another one was selected before.
  bool select(const TransportAddress& address);
  void remove(const TransportAddress& address);

  bool contains(const TransportAddress& address) const;
  const std::optional<TransportAddress>& selected() const { return selected_; }
  // The address that was checked last, after `since`; nothing without one.
  std::optional<TransportAddress> latest(TimePoint since) const;
  // When the last check came on the selected path; nothing without one.
  std::optional<TimePoint> selected_checked_at() const;

 private:
  struct Path {
    TransportAddress address;
    TimePoint checked_at;
  };
  std::optional<TransportAddress> make_room();

  std::vector<Path> paths_;
  std::optional<TransportAddress> selected_;
};

}  // namespace kms::rtc
