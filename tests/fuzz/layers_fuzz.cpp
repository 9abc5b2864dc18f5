// SPDX-License-Identifier: Apache-2.0
// Input: the codec and whether all layers are wanted at first, then steps behind a head of two bytes: what is
// wanted from here on, or how the next packet comes and the size of its payload, which follows.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "kms-core/rtc/forwarding/layer_thinner.hpp"
#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/rtp/key_frame.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace {

using namespace kms::rtc;

constexpr uint8_t kWant = 0x80;
constexpr uint8_t kMarker = 0x40;
constexpr uint8_t kLost = 0x20;  // comes later, if at all
constexpr uint8_t kRepair = 0x10;
constexpr uint8_t kAnew = 0x08;  // its receiver begins anew with it
constexpr uint64_t kOffset = 1000;

void require(bool truth) {
  if (!truth) std::abort();
}

// As a fan-out does: without a thinner for who wants everything, until he wants less.
class Session {
 public:
  Session(Codec codec, bool whole) : codec_(codec) {
    if (!whole) thinner_.emplace(codec).begin({next_, kOffset, {}});
  }

  void want(uint8_t spatial, uint8_t temporal) {
    if (!thinner_) thinner_.emplace(codec_).go_on({kFirst, kOffset, {}}, next_);
    thinner_->want({spatial, temporal});
    look_back(spatial * 16u + temporal);
  }

  void packet(uint8_t how, Bytes payload) {
    auto made = pool_.acquire();
    if (!made) return;
    made->index = next_;
    made->marker = (how & kMarker) != 0;
    made->payload_size = static_cast<uint16_t>(payload.size());
    std::copy(payload.begin(), payload.end(), made->bytes.begin());
    made->starts_key_frame = starts_key_frame(codec_, payload);
    made->layers = LayerMarks::of(codec_, payload);
    if ((how & kAnew) != 0) begin_anew();
    ++next_;
    if ((how & kLost) != 0) {
      lost_ = made;
    } else {
      take(made);
    }
    if ((how & kRepair) != 0 && lost_) take(std::exchange(lost_, {}));
  }

 private:
  struct Sent {
    PacketRef packet;
    Outgoing as;
    size_t at;  // how many had been taken
  };
  // A packet is at most in a gap that is left out, the first with other limits, and left out itself.
  static constexpr size_t kSurelyFound = 40;

  void begin_anew() {
    if (!thinner_) return;
    thinner_->begin({next_, thinner_->offset(), {}});
    log_.clear();
  }

  // Each number is one packet's, they are in the order of the source, and each is found again as it was.
  void take(const PacketRef& packet) {
    const auto as = thinner_ ? thinner_->take(*packet) : whole(*packet);
    ++taken_;
    if (!as) return;
    const auto [at, fresh] = sent_.emplace(as->index, packet->index);
    require(fresh);
    require(at == sent_.begin() || std::prev(at)->second < packet->index);
    require(std::next(at) == sent_.end() || std::next(at)->second > packet->index);
    require(as->index <= packet->index + kOffset);
    log_.push_back({packet, *as, taken_});
    if (thinner_) require(is_found(log_.back()));
    look_back(log_.size() * 7919);
  }

  static Outgoing whole(const Packet& packet) { return {packet.index + kOffset, {}, packet.marker, false}; }

  // Whatever came and was wanted since, a packet is found as it was sent, or, after long, not at all.
  void look_back(size_t which) {
    if (!thinner_ || log_.empty()) return;
    const auto& sent = log_[which % log_.size()];
    require(is_found(sent) || taken_ - sent.at > kSurelyFound);
  }

  bool is_found(const Sent& sent) const {
    const auto source = thinner_->source_of(sent.as.index);
    const auto again = thinner_->find(*sent.packet);
    require(source.has_value() == again.has_value());
    if (!source) return false;
    require(*source == sent.packet->index);
    require(again->index == sent.as.index && again->empty == sent.as.empty);
    require(again->marker == sent.as.marker);
    require(again->pictures.picture_id == sent.as.pictures.picture_id);
    return true;
  }

  static constexpr uint64_t kFirst = 65'000;

  Codec codec_;
  PacketPool pool_{4096};
  std::optional<LayerThinner> thinner_;
  uint64_t next_ = kFirst;
  PacketRef lost_;
  std::map<uint64_t, uint64_t> sent_;
  std::vector<Sent> log_;  // since it began
  size_t taken_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader({data, size});
  const uint8_t kind = reader.u8();
  Session session((kind & 1) != 0 ? Codec::kVp9 : Codec::kVp8, (kind & 2) != 0);
  while (reader.left() >= 2) {
    const uint8_t how = reader.u8();
    const uint8_t what = reader.u8();
    if ((how & kWant) != 0) {
      session.want(what >> 4, what & 0x0f);
    } else {
      session.packet(how, reader.bytes(std::min<size_t>(what, reader.left())));
    }
  }
  return 0;
}
