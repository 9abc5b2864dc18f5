// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/layer_choice.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace kms::rtc {
namespace {

constexpr double kKeep = 1.15;  // of what there is
constexpr double kRise = 0.9;

constexpr size_t kNone = LayerStream::kMostLayers;

// The first that comes from `from` on, no higher than `to`.
size_t first_alive(const LayerStream& stream, size_t from, size_t to) {
  for (size_t i = from; i < stream.count && i <= to; ++i) {
    if (stream.layers[i].alive) return i;
  }
  return kNone;
}

size_t smallest(const LayerStream& stream) {
  if (stream.stays) return stream.now;
  const size_t layer = first_alive(stream, 0, stream.most);
  return layer == kNone ? std::min(stream.now, stream.most) : layer;
}

// Takes the next layer of a stream if that fits. `used`: by all of them.
bool raise(LayerStream& stream, double available_bps, double& used) {
  if (stream.stays) return false;
  const size_t next = first_alive(stream, stream.chosen + 1, std::min(stream.preferred, stream.most));
  if (next == kNone) return false;
  const bool unknown = stream.layers[next].bps <= 0 && !std::isinf(available_bps);
  if (unknown) return false;
  const bool has_it = next <= stream.now;
  if (!has_it && !stream.may_rise) return false;
  const double then = used + stream.layers[next].bps - stream.layers[stream.chosen].bps;
  if (then > available_bps * (has_it ? kKeep : kRise)) return false;
  used = then;
  stream.chosen = next;
  return true;
}

// By one layer each, where that fits.
bool raise_all(std::span<LayerStream> streams, uint32_t priority, double available_bps, double& used) {
  bool risen = false;
  for (auto& stream : streams) {
    if (stream.priority == priority) risen = raise(stream, available_bps, used) || risen;
  }
  return risen;
}

// The greatest one below `before`.
std::optional<uint32_t> next_priority(std::span<const LayerStream> streams, std::optional<uint32_t> before) {
  std::optional<uint32_t> found;
  for (const auto& stream : streams) {
    if (before && stream.priority >= *before) continue;
    found = std::max(found.value_or(stream.priority), stream.priority);
  }
  return found;
}

}  // namespace

void choose_layers(std::span<LayerStream> streams, double available_bps) {
  double used = 0;
  for (auto& stream : streams) {
    stream.chosen = smallest(stream);
    used += stream.layers[stream.chosen].bps;
  }
  for (auto priority = next_priority(streams, {}); priority; priority = next_priority(streams, priority)) {
    while (raise_all(streams, *priority, available_bps, used)) {
    }
  }
}

}  // namespace kms::rtc
