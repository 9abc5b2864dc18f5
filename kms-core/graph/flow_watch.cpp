// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/flow_watch.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/inlet.hpp"

namespace kms::graph {
namespace {

// Two ticks, as nearly as timers fire: what is seen of a loop that was held up is not judged before.
constexpr std::chrono::milliseconds kWindow{1950};
constexpr unsigned kPatience = 30 * 20;  // looks, that is half a minute

template <typename FlowEvent>
void fill(FlowEvent& event, const std::string& port, Direction direction, MediaKind kind) {
  event.set_port(port);
  event.set_direction(direction);
  event.set_kind(kind);
}

uint64_t bytes_of(const gst::FanOut& media) { return media.bytes(); }
uint64_t bytes_of(const gst::Inlet& media) { return media.stats().bytes; }

// What goes through a port on the RTP plane now, or as data: what came of a source, or what a sink sent on of
// it.
struct Packets {
  uint64_t id = 0;  // the source's; zero: nothing
  uint64_t packets = 0;
  uint64_t bytes = 0;
  bool ended = false;     // the source said goodbye
  uint64_t withheld = 0;  // of a sink that gets none since others are louder: packets of its source
};

// Nothing before the first message: it may be hours until it comes, and nobody should look for it meanwhile.
Packets data_at(const rtc::DataSource& source, uint64_t messages, uint64_t bytes) {
  return {messages == 0 ? 0 : source.id(), messages, bytes, false};
}

Packets at_source(const SourcePort* port) {
  if (port != nullptr && port->data) return data_at(*port->data, port->data->messages(), port->data->bytes());
  if (port == nullptr || !port->packets) return {};
  const auto came = port->packets->whole_track();
  return {port->packets->id(), came.packets, came.bytes, came.ended};
}

Packets at_sink(const SinkPort* port) {
  if (port != nullptr && port->data && port->data->source()) {
    const auto sent = port->data->sent();
    return data_at(*port->data->source(), sent.messages, sent.bytes);
  }
  if (port == nullptr || !port->packets || !port->packets->source()) return {};
  const auto sent = port->packets->sent();
  const auto source = port->packets->source();
  return {source->id(), sent.packets, sent.bytes, source->whole_track().ended,
          source->withheld() ? source->packets() : 0};
}

Packets packets_at(const Slot& slot, const std::string& port, Direction direction) {
  return direction == v1::DIRECTION_SOURCE ? at_source(slot.source(port)) : at_sink(slot.sink(port));
}

bool is_there(const Slot& slot, const std::string& port, Direction direction) {
  return direction == v1::DIRECTION_SOURCE ? slot.source(port) != nullptr : slot.sink(port) != nullptr;
}

}  // namespace

template <typename Media>
void FlowWatch::listen(const Key& key, const std::shared_ptr<Media>& media) {
  if (!media) return;
  auto& entry = entries_.at(key);
  entry.media_bytes = [media, others = std::move(entry.media_bytes)] {
    return bytes_of(*media) + (others ? others() : 0);
  };
  entry.rest = [media, others = std::move(entry.rest)] {
    media->rest();
    if (others) others();
  };
  // Called on a streaming thread, which only posts.
  media->on_active(
      [loop = &entry.slot->loop(), told = guard_.wrap([this, key] { started(key); })] { loop->post(told); });
}

template <typename Port>
void FlowWatch::watch_ports(Slot& slot, const std::vector<Port>& ports, Direction direction) {
  for (const auto& port : ports) {
    const Key key{{slot.id(), port.name}, direction};
    if (!entries_.try_emplace(key, Entry{&slot, port.kind}).second) continue;
    listen(key, port.media);
    if constexpr (std::is_same_v<Port, SourcePort>) listen(key, port.raw);
  }
}

void FlowWatch::add(Slot& slot) {
  watch_ports(slot, slot.element().ports().sources, v1::DIRECTION_SOURCE);
  watch_ports(slot, slot.element().ports().sinks, v1::DIRECTION_SINK);
}

void FlowWatch::remove(const Slot& slot) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.slot == &slot; });
}

void FlowWatch::follow_ports(Slot& slot) {
  std::erase_if(entries_, [&](const auto& entry) {
    const auto& key = entry.first;
    return entry.second.slot == &slot && !is_there(slot, key.port.port, key.direction);
  });
  add(slot);
}

void FlowWatch::started(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.flowing) return;
  found->second.flowing = true;
  tell(key, found->second);
}

void FlowWatch::stopped(const Key& key, Entry& entry) {
  entry.flowing = false;
  if (entry.rest) entry.rest();
  tell(key, entry);
}

void FlowWatch::look_at(const Key& key, Entry& entry) {
  const auto now = packets_at(*entry.slot, key.port.port, key.direction);
  if (now.id != std::exchange(entry.source, now.id)) {
    entry.looks_left = now.id != 0 ? kPatience : 0;
    entry.packets = now.packets;
  }
  if (entry.looks_left > 0) --entry.looks_left;
  const bool more = now.packets != std::exchange(entry.packets, now.packets);
  if (now.ended) {
    if (!entry.flowing) return;
    entry.looks_left = kPatience;
    stopped(key, entry);
  } else if (more) {
    entry.looks_left = 0;
    started(key);
  }
}

void FlowWatch::look() {
  for (auto& [key, entry] : entries_) look_at(key, entry);
}

bool FlowWatch::expects_packets() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const auto& each) {
    const auto& [key, entry] = each;
    const auto now = packets_at(*entry.slot, key.port.port, key.direction);
    return entry.looks_left > 0 || (now.id != 0 && now.id != entry.source);
  });
}

void FlowWatch::tick(Clock::time_point now) {
  look();
  for (auto& [key, entry] : entries_) {
    const auto packets = packets_at(*entry.slot, key.port.port, key.direction);
    const auto bytes = (entry.media_bytes ? entry.media_bytes() : 0) + packets.bytes;
    auto& history = entry.history;
    if (!history.empty() && bytes < history.back().bytes) history.clear();  // another source's packets
    history.push_back({now, bytes});
    while (history.size() > 2 && now - history[1].at >= kWindow) history.erase(history.begin());
    const bool full = now - history.front().at >= kWindow;
    const bool withheld = packets.withheld != std::exchange(entry.withheld, packets.withheld);
    if (!entry.flowing || !full || bytes != history.front().bytes || withheld) continue;
    stopped(key, entry);
  }
}

void FlowWatch::tell(const Key& key, const Entry& entry) {
  auto event = entry.slot->event();
  if (entry.flowing) {
    fill(*event.mutable_media_flowing(), key.port.port, key.direction, entry.kind);
  } else {
    fill(*event.mutable_media_not_flowing(), key.port.port, key.direction, entry.kind);
  }
  entry.slot->send(std::move(event));
}

bool FlowWatch::flowing(const PortRef& port, Direction direction) const {
  const auto found = entries_.find({port, direction});
  return found != entries_.end() && found->second.flowing;
}

uint64_t FlowWatch::bitrate_bps(const PortRef& port, Direction direction) const {
  const auto found = entries_.find({port, direction});
  if (found == entries_.end() || found->second.history.size() < 2) return 0;
  const auto& history = found->second.history;
  const auto bytes = history.back().bytes - history.front().bytes;
  const std::chrono::duration<double> time = history.back().at - history.front().at;
  return static_cast<uint64_t>(static_cast<double>(bytes) * 8 / time.count());
}

}  // namespace kms::graph
