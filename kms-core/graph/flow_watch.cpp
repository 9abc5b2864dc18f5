// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/flow_watch.hpp"

#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/inlet.hpp"

namespace kms::graph {
namespace {

constexpr size_t kWindow = 2;  // ticks, that is seconds

template <typename FlowEvent>
void fill(FlowEvent& event, const std::string& port, Direction direction, MediaKind kind) {
  event.set_port(port);
  event.set_direction(direction);
  event.set_kind(kind);
}

uint64_t bytes_of(const gst::FanOut& media) { return media.bytes(); }
uint64_t bytes_of(const gst::Inlet& media) { return media.stats().bytes; }

}  // namespace

template <typename Media>
void FlowWatch::watch(Slot& slot, const Key& key, MediaKind kind, const std::shared_ptr<Media>& media) {
  if (!media) return;
  entries_[key] = Entry{&slot, kind, [media] { return bytes_of(*media); }, [media] { media->rest(); }};
  // Called on a streaming thread, which only posts.
  media->on_active(
      [loop = &slot.loop(), told = guard_.wrap([this, key] { started(key); })] { loop->post(told); });
}

void FlowWatch::add(Slot& slot) {
  for (const auto& port : slot.element().ports().sources) {
    watch(slot, {{slot.id(), port.name}, v1::DIRECTION_SOURCE}, port.kind, port.media);
  }
  for (const auto& port : slot.element().ports().sinks) {
    watch(slot, {{slot.id(), port.name}, v1::DIRECTION_SINK}, port.kind, port.media);
  }
}

void FlowWatch::remove(const Slot& slot) {
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.slot == &slot; });
}

void FlowWatch::started(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.flowing) return;
  found->second.flowing = true;
  tell(key, found->second);
}

void FlowWatch::tick() {
  for (auto& [key, entry] : entries_) {
    entry.history.push_back(entry.bytes());
    if (entry.history.size() > kWindow + 1) entry.history.pop_front();
    const bool full = entry.history.size() == kWindow + 1;
    if (!entry.flowing || !full || entry.history.back() != entry.history.front()) continue;
    entry.flowing = false;
    entry.rest();
    tell(key, entry);
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
  return (history.back() - history.front()) * 8 / (history.size() - 1);
}

}  // namespace kms::graph
