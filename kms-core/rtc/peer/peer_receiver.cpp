// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_receiver.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kms-core/rtc/rtp/rtx.hpp"

namespace kms::rtc {
namespace {

// What a receiver may want to know. The others describe the sender's path to us and end here.
constexpr std::array kPassedOn{ExtensionKind::kAudioLevel, ExtensionKind::kVideoOrientation,
                               ExtensionKind::kPlayoutDelay, ExtensionKind::kAbsCaptureTime};

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::optional<Bytes> value_of(const RtpView& view, const ExtensionIdMap& ids, ExtensionKind kind) {
  const auto id = ids.id_of(kind);
  return id == 0 ? std::nullopt : view.extension(id);
}

// Of another codec it is another source.
bool is_same_stream(const ReceiveLine& a, const ReceiveLine& b) {
  return a.mid == b.mid && a.rid == b.rid && a.codec == b.codec;
}

}  // namespace

PeerReceiver::Entry& PeerReceiver::set_line(const ReceiveLine& line, SourceId id_if_new) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return is_same_stream(entry->line, line); });
  Entry* entry = found == entries_.end() ? nullptr : found->get();
  if (!entry) {
    SourceSettings settings{line.codec, line.nack, hold_, clock_};
    settings.loudest = loudest_;
    entry = entries_.emplace_back(std::make_unique<Entry>(line, id_if_new, settings)).get();
  }
  entry->line = line;
  entry->held = false;
  if (line.ssrc != 0) add_route({line.ssrc, entry, false});
  if (line.rtx_ssrc != 0) add_route({line.rtx_ssrc, entry, true});
  return *entry;
}

std::vector<std::unique_ptr<PeerReceiver::Entry>> PeerReceiver::take_ended(
    std::span<const ReceiveLine> lines, std::span<const std::string> paused) {
  for (const auto& entry : entries_) {
    const auto is_its = [&](const ReceiveLine& line) { return is_same_stream(line, entry->line); };
    entry->held = std::ranges::none_of(lines, is_its);
  }
  const auto stays = [&](const std::unique_ptr<Entry>& entry) {
    return !entry->held || std::ranges::find(paused, entry->line.mid) != paused.end();
  };
  const auto first = std::stable_partition(entries_.begin(), entries_.end(), stays);
  std::vector<std::unique_ptr<Entry>> ended(std::make_move_iterator(first),
                                            std::make_move_iterator(entries_.end()));
  entries_.erase(first, entries_.end());
  std::erase_if(routes_, [&](const Route& route) {
    const bool its =
        std::ranges::any_of(ended, [&](const auto& entry) { return entry.get() == route.entry; });
    if (its) gone_.push_back(route.ssrc);
    return its;
  });
  return ended;
}

// The one before stays, of its packets some may still be under way; none of those before that one.
void PeerReceiver::drop_superseded(const Route& by) {
  const auto alike = [&](const Route& route) { return route.entry == by.entry && route.rtx == by.rtx; };
  if (std::ranges::count_if(routes_, alike) < 2) return;
  const auto oldest = std::ranges::find_if(routes_, alike);
  gone_.push_back(oldest->ssrc);
  routes_.erase(oldest);
}

void PeerReceiver::retire_gone(SrtpOpener& opener) {
  for (const auto ssrc : gone_) opener.retire(ssrc);
  gone_.clear();
}

// A stream that goes on as before keeps its place.
void PeerReceiver::add_route(const Route& route) {
  const auto* known = find_route(route.ssrc);
  if (known && known->entry == route.entry && known->rtx == route.rtx) return;
  std::erase_if(routes_, [&](const Route& old) { return old.ssrc == route.ssrc; });
  drop_superseded(route);
  if (routes_.size() < SrtpOpener::kMaxStreams) routes_.push_back(route);
  if (!route.rtx) route.entry->ssrc = route.ssrc;
}

// A sender that puts another track, or its own again, on a line begins a new SSRC with indices of its own.
void PeerReceiver::begin(Route& route) {
  auto& entry = *route.entry;
  route.base = route.rtx ? 0 : entry.stream.next_base();
  if (route.rtx) return;
  if (*route.base != 0 || entry.stream.ended()) entry.stream.begin_anew();
  entry.ssrc = route.ssrc;
}

bool PeerReceiver::on_goodbye(uint32_t ssrc) {
  const auto* route = find_route(ssrc);
  if (!route || route->rtx || !route->base || route->entry->ssrc != ssrc) return false;
  if (route->entry->stream.ended()) return false;
  route->entry->stream.end();
  return true;
}

// Whoever comes back after a goodbye may count on from where he was, or from anywhere.
void PeerReceiver::revive(Route& route, uint16_t sequence) {
  const auto& entry = *route.entry;
  if (route.rtx || !entry.stream.ended() || entry.ssrc != route.ssrc) return;
  if (entry.stream.is_straggler(sequence)) return;
  gone_.push_back(route.ssrc);
  route.base.reset();
}

PeerReceiver::Route* PeerReceiver::find_route(uint32_t ssrc) {
  const auto found =
      std::find_if(routes_.begin(), routes_.end(), [&](const Route& r) { return r.ssrc == ssrc; });
  return found == routes_.end() ? nullptr : &*found;
}

PeerReceiver::Entry* PeerReceiver::find_by_ssrc(uint32_t ssrc) {
  const auto* route = find_route(ssrc);
  return route ? route->entry : nullptr;
}

// The entry whose rid, repaired rid or mid, as `kind` says, is in the packet.
PeerReceiver::Entry* PeerReceiver::find_line(const RtpView& view, ExtensionKind kind) const {
  for (const auto& entry : entries_) {
    const auto value = value_of(view, entry->line.extensions, kind);
    const auto& wanted = kind == ExtensionKind::kMid ? entry->line.mid : entry->line.rid;
    const auto type = view.payload_type();
    if (!entry->line.carries(type)) continue;
    if (kind == ExtensionKind::kMid && !entry->line.rid.empty()) continue;
    if (value && !wanted.empty() && text_of(*value) == wanted) return entry.get();
  }
  return nullptr;
}

// A line that we do not know yet (a peer sends as soon as it has answered, and its answer takes longer), or
// no more, is none of the others, whatever the payload type (RFC 8843 section 9.2).
bool PeerReceiver::says_mid(const RtpView& view) const {
  return std::ranges::any_of(entries_, [&](const auto& entry) {
    const auto mid = value_of(view, entry->line.extensions, ExtensionKind::kMid);
    return mid && !mid->empty();
  });
}

PeerReceiver::Route PeerReceiver::place(const RtpView& view) const {
  const auto ssrc = view.ssrc();
  const auto type = view.payload_type();
  if (auto* entry = find_line(view, ExtensionKind::kRepairedRid)) return {ssrc, entry, true};
  auto* entry = find_line(view, ExtensionKind::kRid);
  if (!entry) entry = find_line(view, ExtensionKind::kMid);
  if (!entry && !says_mid(view)) {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& e) {
      return e->line.rid.empty() && !e->held && e->line.carries(type);
    });
    entry = found == entries_.end() ? nullptr : found->get();
  }
  return {ssrc, entry, entry && entry->line.repairs(type)};
}

RtpFate PeerReceiver::on_rtp(SrtpOpener& opener, Bytes bytes, TimePoint now, Entry** out) {
  const auto view = RtpView::parse_protected(bytes);
  if (!view) return RtpFate::kMalformed;
  if (view->payload().size() > Packet::kMaxPayload) return RtpFate::kTooLarge;
  auto* known = find_route(view->ssrc());
  Route route = known ? *known : place(*view);
  if (!route.entry) return RtpFate::kUnknownStream;
  auto packet = pool_.acquire();
  if (!packet) return RtpFate::kNoMemory;

  revive(route, view->sequence());
  if (!gone_.empty()) retire_gone(opener);
  SrtpOpener::Rtp rtp;
  const auto verdict = opener.open_rtp(bytes, view->header_size(), packet->bytes.data(), &rtp);
  if (verdict == SrtpVerdict::kReplayed) return RtpFate::kReplayed;
  if (verdict != SrtpVerdict::kOk) return RtpFate::kForged;
  if (route.entry->held) return hold(known);
  if (!route.base) begin(route);
  if (known) *known = route;
  if (!known) add_route(route);
  media_ssrc_ = view->ssrc();
  const auto sequence = value_of(*view, route.entry->line.extensions, ExtensionKind::kTransportSequence);
  transport_sequence_ =
      sequence && sequence->size() == 2 ? std::optional(load_u16(sequence->data())) : std::nullopt;

  *out = route.entry;
  if (!fill(*packet, *view, rtp, now)) return RtpFate::kMalformed;
  packet->index += *route.base;
  copy_extensions(*packet, *view, route.entry->line.extensions);
  if (rtp.restarted) route.entry->stream.begin_anew();
  return take(packet, view->payload_type(), route);
}

RtpFate PeerReceiver::take(const PacketRef& packet, uint8_t type, const Route& route) {
  auto& entry = *route.entry;
  if (entry.line.is_tone(type)) return take_tone(packet, entry);
  if (entry.line.is_red(type) && !route.rtx) return take_red(packet, entry);
  const auto expected = route.rtx ? entry.line.rtx_payload_type : entry.line.payload_type;
  if (type != expected) return RtpFate::kUnknownStream;
  if (route.rtx && !restore_rtx(*packet, entry)) return RtpFate::kTaken;
  entry.stream.receive(packet, route.rtx ? Came::kAgain : Came::kFirst);
  return RtpFate::kTaken;
}

// Padding alone, as a browser sends to look for room, has the type of the packet before and is as good as
// none.
RtpFate PeerReceiver::take_red(const PacketRef& packet, Entry& entry) {
  if (packet->payload_size == 0) {
    entry.stream.receive(packet);
    return RtpFate::kTaken;
  }
  const auto red = read_red(packet->payload(), entry.line.payload_type);
  if (!red) return RtpFate::kMalformed;
  packet->primary_at = red->primary_at;
  const auto blocks = std::span(red->earlier).first(red->count);
  const auto repeated = std::ranges::count_if(blocks, [](const auto& block) { return block.size > 0; });
  const auto put_back = recover(*red, packet, entry);
  entry.put_back += put_back;
  entry.not_needed += static_cast<size_t>(repeated) - put_back;
  entry.stream.receive(packet);
  return RtpFate::kTaken;
}

// What was lost right before a packet and is in it again goes on in its place, for all that take the source.
// Blocks have time stamps and no numbers: of what is missing each is taken for the next earlier packet, and
// for none if it is older than what has come, since a sender may leave blocks out. Gives how many went on.
size_t PeerReceiver::recover(const RedBlocks& red, const PacketRef& by, Entry& entry) {
  size_t put_back = 0;
  for (auto back = std::min<uint64_t>(entry.stream.missing_before(by->index), red.count); back > 0; --back) {
    const auto& block = red.earlier[red.count - back];
    const auto timestamp = by->timestamp - block.ticks_back;
    if (block.size == 0 || !entry.stream.is_after_all(timestamp)) continue;
    auto packet = pool_.acquire();
    if (!packet) break;
    std::copy_n(by->bytes.begin() + block.at, block.size, packet->bytes.begin());
    packet->payload_size = block.size;
    packet->index = by->index - back;
    packet->timestamp = timestamp;
    packet->arrived = by->arrived;
    entry.stream.receive(packet, Came::kRepeated);
    ++put_back;
  }
  return put_back;
}

// Whoever holds a line need not trust the peer to be silent. It goes on after a gap in which nothing was
// lost.
RtpFate PeerReceiver::hold(Route* known) {
  if (known) known->base.reset();
  return RtpFate::kHeld;
}

// The event has a number of the sound's, which is missing there and yet not lost.
RtpFate PeerReceiver::take_tone(const PacketRef& packet, Entry& entry) {
  if (packet->payload_size < tone_.payload.size()) return RtpFate::kMalformed;
  std::copy_n(packet->bytes.begin(), tone_.payload.size(), tone_.payload.begin());
  tone_.timestamp = packet->timestamp;
  entry.stream.pass_over(packet);
  return RtpFate::kTone;
}

void PeerReceiver::on_new_keys() {
  gone_.clear();
  for (auto& route : routes_) route.base.reset();
}

bool PeerReceiver::fill(Packet& packet, const RtpView& view, const SrtpOpener::Rtp& rtp,
                        TimePoint now) const {
  const bool padded = (view.packet()[0] & 0x20) != 0;
  const size_t padding = padded && rtp.payload_size > 0 ? packet.bytes[rtp.payload_size - 1] : 0;
  if (padding > rtp.payload_size) return false;
  packet.payload_size = static_cast<uint16_t>(rtp.payload_size - padding);
  packet.index = rtp.index;
  packet.timestamp = view.timestamp();
  packet.marker = view.marker();
  packet.arrived = now;
  return true;
}

void PeerReceiver::copy_extensions(Packet& packet, const RtpView& view, const ExtensionIdMap& ids) const {
  auto elements = view.extensions();
  while (const auto element = elements.next()) {
    const auto kind = std::find_if(kPassedOn.begin(), kPassedOn.end(),
                                   [&](ExtensionKind k) { return ids.id_of(k) == element->id; });
    if (kind == kPassedOn.end() || packet.extension_count == Packet::kMaxExtensions) continue;
    auto& copy = packet.extensions[packet.extension_count];
    if (element->value.empty() || element->value.size() > copy.value.size()) continue;
    copy.kind = *kind;
    copy.size = static_cast<uint8_t>(element->value.size());
    std::copy(element->value.begin(), element->value.end(), copy.value.begin());
    ++packet.extension_count;
  }
}

// RFC 4588 section 4: the original sequence number, then the original payload. False for a probe without one.
bool PeerReceiver::restore_rtx(Packet& packet, const Entry& entry) const {
  if (packet.payload_size <= kRtxOverhead) return false;
  packet.index = entry.stream.index_near(load_u16(packet.bytes.data()));
  packet.payload_size = static_cast<uint16_t>(packet.payload_size - kRtxOverhead);
  std::memmove(packet.bytes.data(), packet.bytes.data() + kRtxOverhead, packet.payload_size);
  return true;
}

}  // namespace kms::rtc
