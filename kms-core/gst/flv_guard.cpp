// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/flv_guard.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {
namespace {

constexpr uint8_t kNotes = 18;  // the tag's type
constexpr uint8_t kText = 2;    // AMF types
constexpr uint8_t kObject = 3;
constexpr uint8_t kArray = 8;
constexpr uint64_t kFileHead = 13;
constexpr size_t kTagRest = 11;  // of a tag's head behind type and size, and the size that follows it
constexpr size_t kTextAt = 7;    // behind type and size
// Some hundred bytes of stack each. An index of key frames, whose numbers hold such bytes by chance, has so
// many when it is of a day.
constexpr size_t kMostMarkers = 8192;

}  // namespace

bool FlvGuard::count(std::span<const uint8_t> bytes) {
  markers_ += static_cast<size_t>(std::count_if(
      bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == kObject || byte == kArray; }));
  return markers_ <= kMostMarkers;
}

void FlvGuard::read_head(uint8_t byte) {
  head_[head_size_++] = byte;
  if (head_size_ < head_.size()) return;
  head_size_ = 0;
  markers_ = 0;
  const auto size = (uint64_t{head_[1]} << 16 | uint64_t{head_[2]} << 8 | head_[3]) + kTagRest;
  (head_[0] == kNotes ? notes_ : skipped_) = size;
}

bool FlvGuard::push(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto part = static_cast<size_t>(std::min<uint64_t>(std::max(skipped_, notes_), bytes.size()));
    if (skipped_ > 0) {
      skipped_ -= part;
    } else if (notes_ > 0) {
      notes_ -= part;
      if (!count(bytes.first(part))) return false;
    } else {
      read_head(bytes.front());
    }
    bytes = bytes.subspan(std::max<size_t>(part, 1));
  }
  return true;
}

bool FlvGuard::pull(std::span<const uint8_t> bytes) {
  markers_ = 0;
  return bytes.size() <= kTextAt || bytes[kTextAt] != kText || count(bytes);
}

void FlvGuard::go_to(uint64_t position) {
  head_size_ = 0;
  notes_ = 0;
  skipped_ = position == 0 ? kFileHead : 0;
}

bool FlvGuard::look_at(GstBuffer* buffer, bool pulled) {
  GstMapInfo map;
  if (buffer == nullptr || gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE) return true;
  const std::span<const uint8_t> bytes(map.data, map.size);
  const bool good = pulled ? pull(bytes) : push(bytes);
  gst_buffer_unmap(buffer, &map);
  return good;
}

GstPadProbeReturn FlvGuard::look(GstPad*, GstPadProbeInfo* info, gpointer data) {
  auto& self = **static_cast<std::shared_ptr<FlvGuard>*>(data);
  const auto type = GST_PAD_PROBE_INFO_TYPE(info);
  if ((type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) != 0) {
    auto* event = GST_PAD_PROBE_INFO_EVENT(info);
    if (GST_EVENT_TYPE(event) != GST_EVENT_SEGMENT) return GST_PAD_PROBE_OK;
    const GstSegment* segment = nullptr;
    gst_event_parse_segment(event, &segment);
    self.go_to(segment->format == GST_FORMAT_BYTES ? segment->start : 0);
    return GST_PAD_PROBE_OK;
  }
  const bool pulled = (type & GST_PAD_PROBE_TYPE_PULL) != 0;
  if (self.look_at(GST_PAD_PROBE_INFO_BUFFER(info), pulled)) return GST_PAD_PROBE_OK;
  self.refused_();
  return GST_PAD_PROBE_DROP;
}

void FlvGuard::stand_before(GstElement* flvdemux, std::function<void()> refused) {
  auto guard = std::make_unique<std::shared_ptr<FlvGuard>>(std::make_shared<FlvGuard>());
  (*guard)->refused_ = std::move(refused);
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(flvdemux, "sink"));
  // Of buffers that are pushed and of those that are pulled: a probe that names neither way gets both.
  constexpr auto kData =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad.get(), kData, look, guard.release(), [](gpointer data) {
    const std::unique_ptr<std::shared_ptr<FlvGuard>> owned(static_cast<std::shared_ptr<FlvGuard>*>(data));
  });
}

}  // namespace kms::gst
