// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_consumers.hpp"

#include <algorithm>

#include "kms-core/rtc/peer/layer_ids.hpp"
#include "kms-core/rtc/peer/switchboard.hpp"
#include "kms-core/rtc/rtcp/reception_statistics.hpp"
#include "kms-core/rtc/sdp/codec_match.hpp"

namespace kms::rtc {

void PeerConsumers::consume(const Wish& asked) {
  Slot wish{.line = {},
            .consumer = asked.id,
            .source = asked.source,
            .choosy = !asked.mid.empty(),
            .counters = asked.counters};
  wish.line.mid = asked.mid;
  if (asked.layers) {
    wish.layers = *asked.layers;
    wish.encodings = asked.source->encodings();
    wish.choosable = true;
    wish.limits = wish.layers.limits(wish.encodings.size() > 1);
    choose_first(wish);
  }
  if (asked.instead_of != 0) {
    if (auto* slot = to_inherit(asked.instead_of, wish)) return inherit(*slot, wish);
    stop(asked.instead_of);
  }
  if (!place(wish)) waiting_.push_back(wish);
}

bool PeerConsumers::fits(const Slot& slot, const Slot& wish) const {
  if (wish.choosy && slot.line.mid != wish.line.mid) return false;
  return !slot.gone && !slot.reserved && slot.line.codec == wish.source->codec() &&
         takes(slot.line.codec, slot.line.parameters, wish.source->parameters());
}

ConsumerSettings PeerConsumers::settings_of(const Slot& slot) const {
  const auto& line = slot.line;
  return {.target = &target_,
          .ssrc = line.ssrc,
          .payload_type = line.payload_type,
          .red_payload_type = line.red_payload_type,
          .rtx_ssrc = line.rtx_ssrc,
          .rtx_payload_type = line.rtx_payload_type,
          .mid = line.mid,
          .extensions = line.extensions,
          .position = slot.position,
          .layers = slot.limits};
}

bool PeerConsumers::place(const Slot& wish) {
  const auto free = std::find_if(slots_.begin(), slots_.end(),
                                 [&](const Slot& slot) { return slot.consumer == 0 && fits(slot, wish); });
  if (free == slots_.end()) return false;
  free->consumer = wish.consumer;
  free->source = wish.source;
  free->choosy = wish.choosy;
  free->counters = wish.counters;
  free->layers = wish.layers;
  free->encodings = wish.encodings;
  free->choosable = wish.choosable;
  free->limits = wish.limits;
  free->halted = wish.layers.paused;
  if (!free->halted) attach(*free);
  return true;
}

// Sound begins with any packet: there is nothing to wait for. Nor is there where nothing is sent yet.
PeerConsumers::Slot* PeerConsumers::to_inherit(ConsumerId from, const Slot& wish) {
  if (!wish.source->is_video() || !target_.open) return nullptr;
  const auto found = std::ranges::find_if(slots_, [&](const Slot& slot) {
    const bool is_it = is_same(slot.consumer, from) || is_same(slot.heir.consumer, from);
    return is_it && !slot.halted;
  });
  return found != slots_.end() && fits(*found, wish) ? &*found : nullptr;
}

void PeerConsumers::inherit(Slot& slot, const Slot& wish) {
  if (slot.heir.consumer == 0) slot.told_to_end = Clock::now();
  drop_heir(slot);
  slot.heir = {wish.consumer, wish.source,    wish.choosy,    wish.counters,
               wish.layers,   wish.encodings, wish.choosable, wish.limits};
  if (slot.source->id() == wish.source->id()) {  // back again before the other has begun
    switchboard_.rename(slot.source, slot.consumer, wish.consumer, wish.counters);
    switchboard_.set_layers(slot.source, wish.consumer, wish.limits);
    return take_heir(slot);
  }
  auto settings = settings_of(slot);
  settings.counters = wish.counters;
  settings.layers = wish.limits;
  settings.before = this;
  settings.told_to_end = slot.told_to_end;
  switchboard_.attach(wish.source, wish.consumer, settings);
}

void PeerConsumers::take_heir(Slot& slot) {
  auto heir = std::exchange(slot.heir, {});
  slot.consumer = heir.consumer;
  slot.source = heir.source;
  slot.choosy = heir.choosy;
  slot.counters = heir.counters;
  slot.layers = heir.layers;
  slot.encodings = std::move(heir.encodings);
  slot.choosable = heir.choosable;
  slot.limits = heir.limits;
}

void PeerConsumers::drop_heir(Slot& slot) {
  if (slot.heir.consumer != 0) switchboard_.detach(slot.heir.source, slot.heir.consumer);
  slot.heir = {};
}

bool PeerConsumers::may_end(ConsumerId heir, TimePoint now) const {
  const auto slot = std::ranges::find_if(slots_, [&](const Slot& s) { return s.heir.consumer == heir; });
  auto* fanout = slot == slots_.end() ? nullptr : switchboard_.fanout(slot->source->id());
  return !fanout || fanout->may_end(slot->consumer, now);
}

std::optional<SendPosition> PeerConsumers::end(ConsumerId heir) {
  const auto slot = std::ranges::find_if(slots_, [&](const Slot& s) { return s.heir.consumer == heir; });
  if (slot == slots_.end()) return std::nullopt;
  if (auto* fanout = switchboard_.fanout(slot->source->id())) fanout->finish_frame(slot->consumer);
  const auto position = switchboard_.detach(slot->source, slot->consumer);
  take_heir(*slot);
  return position;
}

PeerConsumers::Slot PeerConsumers::wish_of(const Slot& slot) {
  Slot wish{.line = {},
            .consumer = slot.consumer,
            .source = slot.source,
            .choosy = slot.choosy,
            .counters = slot.counters,
            .heir = slot.heir,
            .layers = slot.layers,
            .encodings = slot.encodings,
            .choosable = slot.choosable,
            .limits = slot.limits};
  wish.line.mid = slot.line.mid;
  if (wish.heir.consumer != 0) take_heir(wish);
  return wish;
}

void PeerConsumers::release(Slot& slot) {
  drop_heir(slot);
  if (slot.consumer == 0) return;
  if (!slot.halted) slot.position = switchboard_.detach(slot.source, slot.consumer);
  slot.halted = false;
  slot.encodings.clear();
  slot.layers = {};
  slot.choosable = false;
  slot.limits = {};
  slot.patience = {};
  slot.consumer = 0;
  slot.source.reset();
  slot.counters.reset();
}

void PeerConsumers::stop(ConsumerId id) {
  std::erase_if(waiting_, [&](const Slot& wish) { return is_same(wish.consumer, id); });
  for (auto& slot : slots_) {
    const bool is_last = is_same(slot.consumer, id) && slot.heir.consumer == 0;
    if (is_last || is_same(slot.heir.consumer, id)) release(slot);
  }
}

void PeerConsumers::set_lines(const std::vector<SendLine>& lines) {
  for (auto& slot : slots_) {
    const auto now = std::ranges::find(lines, slot.line.ssrc, &SendLine::ssrc);
    slot.gone = now == lines.end();
    if (slot.gone || *now != slot.line) end_line(slot);
    if (!slot.gone && now->mid != slot.line.mid) slot.heard = {};
    if (!slot.gone) slot.line = *now;
  }
  for (const auto& line : lines) {
    const auto known =
        std::ranges::find_if(slots_, [&](const Slot& slot) { return slot.line.ssrc == line.ssrc; });
    if (known != slots_.end()) continue;
    slots_.push_back({.line = line, .position = SendPosition::begin(line.ssrc, line.rtx_ssrc)});
  }
  std::erase_if(waiting_, [&](const Slot& wish) { return place(wish); });
  waiting_.shrink_to_fit();  // most peers wait once, with half a kilobyte for each line
}

PeerConsumers::Slot* PeerConsumers::reserve(const std::string& mid) {
  const auto found =
      std::ranges::find_if(slots_, [&](const Slot& slot) { return slot.line.mid == mid && !slot.gone; });
  if (found == slots_.end()) return nullptr;
  end_line(*found);
  found->reserved = true;
  return &*found;
}

PeerConsumers::Slot* PeerConsumers::reserved(const std::string& mid) {
  const auto found =
      std::ranges::find_if(slots_, [&](const Slot& slot) { return slot.reserved && slot.line.mid == mid; });
  return found == slots_.end() ? nullptr : &*found;
}

void PeerConsumers::release_reserved(Slot& slot) {
  slot.reserved = false;
  std::erase_if(waiting_, [&](const Slot& wish) { return place(wish); });
}

// The slot itself stays, because it knows which indices of its SSRC have been used; the SSRC may come again
// with another mid.
void PeerConsumers::end_line(Slot& slot) {
  if (slot.consumer == 0) return;
  waiting_.push_back(wish_of(slot));
  release(slot);
}

void PeerConsumers::on_new_keys() {
  for (auto& slot : slots_) {
    const auto wish = wish_of(slot);
    release(slot);
    slot.position.next &= 0xffff;
    slot.position.next_rtx &= 0xffff;
    if (wish.consumer != 0) place(wish);
  }
}

void PeerConsumers::on_open() {
  for (const auto& slot : slots_) {
    const bool begins = slot.consumer != 0 && !slot.halted && slot.source->is_video();
    if (begins) switchboard_.begin(slot.source, slot.consumer);
  }
}

void PeerConsumers::clear() {
  for (auto& slot : slots_) release(slot);
  slots_.clear();
  waiting_.clear();
}

const PeerConsumers::Slot* PeerConsumers::find_by_ssrc(uint32_t ssrc) const {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    return slot.consumer != 0 && slot.line.ssrc == ssrc;
  });
  return found == slots_.end() ? nullptr : &*found;
}

void PeerConsumers::on_nack(uint32_t ssrc) {
  auto* slot = get(ssrc);
  if (!slot) return;
  ++slot->heard.nacks;
  ++switchboard_.counters().nacks_received;
}

void PeerConsumers::resend(uint32_t ssrc, uint16_t sequence) {
  auto* slot = get(ssrc);
  auto* fanout = slot ? switchboard_.fanout(slot->source->id()) : nullptr;
  const auto size = fanout ? fanout->resend(slot->consumer, sequence) : std::nullopt;
  if (!size) return;
  ++slot->heard.resent;
  slot->heard.resent_bytes += *size;
  ++switchboard_.counters().resent;
}

size_t PeerConsumers::send_padding(size_t bytes) {
  for (const auto& slot : slots_) {
    auto* fanout = slot.consumer == 0 ? nullptr : switchboard_.fanout(slot.source->id());
    const size_t sent = fanout ? fanout->send_padding(slot.consumer, bytes) : 0;
    if (sent > 0) return sent;
  }
  return 0;
}

void PeerConsumers::on_pli(uint32_t ssrc) {
  auto* slot = get(ssrc);
  if (!slot) return;
  ++slot->heard.plis;
  ++switchboard_.counters().plis_received;
  want_key_frame(*slot);
}

void PeerConsumers::on_fir(uint32_t ssrc) {
  auto* slot = get(ssrc);
  if (!slot) return;
  ++slot->heard.firs;
  ++switchboard_.counters().firs_received;
  want_key_frame(*slot);
}

void PeerConsumers::want_key_frame(const Slot& slot) {
  if (slot.source->is_video()) switchboard_.want_key_frame(slot.source);
}

void PeerConsumers::on_report(const ReportBlock& block, TimePoint now) {
  auto* slot = get(block.ssrc);
  if (!slot) return;
  slot->heard.report = block;
  ThreadCounters::add_loss(switchboard_.counters().lost_outgoing, block.cumulative_lost, slot->lost_noted);
  if (const auto trip = round_trip_of(block, ntp_of(now))) {
    slot->heard.round_trip = *trip;
    slot->heard.all_round_trips += *trip;
    ++slot->heard.round_trips;
  }
}

}  // namespace kms::rtc
