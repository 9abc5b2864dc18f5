// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "kms-core/rtc/forwarding/audio_level_meter.hpp"
#include "kms-core/rtc/forwarding/capture_clock.hpp"
#include "kms-core/rtc/forwarding/frame_hold.hpp"
#include "kms-core/rtc/forwarding/kept_packets.hpp"
#include "kms-core/rtc/forwarding/key_frame_request.hpp"
#include "kms-core/rtc/forwarding/loudest_sources.hpp"
#include "kms-core/rtc/forwarding/packet_sink.hpp"
#include "kms-core/rtc/forwarding/source_counters.hpp"
#include "kms-core/rtc/rtcp/nack_generator.hpp"
#include "kms-core/rtc/rtcp/reception_statistics.hpp"
#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/srtp/replay_window.hpp"

namespace kms::rtc {

using SourceId = uint64_t;

struct SourceSettings {
  Codec codec = Codec::kOpus;
  bool nack = false;  // the sender answers NACKs
  HoldPolicy hold;
  SenderClock* clock =
      nullptr;  // the publisher's, outlives the stream; null: packets come with capture times
  std::shared_ptr<SourceCounters> counters = {};  // null: the stream's own
  bool keep_from_key_frame = false;               // see KeptPackets
  std::shared_ptr<LoudestSources> loudest = {};   // of sound: whom it belongs to; null: it is heard always
};

// How a packet came: sent, sent again as RTX, or repeated by a later one (RED).
enum class Came : uint8_t { kFirst, kAgain, kRepeated };

// One RTP stream that a peer sends us: order, loss, reports, key frame requests, and the sinks its packets go
// on to. With simulcast each encoding is a stream of its own, and the choice among them will be made where a
// sink is attached. Lives on its peer's RTC thread.
class SourceStream {
 public:
  SourceStream(SourceId id, const SourceSettings& settings);

  SourceId id() const { return id_; }
  const std::shared_ptr<SourceCounters>& counters() const { return counters_; }
  Codec codec() const { return settings_.codec; }
  bool is_video() const { return !is_audio(settings_.codec); }

  // `sink` outlives its attachment. Attaching again changes how many receivers it has, which decides whether
  // frames are held. A new one gets what was kept.
  void attach(PacketSink& sink, size_t receivers);
  void detach(const PacketSink& sink);
  bool has_sinks() const { return !sinks_.empty(); }
  // Of a stream that nobody takes, what is lost is not asked for.
  bool is_taken() const { return has_sinks() || !taps_.empty(); }
  // `tap` outlives its attachment.
  void attach(PacketTap& tap);
  void detach(const PacketTap& tap) { std::erase(taps_, &tap); }
  // Whether nobody gets a packet before its frame has ended.
  bool holds() const { return taps_.empty() && hold_.holds(receivers_); }

  // A packet in the clear with index, time stamp, marker and payload filled in. What has come before is
  // dropped: a repair and the late original may both arrive.
  void receive(const PacketRef& packet, Came came = Came::kFirst);
  // How many packets are missing right before one of that index, which has not come.
  uint64_t missing_before(uint64_t index) const;
  // Whether what has that time stamp comes after all that has come.
  bool is_after_all(uint32_t timestamp) const {
    return static_cast<int32_t>(timestamp - newest_timestamp_) > 0;
  }
  // A packet of the stream that carries something else than its media. A tap gets it empty, so that it takes
  // nothing for lost.
  void pass_over(const PacketRef& packet);
  // The 64-bit index of an original sequence number, for what arrives as RTX.
  uint64_t index_near(uint16_t sequence) const;

  // What to add to the indices, small at first, of a further SSRC that takes this stream over: whole turns of
  // the sequence numbers, more than a receiver could take for loss. Zero before the first packet.
  uint64_t next_base() const { return seen_.empty() ? 0 : ((seen_.highest() >> 16) + 2) << 16; }
  // Another SSRC takes over: what was missing of the former stays missing.
  void begin_anew();
  // The sender said goodbye (RFC 3550 section 6.6): nothing is asked of it until it begins anew.
  void end();
  bool ended() const { return counters_->ended(); }
  // Whether a packet was still under way when the goodbye came.
  bool is_straggler(uint16_t sequence) const;

  // Hands on what is due. Gives the time of the next call at the latest.
  TimePoint deliver(TimePoint now);

  void want_key_frame() { key_frame_.want(); }
  bool take_key_frame_request(TimePoint now) { return !ended() && key_frame_.take(now); }
  // What to ask the sender for again, ascending; returns how many. None if it does not answer NACKs.
  size_t collect_nacks(TimePoint now, std::span<uint16_t> out);
  // When there may be something to ask for.
  TimePoint next_nack() const;

  void on_sender_report(const SenderInfo& theirs, TimePoint arrived);
  uint64_t reports() const { return reports_; }
  const SenderInfo& last_report() const { return last_report_; }
  ReceptionStatistics& statistics() { return statistics_; }
  const ReceptionStatistics& statistics() const { return statistics_; }
  // Of sound whose packets say how loud it is: whether somebody has begun to speak since the last call.
  bool take_onset() { return meter_ && meter_->take_onset(); }
  uint64_t repaired() const { return repaired_; }  // packets that came as RTX and were new
  // What came in packets of its own, also those whose repair had been here before; counters() count what goes
  // on.
  struct Arrivals {
    uint64_t packets = 0;
    uint64_t bytes = 0;  // payload
  };
  const Arrivals& arrivals() const { return arrivals_; }

 private:
  struct Attachment {
    PacketSink* sink;
    size_t receivers;
  };

  bool asks_again() const { return settings_.nack && is_taken(); }
  void begin_asking();
  void count(const Packet& packet, Came came);
  void on_key_frame(const Packet& packet);
  void measure(Packet& packet);
  void tap(const PacketRef& packet);
  bool detached(const PacketSink& sink);
  void hand_over(std::span<const PacketRef> packets);

  SourceId id_;
  SourceSettings settings_;
  std::shared_ptr<SourceCounters> counters_;
  FrameHold hold_;
  NackGenerator nacks_;
  KeyFrameRequest key_frame_;
  ReceptionStatistics statistics_;
  SenderInfo last_report_;
  uint64_t reports_ = 0;
  std::optional<CaptureClock> capture_;
  std::optional<AudioLevelMeter> meter_;  // of sound
  std::optional<LoudestSources::Candidate> candidate_;
  ReplayWindow seen_;
  ReplayWindow originals_;  // of them, what came as it was sent
  Arrivals arrivals_;
  KeptPackets kept_;
  size_t receivers_ = 0;  // of all sinks
  std::vector<Attachment> sinks_;
  std::vector<PacketTap*> taps_;
  uint32_t newest_timestamp_ = 0;
  uint64_t repaired_ = 0;
  bool tapped_ = false;  // since the last deliver()
};

}  // namespace kms::rtc
