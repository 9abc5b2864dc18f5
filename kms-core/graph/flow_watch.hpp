// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "kms-core/base/guard.hpp"
#include "kms-core/graph/links.hpp"

namespace kms::graph {

// Knows where media flows: MediaFlowing at the first frame of a port, MediaNotFlowing after two seconds
// without, and bit rates over the last two seconds. Control loop; tick() once a second.
class FlowWatch {
 public:
  // Begins to watch the ports of an element; before media can flow there.
  void add(Slot& slot);
  void remove(const Slot& slot);
  void tick();

  bool flowing(const PortRef& port, Direction direction) const;
  // Bits per second that went through a port.
  uint64_t bitrate_bps(const PortRef& port, Direction direction) const;

 private:
  struct Key {
    PortRef port;
    Direction direction;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    Slot* slot;
    MediaKind kind;
    std::function<uint64_t()> bytes;    // since the beginning
    std::function<void()> rest;         // tell us again about the next frame
    std::deque<uint64_t> history = {};  // bytes at the last ticks, oldest first
    bool flowing = false;
  };
  template <typename Media>
  void watch(Slot& slot, const Key& key, MediaKind kind, const std::shared_ptr<Media>& media);
  void started(const Key& key);
  static void tell(const Key& key, const Entry& entry);

  std::map<Key, Entry> entries_;
  Guard guard_;
};

}  // namespace kms::graph
