// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/switchboard.hpp"

#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {
namespace {

// Packets kept for retransmission, at most; age usually ends them earlier. Sound is never asked for again.
constexpr size_t kVideoRing = 1024;
constexpr size_t kAudioRing = 16;
// Of a source that is kept from its latest key frame on.
constexpr size_t kKeptRing = 4096;
static_assert(kKeptRing > KeptPackets::kMost + kVideoRing);

}  // namespace

void Switchboard::RemoteSink::on_packets(std::span<const PacketRef> packets) {
  for (const auto& packet : packets) {
    if (!ring_.push({source_, packet})) ++home_.dropped_;
  }
  consumers_.wake();
}

void Switchboard::withdraw(SourceStream& stream) {
  const auto id = stream.id();
  sources_.erase(id);
  for (auto [at, end] = taps_.equal_range(id); at != end; at = taps_.erase(at)) stream.detach(*at->second);
  end_source(id);
  auto at = remote_sinks_.lower_bound({id, nullptr});
  while (at != remote_sinks_.end() && at->first.first == id) {
    at->second->consumers().post([id](Worker& there) { there.switchboard().end_source(id); });
    at = remote_sinks_.erase(at);
  }
}

Fanout& Switchboard::ensure_fanout(const SourceRef& source) {
  auto& consumed = consumed_[source->id()];
  if (!consumed.fanout) {
    const bool video = source->is_video();
    const auto ring = source->keeps_key_frame() ? kKeptRing : video ? kVideoRing : kAudioRing;
    const FanoutOptions options{video, ring, clock_rate_of(source->codec()), source->codec(),
                                source->keeps_key_frame()};
    consumed = {source, std::make_unique<Fanout>(sender_, options, video ? &waiting_ : nullptr), {}};
  }
  return *consumed.fanout;
}

HandoverRing& Switchboard::ring_from(const Worker& home) {
  auto& ring = rings_[&home];
  if (!ring) ring = std::make_unique<HandoverRing>(kHandoverCapacity);
  return *ring;
}

void Switchboard::attach(const SourceRef& source, ConsumerId consumer, const ConsumerSettings& settings) {
  ensure_fanout(source).add(consumer, settings);
  announce(*source);
  if (source->is_video() && settings.target->open) begin(source, consumer);
}

void Switchboard::begin(const SourceRef& source, ConsumerId consumer) {
  auto* found = fanout(source->id());
  if (!found || !found->catch_up(consumer, Clock::now())) want_key_frame(source);
}

SendPosition Switchboard::detach(const SourceRef& source, ConsumerId consumer) {
  auto* found = fanout(source->id());
  if (!found) return {};
  const auto position = found->remove(consumer);
  if (found->empty()) {
    consumed_[source->id()].left_at = Clock::now();
  } else {
    announce(*source);
  }
  return position;
}

void Switchboard::rename(const SourceRef& source, ConsumerId consumer, ConsumerId to,
                         std::shared_ptr<ConsumerCounters> counters) {
  if (auto* found = fanout(source->id())) found->rename(consumer, to, std::move(counters));
}

// Whoever comes soon after the last one left, a page loaded again, catches up from what is here: the source
// would not be asked for a key frame yet.
void Switchboard::end_abandoned(TimePoint now) {
  std::erase_if(consumed_, [&](const auto& entry) {
    const auto& consumed = entry.second;
    if (!consumed.fanout->empty() || now - consumed.left_at < KeyFrameRequest::kInterval) return false;
    announce(*consumed.source);
    return true;
  });
}

// Consumers stay until their peers let go of them: they know which indices have been used.
void Switchboard::end_source(SourceId source) {
  auto* found = fanout(source);
  if (found && found->empty()) consumed_.erase(source);
}

void Switchboard::set_layers(const SourceRef& source, ConsumerId consumer, const LayerLimits& limits) {
  if (auto* found = fanout(source->id())) found->set_layers(consumer, limits);
}

void Switchboard::announce(const SourceTrack& source) {
  auto* found = fanout(source.id());
  const size_t receivers = found->size();
  if (&source.home() != &worker_) {
    auto& ring = ring_from(source.home());
    source.home().post([id = source.id(), here = &worker_, &ring, receivers](Worker& there) {
      there.switchboard().attach_remote(id, *here, ring, receivers);
    });
    return;
  }
  const auto stream = sources_.find(source.id());
  if (stream == sources_.end()) return;
  if (receivers > 0) {
    stream->second.stream->attach(*found, receivers);
  } else {
    stream->second.stream->detach(*found);
  }
}

void Switchboard::attach_remote(SourceId source, Worker& consumers, HandoverRing& ring, size_t receivers) {
  const auto stream = sources_.find(source);
  if (stream == sources_.end()) {
    consumers.post([source](Worker& there) { there.switchboard().end_source(source); });
    return;
  }
  auto& sink = remote_sinks_[{source, &consumers}];
  if (receivers > 0) {
    if (!sink) sink = std::make_unique<RemoteSink>(*this, source, consumers, ring);
    stream->second.stream->attach(*sink, receivers);
    return;
  }
  if (sink) stream->second.stream->detach(*sink);
  remote_sinks_.erase({source, &consumers});
}

void Switchboard::attach_tap(SourceId source, const std::shared_ptr<PacketTap>& tap) {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return;
  found->second.stream->attach(*tap);
  taps_.emplace(source, tap);
  if (found->second.stream->is_video()) want_key_frame_here(source);
}

void Switchboard::detach_tap(SourceId source, const PacketTap& tap) {
  const auto stream = sources_.find(source);
  if (stream != sources_.end()) stream->second.stream->detach(tap);
  std::erase_if(taps_, [&](const auto& entry) { return entry.second.get() == &tap; });
}

Fanout* Switchboard::fanout(SourceId source) {
  const auto found = consumed_.find(source);
  return found == consumed_.end() ? nullptr : found->second.fanout.get();
}

void Switchboard::want_key_frame(const SourceRef& source) {
  if (&source->home() == &worker_) {
    want_key_frame_here(source->id());
    return;
  }
  auto* found = fanout(source->id());
  if (found && found->may_ask_key_frame(Clock::now())) ask_there(*source);
}

void Switchboard::ask_there(const SourceTrack& source) {
  source.home().post([id = source.id()](Worker& there) { there.switchboard().want_key_frame_here(id); });
}

void Switchboard::want_key_frame_here(SourceId source) {
  const auto found = sources_.find(source);
  if (found == sources_.end()) return;
  found->second.stream->want_key_frame();
  worker_.schedule(*found->second.owner);
}

void Switchboard::take_handed_over() {
  for (const auto& [home, ring] : rings_) drain(*ring);
}

void Switchboard::drain(HandoverRing& ring) {
  HandedOver next;
  for (size_t count = 0; count < kHandoverCapacity && ring.pop(next); ++count) {
    if (next.source != batch_source_) deliver_batch();
    batch_source_ = next.source;
    batch_.push_back(std::move(next.packet));
  }
  deliver_batch();
}

void Switchboard::deliver_batch() {
  if (auto* found = batch_.empty() ? nullptr : fanout(batch_source_)) found->on_packets(batch_);
  batch_.clear();
}

void Switchboard::clear() {
  remote_sinks_.clear();
  taps_.clear();
  consumed_.clear();
  rings_.clear();
  batch_.clear();
}

void Switchboard::tick(TimePoint now) {
  for (auto& [id, consumed] : consumed_) {
    consumed.fanout->tick(now);
    if (consumed.fanout->needs_key_frame(now)) want_key_frame(consumed.source);
    if (&consumed.source->home() != &worker_ && consumed.fanout->take_key_frame_request(now)) {
      ask_there(*consumed.source);
    }
  }
  end_abandoned(now);
}

}  // namespace kms::rtc
