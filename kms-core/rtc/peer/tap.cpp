// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/tap.hpp"

#include "kms-core/base/spsc_ring.hpp"
#include "kms-core/rtc/peer/callback_gate.hpp"
#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {

// The far end of the tap; its RTC thread holds it as well.
struct Tap::Impl final : PacketTap {
  Impl(const SourceRef& s, const TapOptions& options)
      : source(s),
        door(s->home().door()),
        pool(s->home().shared_pool()),
        ring(std::max<size_t>(options.capacity, 1)),
        gate(options.on_packets) {}

  void on_packet(const PacketRef& packet) override {
    if (!ring.push(PacketRef(packet))) dropped.fetch_add(1, std::memory_order_relaxed);
  }
  void on_batch_end() override { gate.call(); }

  const SourceRef source;
  const std::shared_ptr<WorkerDoor> door;
  const std::shared_ptr<PacketPool> pool;  // before the ring: outlives what lies there
  SpscRing<PacketRef> ring;
  std::atomic<uint64_t> dropped = 0;
  std::atomic<bool> asking = false;
  CallbackGate gate;
};

Tap::Tap(const SourceRef& source, const TapOptions& options)
    : impl_(std::make_shared<Impl>(source, options)) {
  impl_->door->post(
      [impl = impl_](Worker& here) { here.switchboard().attach_tap(impl->source->id(), impl); });
}

Tap::~Tap() {
  impl_->gate.close();
  impl_->door->post(
      [impl = impl_](Worker& here) { here.switchboard().detach_tap(impl->source->id(), *impl); });
}

bool Tap::pop(PacketRef& out) { return impl_->ring.pop(out); }

uint64_t Tap::dropped() const { return impl_->dropped.load(std::memory_order_relaxed); }

void Tap::want_key_frame() {
  if (!impl_->source->is_video() || impl_->asking.exchange(true)) return;
  impl_->door->post([impl = impl_](Worker& here) {
    impl->asking = false;
    here.switchboard().want_key_frame_here(impl->source->id());
  });
}

}  // namespace kms::rtc
