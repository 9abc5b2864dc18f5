// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/source_stream.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/rtc/rtp/key_frame.hpp"
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"

namespace kms::rtc {
namespace {

// A goodbye may overtake so many packets.
constexpr uint16_t kMostStragglers = 64;

}  // namespace

SourceStream::SourceStream(SourceId id, const SourceSettings& settings)
    : id_(id),
      settings_(settings),
      counters_(settings.counters ? settings.counters : std::make_shared<SourceCounters>()),
      hold_(settings.hold, !is_audio(settings.codec)),
      statistics_(clock_rate_of(settings.codec)) {
  if (settings.clock) capture_.emplace(clock_rate_of(settings.codec), *settings.clock);
  if (is_audio(settings.codec)) meter_.emplace(counters_->level(), clock_rate_of(settings.codec));
  if (meter_ && settings.loudest) candidate_.emplace(settings.loudest);
}

void SourceStream::attach(PacketTap& tap) {
  begin_asking();
  taps_.push_back(&tap);
}

// What was lost before anybody took the stream is nobody's loss.
void SourceStream::begin_asking() {
  if (!is_taken()) nacks_ = {};
}

void SourceStream::attach(PacketSink& sink, size_t receivers) {
  const bool known = detached(sink);
  if (!known) begin_asking();
  sinks_.push_back({&sink, receivers});
  receivers_ += receivers;
  const auto kept = kept_.all();
  if (known || kept.empty()) return;
  sink.on_packets(kept);
}

void SourceStream::detach(const PacketSink& sink) { detached(sink); }

// False: it was not attached.
bool SourceStream::detached(const PacketSink& sink) {
  const auto found =
      std::find_if(sinks_.begin(), sinks_.end(), [&](const auto& a) { return a.sink == &sink; });
  if (found == sinks_.end()) return false;
  receivers_ -= found->receivers;
  sinks_.erase(found);
  return true;
}

uint64_t SourceStream::index_near(uint16_t sequence) const {
  if (seen_.empty()) return sequence;
  const auto index = unwrap_near(static_cast<int64_t>(seen_.highest()), sequence);
  return index >= 0 ? static_cast<uint64_t>(index) : sequence;
}

uint64_t SourceStream::missing_before(uint64_t index) const {
  return seen_.empty() || index <= seen_.highest() ? 0 : index - seen_.highest() - 1;
}

void SourceStream::receive(const PacketRef& packet, Came came) {
  const bool repaired = came != Came::kFirst;
  const auto sequence = static_cast<uint16_t>(packet->index);
  count(*packet, came);
  if (!seen_.is_new(packet->index)) return;
  packet->late = !seen_.empty() && packet->index < seen_.highest();
  seen_.mark(packet->index);
  if (!packet->late) newest_timestamp_ = packet->timestamp;
  if (capture_) packet->captured = capture_->on_packet(packet->timestamp, packet->arrived, packet->late);
  if (is_video()) packet->starts_key_frame = starts_key_frame(settings_.codec, packet->payload());
  if (is_video()) packet->layers = LayerMarks::of(settings_.codec, packet->payload());
  if (packet->starts_key_frame) on_key_frame(*packet);
  if (asks_again() && nacks_.on_packet(sequence, packet->arrived, repaired)) key_frame_.want();
  if (came == Came::kAgain) ++repaired_;
  packet->media_size = static_cast<uint16_t>(packet->payload_size - packet->primary_at);
  counters_->add(packet->payload_size, packet->arrived);
  counters_->layers().add(packet->layers, packet->payload_size, packet->arrived);
  if (meter_ && !packet->late) measure(*packet);
  if (!taps_.empty()) tap(packet);
  if (counters_->withheld()) return;
  if (has_sinks() || !hold_.empty()) {
    hold_.add(packet);
  } else if (settings_.keep_from_key_frame) {
    kept_.add(packet);
  }
}

// What was repaired counts as lost (RFC 3550 section 6.4.1), until it comes after all.
void SourceStream::count(const Packet& packet, Came came) {
  const bool first = came == Came::kFirst && originals_.is_new(packet.index);
  if (first) {
    originals_.mark(packet.index);
    statistics_.on_packet(static_cast<uint16_t>(packet.index), packet.timestamp, packet.arrived);
  }
  if (!first && (came != Came::kAgain || !seen_.is_new(packet.index))) return;
  ++arrivals_.packets;
  arrivals_.bytes += packet.payload_size;
}

void SourceStream::on_key_frame(const Packet& packet) {
  key_frame_.on_key_frame();
  if (const auto size = picture_size_of(settings_.codec, packet.payload())) counters_->set_picture(*size);
  if (settings_.codec != Codec::kVp9) return;
  if (const auto sizes = vp9_layer_sizes(packet.payload())) counters_->layers().set_sizes(*sizes);
}

void SourceStream::measure(Packet& packet) {
  const auto said = std::span(packet.extensions).first(packet.extension_count);
  const auto level = std::ranges::find(said, ExtensionKind::kAudioLevel, &PacketExtension::kind);
  if (level == said.end()) return;
  meter_->on_packet(level->value[0], packet.timestamp, packet.arrived);
  if (!candidate_) return;
  const bool heard = candidate_->is_heard(*meter_, packet.arrived);
  packet.resumes = heard && counters_->withheld();
  packet.marker = packet.marker || packet.resumes;  // as after any silence (RFC 3551 section 4.1)
  counters_->set_withheld(!heard);
}

void SourceStream::tap(const PacketRef& packet) {
  for (auto* each : taps_) each->on_packet(packet);
  tapped_ = true;
}

// Its time stamp is that of what it carries and says nothing of when the media goes on.
void SourceStream::pass_over(const PacketRef& packet) {
  if (!seen_.is_new(packet->index)) return;
  packet->late = !seen_.empty() && packet->index < seen_.highest();
  seen_.mark(packet->index);
  originals_.mark(packet->index);
  statistics_.on_packet(static_cast<uint16_t>(packet->index), packet->timestamp, packet->arrived);
  packet->captured = packet->arrived;
  packet->media_size = 0;
  if (!taps_.empty()) tap(packet);
}

TimePoint SourceStream::deliver(TimePoint now) {
  if (std::exchange(tapped_, false)) {
    for (auto* each : taps_) each->on_batch_end();
  }
  if (hold_.empty()) return TimePoint::max();
  if (!hold_.due(now, receivers_)) return hold_.deadline();
  hand_over(hold_.take());
  return TimePoint::max();
}

void SourceStream::hand_over(std::span<const PacketRef> packets) {
  if (settings_.keep_from_key_frame) {
    for (const auto& packet : packets) kept_.add(packet);
  }
  for (const auto& attachment : sinks_) attachment.sink->on_packets(packets);
}

void SourceStream::begin_anew() {
  nacks_ = {};
  statistics_ = ReceptionStatistics(clock_rate_of(settings_.codec));
  if (capture_) capture_->begin_anew();
  if (meter_) meter_->begin_anew();
  if (is_video()) key_frame_.want();
  counters_->set_ended(false);
}

void SourceStream::end() {
  nacks_ = {};
  if (candidate_) candidate_->leave();
  counters_->set_ended(true);
}

bool SourceStream::is_straggler(uint16_t sequence) const {
  return !seen_.empty() && static_cast<uint16_t>(seen_.highest() - sequence) < kMostStragglers;
}

size_t SourceStream::collect_nacks(TimePoint now, std::span<uint16_t> out) {
  if (!asks_again() || ended() || now < nacks_.deadline()) return 0;
  const auto lost = nacks_.given_up();
  const auto count = nacks_.collect(now, out);
  if (nacks_.given_up() != lost) key_frame_.want();
  return count;
}

TimePoint SourceStream::next_nack() const {
  return asks_again() && !ended() ? nacks_.deadline() : TimePoint::max();
}

void SourceStream::on_sender_report(const SenderInfo& theirs, TimePoint arrived) {
  last_report_ = theirs;
  ++reports_;
  statistics_.on_sender_report(theirs, arrived);
  if (capture_) capture_->on_report({theirs.ntp, theirs.rtp_timestamp});
}

}  // namespace kms::rtc
