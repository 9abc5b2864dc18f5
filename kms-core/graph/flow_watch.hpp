// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "kms-core/base/guard.hpp"
#include "kms-core/graph/links.hpp"

namespace kms::graph {

// Knows where media flows: MediaFlowing at the first frame or packet of a port, MediaNotFlowing after two
// seconds without or when a source of packets ends, and bit rates over the last two seconds. Control loop;
// tick() once a second, or later where the loop was held up.
class FlowWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // Begins to watch the ports of an element; before media can flow there.
  void add(Slot& slot);
  void remove(const Slot& slot);
  // Ports of an element that is watched came or went.
  void follow_ports(Slot& slot);
  void tick(Clock::time_point now = Clock::now());

  // Packets tell nobody that they are the first: look() looks, often, while expects_packets(), which is for
  // some time after a port got another way on the RTP plane, or its source ended.
  void look();
  bool expects_packets() const;

  bool flowing(const PortRef& port, Direction direction) const;
  // Bits per second that went through a port.
  uint64_t bitrate_bps(const PortRef& port, Direction direction) const;

 private:
  struct Key {
    PortRef port;
    Direction direction;
    auto operator<=>(const Key&) const = default;
  };
  struct Sample {
    Clock::time_point at;
    uint64_t bytes;  // since the beginning
  };
  struct Entry {
    Slot* slot;
    MediaKind kind;
    std::function<uint64_t()> media_bytes = {};  // since the beginning; none: not on the media plane
    std::function<void()> rest = {};             // tell us again about the next frame
    std::vector<Sample> history = {};            // of the last few ticks, oldest first
    bool flowing = false;
    uint64_t source = 0;    // id of the one whose packets are counted
    uint64_t packets = 0;   // of it, at the last look
    uint64_t withheld = 0;  // likewise, at the last tick: what came of the source and was not sent on
    unsigned looks_left = 0;
  };
  template <typename Port>
  void watch_ports(Slot& slot, const std::vector<Port>& ports, Direction direction);
  template <typename Media>
  void listen(const Key& key, const std::shared_ptr<Media>& media);
  void started(const Key& key);
  void stopped(const Key& key, Entry& entry);
  void look_at(const Key& key, Entry& entry);
  static void tell(const Key& key, const Entry& entry);

  std::map<Key, Entry> entries_;
  Guard guard_;
};

}  // namespace kms::graph
