// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/fan_out.hpp"

#include "kms-core/gst/inlet.hpp"

namespace kms::gst {

constexpr GstClockTime kAskInterval = 250 * GST_MSECOND;

std::shared_ptr<const FanOut::Takers> FanOut::snapshot() const {
  const std::lock_guard lock(mutex_);
  return takers_;
}

void FanOut::stream(const StreamInfo& info) {
  std::shared_ptr<const Takers> takers;
  {
    const std::lock_guard lock(mutex_);
    info_ = info;
    takers = takers_;
  }
  for (const auto& taker : *takers) taker.inlet->put_stream(taker.epoch, info);
}

void FanOut::push(Ref<GstBuffer> buffer) {
  frames_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(gst_buffer_get_size(buffer.get()), std::memory_order_relaxed);
  if (resting_ && resting_.exchange(false)) {
    for (const auto& tell : on_active_) tell();
  }
  const auto takers = snapshot();
  for (size_t i = 0; i < takers->size(); ++i) {
    const auto& taker = (*takers)[i];
    const bool last = i + 1 == takers->size();  // the last taker gets our own reference, and may write
    taker.inlet->put(taker.epoch, last ? std::move(buffer) : buffer, interrupted_);
  }
}

void FanOut::gap(const Gap& gap) {
  const auto takers = snapshot();
  for (const auto& taker : *takers) taker.inlet->put_gap(taker.epoch, gap);
}

void FanOut::end() {
  const auto takers = snapshot();
  for (const auto& taker : *takers) taker.inlet->put_end(taker.epoch);
}

void FanOut::interrupt(bool interrupted) {
  interrupted_ = interrupted;
  const auto takers = snapshot();
  for (const auto& taker : *takers) taker.inlet->nudge();
}

void FanOut::add(const std::shared_ptr<Inlet>& inlet, uint64_t epoch) {
  const std::lock_guard lock(mutex_);
  if (info_.caps) inlet->put_stream(epoch, info_);
  auto takers = std::make_shared<Takers>(*takers_);
  takers->push_back({inlet, epoch});
  takers_ = std::move(takers);
}

void FanOut::remove(const Inlet& inlet) {
  const std::lock_guard lock(mutex_);
  auto takers = std::make_shared<Takers>(*takers_);
  std::erase_if(*takers, [&](const Taker& taker) { return taker.inlet.get() == &inlet; });
  takers_ = std::move(takers);
}

void FanOut::on_key_unit_request(std::function<void()> handler) {
  const std::lock_guard lock(mutex_);
  ask_source_ = std::move(handler);
}

void FanOut::request_key_unit() {
  std::function<void()> ask;
  {
    const std::lock_guard lock(mutex_);
    const auto now = media_now();
    if (GST_CLOCK_TIME_IS_VALID(last_ask_) && now - last_ask_ < kAskInterval) return;
    last_ask_ = now;
    ask = ask_source_;
  }
  if (ask) ask();
}

StreamInfo FanOut::info() const {
  const std::lock_guard lock(mutex_);
  return info_;
}

size_t FanOut::takers() const { return snapshot()->size(); }

}  // namespace kms::gst
