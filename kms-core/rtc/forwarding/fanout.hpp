// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "kms-core/rtc/forwarding/consumer_record.hpp"
#include "kms-core/rtc/forwarding/key_frame_request.hpp"
#include "kms-core/rtc/forwarding/packet_ring.hpp"
#include "kms-core/rtc/forwarding/packet_sink.hpp"
#include "kms-core/rtc/forwarding/sealed_sender.hpp"
#include "kms-core/rtc/forwarding/sender_clock.hpp"
#include "kms-core/rtc/forwarding/waiting_consumers.hpp"

namespace kms::rtc {

struct FanoutOptions {
  bool video = false;
  size_t ring_packets = 128;
  uint32_t clock_rate = 90'000;
  Codec codec = Codec::kOpus;    // whose picture numbers go on when a source takes over
  bool keeps_key_frame = false;  // all from the latest one on, see SourceTrack
};

// The consumers of one source on one RTC thread, and the packets they may ask for again. Lives on that
// thread.
class Fanout final : public PacketSink {
 public:
  // A consumer's former source goes on until the new one can begin, but not for longer.
  static constexpr std::chrono::seconds kLongestFarewell{2};
  // The rest of a frame comes in less, or not at all.
  static constexpr std::chrono::milliseconds kLongestFrame{100};

  // Where consumers wait for room on their peers' ways; null: none does, they are sent all at once.
  Fanout(SealedSender& sender, const FanoutOptions& options, WaitingConsumers* waiting = nullptr);

  void add(ConsumerId id, const ConsumerSettings& settings);
  // Gives where its SSRC's indices go on; zero if there is no such consumer.
  SendPosition remove(ConsumerId id);
  // A consumer goes on under another id, and counts for someone else.
  void rename(ConsumerId id, ConsumerId to, std::shared_ptr<ConsumerCounters> counters);
  // Whether the consumer is between two frames, or the rest of its frame is here; finish_frame() sends that.
  bool may_end(ConsumerId id, TimePoint now) const;
  void finish_frame(ConsumerId id);
  // Nothing if there is no such consumer.
  const ConsumerRecord* find(ConsumerId id) const;
  // No layers above these, as soon as that can be without a fault (LayerThinner). Nothing happens to sources
  // without layers.
  void set_layers(ConsumerId id, const LayerLimits& limits);
  bool empty() const { return records_.empty(); }
  size_t size() const { return records_.size(); }
  // Lets a consumer that has not begun do so with the latest key frame, if that is so young that its sender
  // would not be asked for another one yet (or makes none when asked), and all that followed is here: sends
  // it all, some at once and the rest with what comes meanwhile. False if it takes a new key frame.
  bool catch_up(ConsumerId id, TimePoint now);
  // Whether someone who could receive it waits for a key frame.
  bool needs_key_frame(TimePoint now) const;

  // Sends to the consumers, and keeps for retransmission.
  void on_packets(std::span<const PacketRef> packets) override;
  // Answers a NACK for a sequence number that the consumer saw; gives the payload's size. Nothing if that
  // packet is gone, was never sent to it, or the consumer asks for more than it may.
  std::optional<size_t> resend(ConsumerId id, uint16_t sequence);
  // Sends again, as RTX, packets of some `bytes` in all that the consumer got lately, for a probe of its way.
  // Gives how many that were: none without RTX, or while nothing is kept.
  size_t send_padding(ConsumerId id, size_t bytes);
  // At most one key frame request of all its consumers per interval goes to another thread.
  bool may_ask_key_frame(TimePoint now) {
    key_frame_.want();
    return key_frame_.take(now);
  }
  // Whether one that was asked for too early is due now.
  bool take_key_frame_request(TimePoint now) { return key_frame_.take(now); }
  // What the source's time stamps mean now, for the consumers' sender reports; nothing before its first
  // packet.
  std::optional<ReportTime> report_time(TimePoint now) const {
    return capture_.known() ? std::optional(capture_.at(now, options_.clock_rate)) : std::nullopt;
  }

  // For WaitingConsumers. Sends a consumer that waits what may go out of the packets before `until`; false:
  // not all may.
  bool send_waiting(ConsumerId id, uint64_t until, TimePoint now);
  bool waits(ConsumerId id) const;
  // One after the source's highest index that was delivered.
  uint64_t end() const { return end_; }

  // To be called now and then: forgets old packets, renews what each consumer may ask for, and tells what it
  // was sent.
  void tick(TimePoint now);

 private:
  ConsumerRecord* get(ConsumerId id);
  void keep(const PacketRef& packet);
  void send(std::span<const PacketRef> packets);
  void fetch_ahead(size_t slot) const;
  void send_run(std::span<const PacketRef> packets);
  void send_to(ConsumerRecord& record, const PacketRef& packet);
  void look_at_gap(ConsumerRecord& record, const Packet& packet);
  void emit(const ConsumerRecord& record, const PacketRef& packet, const Outgoing& as);
  static std::optional<Outgoing> take(ConsumerRecord& record, const Packet& packet);
  static std::optional<Outgoing> sent_as(const ConsumerRecord& record, const Packet& packet);
  const PacketRef& find_sent(const ConsumerRecord& record, uint64_t index) const;
  void number(const ConsumerRecord& record, uint8_t* header, size_t size);
  bool bears_repair(const ConsumerRecord& record, size_t size) const;
  // Gives its size.
  size_t write_payload(const ConsumerRecord& record, const Packet& packet, const Outgoing& as,
                       uint8_t* out) const;
  bool can_catch_up(TimePoint now) const;
  bool take_over(ConsumerRecord& record, TimePoint now);
  static bool end_predecessor(ConsumerRecord& record);
  void begin_with_what_was_kept(ConsumerRecord& record);
  void go_on(ConsumerRecord& record);
  void send_what_was_kept(ConsumerRecord& record);
  bool is_mid_frame(TimePoint now) const;
  bool is_paced(const ConsumerRecord& record) const;
  void wait_at(ConsumerRecord& record, uint64_t index);
  void wait(ConsumerRecord& record);
  void stop_waiting(ConsumerRecord& record);
  void end_cursor(ConsumerRecord& record);
  void send_paced(ConsumerRecord& record, std::span<const PacketRef> packets);
  void send_late_ones(ConsumerRecord& record, std::span<const PacketRef> packets);
  bool is_behind(ConsumerRecord& record, const Packet& next);
  bool is_in_a_hurry(const ConsumerRecord& record, const Packet& packet, TimePoint now) const;
  void send_waited(ConsumerRecord& record, const PacketRef& packet);
  uint64_t frame_end(const ConsumerRecord& record) const;
  bool start(ConsumerRecord& record, const Packet& packet) const;
  bool has_all_from(uint64_t index) const;
  void pause(ConsumerRecord& record);
  static void tell(ConsumerRecord& record);
  void note_last(std::span<const PacketRef> packets);
  void resend_rtx(ConsumerRecord& record, const PacketRef& packet, const Outgoing& as);

  SealedSender& sender_;
  WaitingConsumers* waiting_;
  FanoutOptions options_;
  PacketRing ring_;
  const PacketRef none_;
  std::vector<ConsumerRecord> records_;
  std::unordered_map<ConsumerId, size_t> slots_;
  PacketRef key_frame_start_;  // of the latest one; empty before
  size_t behind_ = 0;          // consumers that have not got all yet
  uint64_t end_ = 0;           // one after the highest index delivered
  TimePoint renewed_{};
  KeyFrameRequest key_frame_;
  CaptureTime capture_;  // of the newest packet
  TimePoint last_arrived_{};
  bool last_marker_ = true;
  PictureNumbers last_picture_;
};

}  // namespace kms::rtc
