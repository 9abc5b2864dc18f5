// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/forwarding/source_stream.hpp"
#include "kms-core/rtc/rtp/extension_id_map.hpp"
#include "kms-core/rtc/rtp/red.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/srtp/srtp_opener.hpp"

namespace kms::rtc {

// One stream that a peer's SDP lets us expect: an m-line, or one rid of it.
struct ReceiveLine {
  std::string mid;
  std::string rid;  // empty without simulcast
  Codec codec = Codec::kOpus;
  std::string parameters;  // of the codec, as in a=fmtp
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;  // 0: none
  bool nack = false;
  uint32_t ssrc = 0;      // 0: not signalled
  uint32_t rtx_ssrc = 0;  // 0: not signalled
  ExtensionIdMap extensions;
  bool pli = true;  // key frames can be asked for
  // Of telephone events among the sound (RFC 4733).
  std::array<std::optional<uint8_t>, 2> tone_payload_types = {};
  uint8_t red_payload_type = 0;  // of sound that repeats what came before (RFC 2198); 0: none

  // 0 is a payload type like any other (PCMU), so that "none" has to be asked for.
  bool repairs(uint8_t type) const { return rtx_payload_type != 0 && type == rtx_payload_type; }
  bool is_tone(uint8_t type) const {
    return type != payload_type && (type == tone_payload_types[0] || type == tone_payload_types[1]);
  }
  bool is_red(uint8_t type) const { return red_payload_type != 0 && type == red_payload_type; }
  bool carries(uint8_t type) const {
    return type == payload_type || repairs(type) || is_red(type) || is_tone(type);
  }
};

// What came of a datagram that looked like RTP.
enum class RtpFate : uint8_t {
  kTaken,
  kTone,
  kHeld,  // on a line that pauses
  kMalformed,
  kForged,
  kReplayed,
  kUnknownStream,
  kTooLarge,
  kNoMemory
};

// The receiving half of a peer: from protected RTP to its source streams. SSRCs that the SDP does not name
// are placed by rid, mid or payload type, once a packet has proved authentic. Lives on the RTC thread.
class PeerReceiver {
 public:
  struct Entry {
    ReceiveLine line;
    SourceStream stream;
    uint32_t ssrc = 0;  // 0: no packet yet
    bool held = false;  // nothing may come until a later offer
    // What we asked for, packets of feedback.
    uint64_t nacks = 0;
    uint64_t plis = 0;
    // Repetitions in RED: those that were needed, and the others.
    uint64_t put_back = 0;
    uint64_t not_needed = 0;
    int64_t lost_noted = 0;  // see ThreadCounters::add_loss()
    Entry(const ReceiveLine& l, SourceId id, const SourceSettings& settings)
        : line(l), stream(id, settings) {}
  };

  // `clock`: of the peer, where that has several receivers; outlives this one. Null: an own one.
  PeerReceiver(PacketPool& pool, const HoldPolicy& hold, SenderClock* clock = nullptr)
      : pool_(pool), hold_(hold), clock_(clock ? clock : &own_clock_) {}
  PeerReceiver(const PeerReceiver&) = delete;
  PeerReceiver& operator=(const PeerReceiver&) = delete;

  // Whom the sources of sound that come from now on belong to; see SourceSettings.
  void set_loudest(std::shared_ptr<LoudestSources> loudest) { loudest_ = std::move(loudest); }
  // Adds a stream, or takes over what a later offer says about it.
  Entry& set_line(const ReceiveLine& line, SourceId id_if_new);
  // The streams that a later offer has ended: neither among `lines` nor on a line that only pauses.
  std::vector<std::unique_ptr<Entry>> take_ended(std::span<const ReceiveLine> lines,
                                                 std::span<const std::string> paused);
  // The stream that the packet went to is in `out`.
  RtpFate on_rtp(SrtpOpener& opener, Bytes packet, TimePoint now, Entry** out);
  // The transport-wide sequence number of the packet taken last; nothing if it had none.
  std::optional<uint16_t> transport_sequence() const { return transport_sequence_; }
  uint32_t media_ssrc() const { return media_ssrc_; }
  // The telephone event taken last (kTone).
  struct TonePacket {
    std::array<uint8_t, 4> payload{};
    uint32_t timestamp = 0;
  };
  const TonePacket& tone() const { return tone_; }
  // An SSRC says goodbye. False if none of our streams has come under it lately.
  bool on_goodbye(uint32_t ssrc);
  // The opener is another one now: its indices have nothing to do with those before.
  void on_new_keys();

  Entry* find_by_ssrc(uint32_t ssrc);
  const std::vector<std::unique_ptr<Entry>>& entries() const { return entries_; }

 private:
  struct Route {
    uint32_t ssrc;
    Entry* entry;
    bool rtx;
    // Added to the SSRC's own packet indices: one that takes a line over goes on above those before it.
    std::optional<uint64_t> base = std::nullopt;  // nothing before its first packet
  };

  Route* find_route(uint32_t ssrc);
  void begin(Route& route);
  void revive(Route& route, uint16_t sequence);
  // Where a stream that the SDP did not name belongs.
  Route place(const RtpView& view) const;
  bool says_mid(const RtpView& view) const;
  Entry* find_line(const RtpView& view, ExtensionKind kind) const;
  bool fill(Packet& packet, const RtpView& view, const SrtpOpener::Rtp& rtp, TimePoint now) const;
  void copy_extensions(Packet& packet, const RtpView& view, const ExtensionIdMap& ids) const;
  static RtpFate hold(Route* known);
  RtpFate take(const PacketRef& packet, uint8_t type, const Route& route);
  RtpFate take_tone(const PacketRef& packet, Entry& entry);
  RtpFate take_red(const PacketRef& packet, Entry& entry);
  size_t recover(const RedBlocks& red, const PacketRef& by, Entry& entry);
  bool restore_rtx(Packet& packet, const Entry& entry) const;
  void add_route(const Route& route);
  void drop_superseded(const Route& by);
  void retire_gone(SrtpOpener& opener);

  PacketPool& pool_;
  HoldPolicy hold_;
  SenderClock own_clock_;
  SenderClock* clock_;
  std::shared_ptr<LoudestSources> loudest_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Route> routes_;
  std::vector<uint32_t> gone_;  // SSRCs that the opener may forget
  std::optional<uint16_t> transport_sequence_;
  uint32_t media_ssrc_ = 0;
  TonePacket tone_;
};

}  // namespace kms::rtc
