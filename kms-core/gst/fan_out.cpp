// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/fan_out.hpp"

#include "kms-core/gst/inlet.hpp"

namespace kms::gst {

constexpr GstClockTime kAskInterval = 250 * GST_MSECOND;
constexpr size_t kMostKeptFrames = 720;  // 6 s of 120 a second
constexpr uint64_t kMostKeptBytes = 3U << 20;

std::shared_ptr<const FanOut::Takers> FanOut::snapshot() const {
  const std::lock_guard lock(mutex_);
  return takers_;
}

void FanOut::stream(const StreamInfo& info) {
  std::shared_ptr<const Takers> takers;
  {
    const std::lock_guard lock(mutex_);
    const bool same = info_.caps && gst_caps_is_equal(info_.caps.get(), info.caps.get()) != FALSE;
    if (!same) key_frame_ = Ref<GstBuffer>();
    info_ = info;
    forget();
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
  std::shared_ptr<const Takers> takers;
  {
    const std::lock_guard lock(mutex_);
    if (keeps_) keep(buffer);
    const bool key = !GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
    if (keeps_key_ && key) key_frame_ = buffer;
    takers = takers_;  // whoever comes from now on finds the buffer among those that are kept
  }
  for (size_t i = 0; i < takers->size(); ++i) {
    const auto& taker = (*takers)[i];
    const bool last = i + 1 == takers->size();  // the last taker gets our own reference, and may write
    taker.inlet->put(taker.epoch, last ? std::move(buffer) : buffer, interrupted_);
  }
}

// With mutex_ held.
void FanOut::keep(const Ref<GstBuffer>& buffer) {
  const bool pictures = info_.caps && is_video(info_.caps.get()) && !is_raw(info_.caps.get());
  const bool delta = GST_BUFFER_FLAG_IS_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
  if (!delta) forget();
  if (!pictures || (delta && kept_.empty())) return;
  kept_bytes_ += gst_buffer_get_size(buffer.get());
  if (kept_.size() == kMostKeptFrames || kept_bytes_ > kMostKeptBytes) return forget();
  kept_.push_back(buffer);
}

void FanOut::forget() {
  kept_.clear();
  kept_bytes_ = 0;
}

std::vector<Ref<GstBuffer>> FanOut::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
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
  {
    const std::lock_guard lock(mutex_);
    if (info_.caps) inlet->put_stream(epoch, info_);
    if (!kept_.empty()) inlet->put_kept(epoch, kept_);
    auto takers = std::make_shared<Takers>(*takers_);
    takers->push_back({inlet, epoch});
    takers_ = std::move(takers);
  }
  inlet->hand_on();
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

Ref<GstBuffer> FanOut::key_frame() const {
  const std::lock_guard lock(mutex_);
  return key_frame_;
}

size_t FanOut::takers() const { return snapshot()->size(); }

}  // namespace kms::gst
