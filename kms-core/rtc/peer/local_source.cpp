// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/local_source.hpp"

#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {
namespace {

// Packets on their way to the RTC thread, which takes them within a millisecond: a second of sound, or the
// largest key frame there is.
constexpr size_t kAudioSlots = 64;
constexpr size_t kVideoSlots = 512;
// And what was kept from the latest key frame on, which comes all at once.
constexpr size_t kKeptSlots = 4096;

}  // namespace

struct LocalSource::Impl {
  SourceRef source;
  std::shared_ptr<LocalChannel> channel;
  std::shared_ptr<WorkerDoor> door;
};

LocalSource::LocalSource(SourceTrack::Description is, const LocalSourceOptions& options) {
  const auto slots = is.keeps_key_frame ? kKeptSlots : is_audio(is.codec) ? kAudioSlots : kVideoSlots;
  const auto channel = std::make_shared<LocalChannel>(slots, options.on_key_frame_wanted);
  is.counters = channel->counters;
  if (options.encodings) options.encodings->push_back(is);
  is.encodings = options.encodings;
  const auto source = std::make_shared<const SourceTrack>(std::move(is));
  const auto door = source->home().door();
  door->post([source, channel](Worker& here) { here.add_local(source, channel); });
  impl_ = std::make_unique<Impl>(Impl{source, channel, door});
}

LocalSource::~LocalSource() {
  impl_->channel->key_frame_wanted.close();
  impl_->door->post([id = impl_->source->id()](Worker& here) { here.remove_local(id); });
}

const SourceRef& LocalSource::source() const { return impl_->source; }

bool LocalSource::push(const Outgoing& packet) {
  auto& queue = impl_->channel->queue;
  const bool taken = queue.push(packet);
  if (queue.is_half_full()) flush();
  if (taken) return true;
  impl_->channel->dropped.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void LocalSource::flush() {
  if (!impl_->channel->flushed.exchange(true)) impl_->door->wake();
}

void LocalSource::offer(double bps) { impl_->channel->counters->offer(bps); }

uint64_t LocalSource::dropped() const { return impl_->channel->dropped.load(std::memory_order_relaxed); }

}  // namespace kms::rtc
