// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/test_layers.hpp"

#include <algorithm>

#include "kms-core/rtc/rtp/layer_marks.hpp"

namespace kms::rtc::test {
namespace {

constexpr int kPeriod = 8;
constexpr int kTemporal[kPeriod] = {0, 2, 1, 2, 0, 2, 1, 2};
constexpr size_t kTrailer = 8 + 4 * 4;  // frame, part, parts, temporal layer, count, and what it uses
constexpr uint32_t kLayers = 8;         // a frame is its picture's number times this, and its spatial layer

}  // namespace

struct LayeredStream::Frame {
  bool key = false;
  int spatial = 0;
  int temporal = 0;
  bool fresh = false;  // uses only the base, or so does what follows above it
};

// By layers, of this picture or of earlier ones.
std::vector<uint32_t> LayeredStream::uses(const Frame& frame) const {
  std::vector<uint32_t> all;
  const auto of = [&](uint32_t picture) { return picture * kLayers + static_cast<uint32_t>(frame.spatial); };
  if (frame.spatial > 0 && (frame.key || !options_.key_only)) all.push_back(of(picture_) - 1);
  if (frame.key) return all;
  all.push_back(of(last_.at(0)));
  const bool first = position_ == 1 || position_ == 2;
  if (frame.temporal > 0 && !first) all.push_back(of(last_.at(1)));
  return all;
}

std::vector<LayeredStream::Piece> LayeredStream::next(bool key) {
  ++picture_;
  position_ = key ? 0 : (position_ + 1) % kPeriod;
  const int temporal = kTemporal[position_];
  if (temporal == 0) ++base_;
  std::vector<Piece> pieces;
  for (int spatial = 0; spatial < options_.spatial; ++spatial) {
    const bool vp8_sync = position_ == 1 || position_ == 2;
    const bool fresh = options_.codec == Codec::kVp8 ? vp8_sync : position_ != 4;
    add(pieces, {key, spatial, temporal, fresh});
  }
  pieces.back().marker = true;
  last_[temporal] = picture_;
  return pieces;
}

void LayeredStream::add(std::vector<Piece>& to, const Frame& frame) {
  const auto all = uses(frame);
  for (size_t part = 0; part < options_.packets; ++part) {
    const bool begins = part == 0;
    auto payload = descriptor_of(frame, begins, part + 1 == options_.packets);
    payload.resize(payload.size() + (options_.size << frame.spatial), 0x55);
    auto* at = payload.data() + payload.size() - kTrailer;
    store_u32(at, picture_ * kLayers + static_cast<uint32_t>(frame.spatial));
    at[4] = static_cast<uint8_t>(part);
    at[5] = static_cast<uint8_t>(options_.packets);
    at[6] = static_cast<uint8_t>(frame.temporal);
    at[7] = static_cast<uint8_t>(all.size());
    for (size_t i = 0; i < all.size(); ++i) store_u32(at + 8 + 4 * i, all[i]);
    to.push_back({std::move(payload), false, begins && frame.key && frame.spatial == 0, frame.spatial,
                  frame.temporal});
  }
}

std::vector<uint8_t> LayeredStream::descriptor_of(const Frame& frame, bool begins, bool ends) const {
  if (options_.codec == Codec::kVp9) return vp9_descriptor_of(frame, begins, ends);
  const auto head = static_cast<uint8_t>(0x80 | (begins ? 0x10 : 0));
  const auto layer = static_cast<uint8_t>(frame.temporal << 6 | (frame.fresh ? 0x20 : 0));
  std::vector<uint8_t> out{
      head,  0xe0, static_cast<uint8_t>(0x80 | (picture_ >> 8 & 0x7f)), static_cast<uint8_t>(picture_),
      base_, layer};
  out.push_back(frame.key ? 0 : 1);  // VP8's own: not a key frame
  const uint8_t key_start[] = {0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00};
  if (begins && frame.key) out.insert(out.end(), std::begin(key_start), std::end(key_start));
  return out;
}

std::vector<uint8_t> LayeredStream::vp9_descriptor_of(const Frame& frame, bool begins, bool ends) const {
  const bool lower = frame.spatial > 0 && (frame.key || !options_.key_only);
  const int flags = 0xa0 | (frame.key ? 0 : 0x40) | (options_.flexible ? 0x10 : 0) | (begins ? 0x08 : 0) |
                    (ends ? 0x04 : 0);
  std::vector<uint8_t> out{static_cast<uint8_t>(flags), static_cast<uint8_t>(0x80 | (picture_ >> 8 & 0x7f)),
                           static_cast<uint8_t>(picture_),
                           static_cast<uint8_t>(frame.temporal << 5 | (frame.fresh ? 0x10 : 0) |
                                                frame.spatial << 1 | (lower ? 1 : 0))};
  if (!options_.flexible) out.push_back(base_);
  if (!options_.flexible || frame.key) return out;
  for (const auto used : uses(frame)) {
    if (used / kLayers != picture_) out.push_back(static_cast<uint8_t>((picture_ - used / kLayers) << 1 | 1));
  }
  out.back() &= 0xfe;
  return out;
}

PacketRef packet_of(const LayeredStream::Piece& piece, Codec codec, PacketPool& pool) {
  auto packet = pool.acquire();
  packet->marker = piece.marker;
  packet->starts_key_frame = piece.key_frame;
  packet->payload_size = packet->media_size = static_cast<uint16_t>(piece.payload.size());
  std::copy(piece.payload.begin(), piece.payload.end(), packet->bytes.begin());
  packet->layers = LayerMarks::of(codec, packet->payload());
  return packet;
}

void LayerChecker::take(uint64_t number, uint32_t timestamp, bool marker, Bytes payload) {
  if (packets_.contains(number)) twice_ = "number " + std::to_string(number) + " came twice";
  if (payload.size() < kTrailer) {
    packets_[number] = {timestamp, marker, 0};
    return;
  }
  const auto marks = LayerMarks::of(codec_, payload);
  const auto* at = payload.data() + payload.size() - kTrailer;
  const auto id = load_u32(at);
  packets_[number] = {timestamp, marker, id};
  auto& frame = frames_[id];
  frame.parts.insert(at[4]);
  frame.size = at[5];
  frame.spatial = static_cast<int>(id % kLayers);
  frame.temporal = at[6];
  frame.picture_id = marks.picture_id;
  frame.uses.clear();
  for (size_t i = 0; i < at[7]; ++i) frame.uses.push_back(load_u32(at + 8 + 4 * i));
}

std::string LayerChecker::fault() const {
  if (!twice_.empty()) return twice_;
  for (const auto& found : {numbers_fault(), frames_fault(), pictures_fault()}) {
    if (!found.empty()) return found;
  }
  return {};
}

std::string LayerChecker::numbers_fault() const {
  for (auto at = packets_.begin(); at != packets_.end() && std::next(at) != packets_.end(); ++at) {
    const auto [number, after] = *std::next(at);
    if (number != at->first + 1) return "nothing behind number " + std::to_string(at->first);
    const bool ends = after.timestamp != at->second.timestamp;
    const bool media = after.frame != 0 && at->second.frame != 0;
    if (media && ends != at->second.marker) return "a wrong marker at number " + std::to_string(at->first);
  }
  return {};
}

std::string LayerChecker::frames_fault() const {
  for (const auto& [id, frame] : frames_) {
    const bool last = id / kLayers == frames_.rbegin()->first / kLayers;
    const auto name = "frame " + std::to_string(id);
    if (frame.parts.size() != frame.size && !last) return name + " has holes";
    for (const auto used : frame.uses) {
      const auto found = frames_.find(used);
      if (found == frames_.end() || found->second.parts.size() != found->second.size)
        return name + " uses " + std::to_string(used);
    }
  }
  return {};
}

// Chromium waits for missing numbers of VP8.
std::string LayerChecker::pictures_fault() const {
  if (codec_ != Codec::kVp8) return {};
  for (auto at = frames_.begin(); at != frames_.end() && std::next(at) != frames_.end(); ++at) {
    const auto next = std::next(at)->second.picture_id;
    if (next != ((at->second.picture_id + 1) & 0x7fff)) return "no picture before " + std::to_string(next);
  }
  return {};
}

size_t LayerChecker::frames(int spatial, int temporal) const {
  return static_cast<size_t>(std::ranges::count_if(frames_, [&](const auto& entry) {
    const auto& frame = entry.second;
    return frame.spatial == spatial && frame.temporal == temporal && frame.parts.size() == frame.size;
  }));
}

}  // namespace kms::rtc::test
