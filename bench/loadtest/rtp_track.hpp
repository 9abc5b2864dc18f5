// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/rtcp/rtcp_types.hpp"
#include "kms-core/rtc/rtp/extension_id_map.hpp"
#include "kms-core/rtc/wire/clock.hpp"

namespace kms::rtc::loadtest {

// A packet in the clear, ready to be sealed.
struct PlainRtp {
  Bytes bytes;
  size_t header_size = 0;
  uint64_t index = 0;  // sequence number with its wraps
};

// One stream that a publisher sends: makes its packets, keeps the last ones and repeats them (RFC 4588).
class RtpTrack {
 public:
  static constexpr size_t kMaxPayload = 1120;
  static constexpr size_t kKept = 256;
  static constexpr Duration kLeastBetweenRepeats = std::chrono::milliseconds(10);

  struct Options {
    uint32_t ssrc = 0;
    uint8_t payload_type = 0;
    uint32_t clock_rate = 90000;
    std::string mid = {};
    std::string rid = {};
    ExtensionIdMap extensions = {};
    uint32_t rtx_ssrc = 0;
    uint8_t rtx_payload_type = 0;  // 0: what is asked for is sent again as it was
    bool repeats = false;
    uint16_t* transport_sequence = nullptr;  // of the next packet; shared by all tracks of a connection
  };
  // In pieces; all together at most kMaxPayload bytes.
  struct Payload {
    Bytes head;
    Bytes body;
    Bytes tail;
  };

  RtpTrack(const Options& options, uint16_t first_sequence);

  // The next packet; valid until the next call.
  PlainRtp make(const Payload& payload, uint32_t timestamp, bool marker);
  // One that was lost. Nothing if it is too old, or was repeated just now.
  std::optional<PlainRtp> repeat(uint16_t sequence, TimePoint now);

  uint32_t ssrc() const { return options_.ssrc; }
  // What a sender report says about packets so far.
  SenderInfo report() const { return {.ssrc = options_.ssrc, .packets = packets_, .octets = octets_}; }

 private:
  static constexpr size_t kMaxPacket = 1280;
  struct Kept {
    std::array<uint8_t, kMaxPacket> bytes;
    size_t size = 0;  // 0: none yet
    uint64_t index = 0;
    TimePoint repeated{};
  };

  void write_header();
  void number_transport(MutableBytes packet) const;
  Kept& slot_of(uint64_t index) { return kept_[index & (kept_.size() - 1)]; }

  Options options_;
  std::vector<uint8_t> header_;
  size_t rid_at_ = 0;        // of its element in the header; 0: none
  size_t transport_at_ = 0;  // of its value
  std::vector<Kept> kept_;
  std::array<uint8_t, kMaxPacket> repeated_{};
  uint64_t index_;
  uint64_t rtx_index_ = 1;
  uint32_t packets_ = 0;
  uint32_t octets_ = 0;
};

}  // namespace kms::rtc::loadtest
