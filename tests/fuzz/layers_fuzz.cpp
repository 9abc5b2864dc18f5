// SPDX-License-Identifier: Apache-2.0
// Input: the codec, then steps behind a head of two bytes: what is wanted from here on, or how the next
// packet comes and the size of its payload, which follows.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

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
constexpr uint64_t kOffset = 1000;

void require(bool truth) {
  if (!truth) std::abort();
}

class Session {
 public:
  explicit Session(Codec codec) : codec_(codec), thinner_(codec) { thinner_.begin({next_, kOffset, {}}); }

  void want(uint8_t spatial, uint8_t temporal) { thinner_.want({spatial, temporal}); }

  void packet(uint8_t how, Bytes payload) {
    auto made = pool_.acquire();
    if (!made) return;
    made->index = next_++;
    made->marker = (how & kMarker) != 0;
    made->payload_size = static_cast<uint16_t>(payload.size());
    std::copy(payload.begin(), payload.end(), made->bytes.begin());
    made->starts_key_frame = starts_key_frame(codec_, payload);
    made->layers = LayerMarks::of(codec_, payload);
    if ((how & kLost) != 0) {
      lost_ = made;
    } else {
      take(*made);
    }
    if ((how & kRepair) != 0 && lost_) take(*std::exchange(lost_, {}));
  }

 private:
  // Each number is one packet's, they are in the order of the source, and each is found again as it was.
  void take(const Packet& packet) {
    const auto as = thinner_.take(packet);
    if (!as) return;
    const auto [at, fresh] = sent_.emplace(as->index, packet.index);
    require(fresh);
    require(at == sent_.begin() || std::prev(at)->second < packet.index);
    require(std::next(at) == sent_.end() || std::next(at)->second > packet.index);
    require(as->index <= packet.index + kOffset);
    require(thinner_.source_of(as->index) == packet.index);
    const auto again = thinner_.find(packet);
    require(again && again->index == as->index && again->empty == as->empty);
    require(again->marker == as->marker);
    require(again->pictures.picture_id == as->pictures.picture_id);
  }

  Codec codec_;
  PacketPool pool_{4096};
  LayerThinner thinner_;
  uint64_t next_ = 65'000;
  PacketRef lost_;
  std::map<uint64_t, uint64_t> sent_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader({data, size});
  Session session((reader.u8() & 1) != 0 ? Codec::kVp9 : Codec::kVp8);
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
