// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/inlet.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/gst/elements.hpp"
#include "kms-core/gst/fan_out.hpp"

namespace kms::gst {
namespace {

std::atomic<uint64_t> all_dropped = 0;

bool is_delta(GstBuffer* buffer) { return GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT); }

}  // namespace

std::shared_ptr<Inlet> Inlet::create(const std::string& name, std::shared_ptr<InletGroup> group) {
  if (!group) group = std::make_shared<InletGroup>();
  struct Access : Inlet {
    explicit Access(std::shared_ptr<InletGroup> g) : Inlet(std::move(g)) {}
  };
  auto inlet = std::make_shared<Access>(std::move(group));
  inlet->element_ = make_inlet_element(name, inlet);
  inlet->pad_ = Ref<GstPad>::adopt(gst_element_get_static_pad(inlet->element_, "src"));
  return inlet;
}

Inlet::Inlet(std::shared_ptr<InletGroup> group) : group_(std::move(group)) {
  const Lock lock(group_->mutex_);
  group_->members_.push_back(this);
}

Inlet::~Inlet() {
  const Lock lock(group_->mutex_);
  std::erase(group_->members_, this);
}

void Inlet::attach(const std::shared_ptr<FanOut>& source) {
  detach();
  uint64_t epoch = 0;
  {
    const Lock lock(group_->mutex_);
    epoch = ++epoch_;
    source_ = source;
    attached_ = true;
    ended_ = false;
    key_only_ = true;
    behind_ = false;
    arrival_ = Arrival::kNone;
  }
  source->add(shared_from_this(), epoch);
  source->request_key_unit();
}

void Inlet::detach() {
  const auto source = this->source();
  if (source) source->remove(*this);
  const Lock lock(group_->mutex_);
  ++epoch_;
  source_.reset();
  attached_ = false;
  group_->room_.notify_all();
}

std::shared_ptr<FanOut> Inlet::source() const {
  const Lock lock(group_->mutex_);
  return source_.lock();
}

void Inlet::finish() {
  const Lock lock(group_->mutex_);
  if (finished_) return;
  finished_ = true;
  ++epoch_;
  append(End{true}, lock);
  group_->room_.notify_all();
}

void Inlet::admit(bool admitted) {
  std::shared_ptr<FanOut> ask;
  {
    const Lock lock(group_->mutex_);
    if (admitted_ == admitted) return;
    admitted_ = admitted;
    arrival_ = Arrival::kNone;
    if (!admitted || info_.unpaced) return;
    key_only_ = true;
    ask = source_.lock();
  }
  if (ask) ask->request_key_unit();
}

bool Inlet::has_buffer() const {
  const Lock lock(group_->mutex_);
  return std::any_of(queue_.begin(), queue_.end(), [](const auto& item) {
    const auto* buffer = std::get_if<Ref<GstBuffer>>(&item);
    return buffer != nullptr && GST_CLOCK_TIME_IS_VALID(GST_BUFFER_DTS_OR_PTS(buffer->get()));
  });
}

bool Inlet::ended() const {
  const Lock lock(group_->mutex_);
  return ended_;
}

Inlet::Stats Inlet::stats() const {
  const Lock lock(group_->mutex_);
  return {frames_, bytes_, dropped_, queued_frames_, queued_bytes_, delay_us_};
}

void Inlet::put_stream(uint64_t epoch, const StreamInfo& info) {
  {
    const Lock lock(group_->mutex_);
    if (epoch != epoch_ || finished_) return;
    info_ = info;
    ended_ = false;
  }
  if (on_stream_) on_stream_(info);
  const Lock lock(group_->mutex_);
  if (epoch == epoch_ && !finished_) append(info, lock);
}

void Inlet::put_end(uint64_t epoch) {
  {
    const Lock lock(group_->mutex_);
    if (epoch != epoch_ || finished_) return;
    ended_ = true;
    append(End{!hold_end_}, lock);
    group_->room_.notify_all();  // nobody waits for us any more
  }
  deliver();
}

void Inlet::put(uint64_t epoch, Ref<GstBuffer> buffer, const std::atomic<bool>& interrupted) {
  const bool tells = take(epoch, std::move(buffer), interrupted);
  deliver();
  if (tells && on_arrival_) on_arrival_();
}

// True: that is an arrival, which was not told yet.
bool Inlet::take(uint64_t epoch, Ref<GstBuffer> buffer, const std::atomic<bool>& interrupted) {
  std::shared_ptr<FanOut> ask;
  bool tells = false;
  {
    Lock lock(group_->mutex_);
    if (epoch != epoch_ || finished_) return false;
    if (!info_.unpaced && !admitted_) return false;
    ended_ = false;
    if (!info_.unpaced && full()) drop_for_room();
    if (info_.unpaced && !wait_for_room(epoch, interrupted, lock)) return false;
    const bool taken = wanted(buffer);
    tells = arrives(taken ? Arrival::kTaken : Arrival::kRefused, lock);
    if (taken) {
      queued_bytes_ += gst_buffer_get_size(buffer.get());
      ++queued_frames_;
      const bool sleeps = enqueue(std::move(buffer), lock);
      lock.unlock();
      if (sleeps) filled_.notify_one();
      return tells;
    }
    if (behind_) count_dropped(1);
    ask = source_.lock();
  }
  if (ask) ask->request_key_unit();
  return tells;
}

bool Inlet::arrives(Arrival arrival, const Lock&) {
  if (arrival <= arrival_) return false;
  arrival_ = arrival;
  return true;
}

// The decoder behind a slow queue does without.
void Inlet::put_gap(uint64_t epoch, const Gap& gap) {
  constexpr size_t kMost = 512;
  {
    const Lock lock(group_->mutex_);
    const bool taken = conceals_ && admitted_ && !key_only_ && !info_.unpaced && queue_.size() < kMost;
    if (epoch == epoch_ && !finished_ && taken) append(gap, lock);
  }
  deliver();
}

// They do not count as waiting: they are there already, and nobody waits for them to go.
void Inlet::put_kept(uint64_t epoch, const std::vector<Ref<GstBuffer>>& kept) {
  if (catch_up_ == CatchUp::kNever) return;
  const Lock lock(group_->mutex_);
  if (epoch != epoch_ || finished_ || !admitted_) return;
  key_only_ = false;
  append(kept, lock);
}

void Inlet::nudge() {
  const Lock lock(group_->mutex_);
  group_->room_.notify_all();
}

// Encoded video begins with a key frame.
bool Inlet::wanted(Ref<GstBuffer>& buffer) {
  if (!key_only_) return true;
  const bool any_will_do = !info_.caps || !is_video(info_.caps.get()) || is_raw(info_.caps.get());
  if (!any_will_do && is_delta(buffer.get())) return false;
  key_only_ = false;
  behind_ = false;
  if (!flags_ || any_will_do) return true;
  buffer = Ref<GstBuffer>::adopt(gst_buffer_make_writable(buffer.release()));
  GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DISCONT);
  return true;
}

// The thread that is notified while the lock is held wakes only to wait for it.
bool Inlet::enqueue(Item item, const Lock&) {
  queue_.push_back(std::move(item));
  if (!started_ && active_ && !direct_) {
    started_ = true;
    start_inlet_task(pad_.get());
  }
  return std::exchange(waiting_, false);
}

void Inlet::append(Item item, const Lock& lock) {
  if (enqueue(std::move(item), lock)) filled_.notify_one();
}

// What may wait in front of one sink.
Inlet::Limit Inlet::limit() const {
  constexpr Limit kRawVideo{4, UINT64_MAX};
  constexpr Limit kOther{256, 16U << 20};
  if (!info_.unpaced && patience_.frames != 0) return patience_;
  return info_.caps && is_video(info_.caps.get()) && is_raw(info_.caps.get()) ? kRawVideo : kOther;
}

bool Inlet::full() const {
  const auto most = limit();
  return queued_frames_ >= most.frames || queued_bytes_ >= most.bytes;
}

bool Inlet::starves() const { return attached_ && !ended_ && !finished_ && queue_.empty(); }

bool Inlet::a_sibling_starves() const {
  constexpr Limit kMost{16384, 128U << 20};
  if (queued_frames_ >= kMost.frames || queued_bytes_ >= kMost.bytes) return false;
  return std::any_of(group_->members_.begin(), group_->members_.end(),
                     [this](const Inlet* other) { return other != this && other->starves(); });
}

// Waits until the queue has room; false when the source was detached meanwhile.
bool Inlet::wait_for_room(uint64_t epoch, const std::atomic<bool>& interrupted, Lock& lock) {
  const auto has_room = [&] { return !full() || (direct_ && active_); };  // direct: the producer makes it
  if (has_room()) return true;
  ++blocked_producers_;
  const auto refused = [&] { return epoch != epoch_ || finished_ || interrupted; };
  group_->room_.wait(lock, [&] { return refused() || has_room() || a_sibling_starves(); });
  --blocked_producers_;
  return !refused();
}

void Inlet::count_dropped(uint64_t frames) {
  dropped_ += frames;
  all_dropped += frames;
}

uint64_t Inlet::dropped_by_all() { return all_dropped; }

// Raw media: the oldest frame goes. Encoded video: everything up to the next key frame is not taken.
void Inlet::drop_for_room() {
  const bool droppable = !info_.caps || is_raw(info_.caps.get()) || !is_video(info_.caps.get());
  if (!droppable) {
    key_only_ = true;
    behind_ = true;
    clear_queue();
    return;
  }
  const auto oldest = std::find_if(queue_.begin(), queue_.end(), [](const Item& item) {
    return std::holds_alternative<Ref<GstBuffer>>(item);
  });
  if (oldest == queue_.end()) return;
  queued_bytes_ -= gst_buffer_get_size(std::get<Ref<GstBuffer>>(*oldest).get());
  --queued_frames_;
  count_dropped(1);
  queue_.erase(oldest);
}

void Inlet::clear_queue() {
  count_dropped(queued_frames_);
  std::erase_if(queue_, [](const Item& item) {
    return std::holds_alternative<Ref<GstBuffer>>(item) || std::holds_alternative<Kept>(item);
  });
  queued_frames_ = 0;
  queued_bytes_ = 0;
}

void Inlet::activate(GstPad* pad, bool active) {
  {
    Lock lock(group_->mutex_);
    active_ = active;
    if (active && !queue_.empty() && !started_) {  // direct: nobody else may come to deliver it
      started_ = true;
      start_inlet_task(pad_.get());
    }
    group_->room_.notify_all();
    if (active) return;
    started_ = false;
    queue_.clear();
    queued_frames_ = 0;
    queued_bytes_ = 0;
    if (info_.caps) queue_.push_back(info_);  // should the pad become active again
    key_only_ = true;
    filled_.notify_all();
    group_->room_.wait(lock, [this] { return !delivering_; });  // what is downstream ends first
    stream_sent_ = false;
  }
  gst_pad_stop_task(pad);
}

bool Inlet::next(Item& item) {
  Lock lock(group_->mutex_);
  if (queue_.empty() && active_) {
    group_->room_.notify_all();  // siblings may go beyond their limits now
    while (queue_.empty() && active_) {
      waiting_ = true;
      filled_.wait(lock);
    }
    waiting_ = false;
  }
  if (!active_) return false;
  take_front(item, lock);
  return true;
}

void Inlet::take_front(Item& item, const Lock&) {
  item = std::move(queue_.front());
  queue_.pop_front();
  if (const auto* buffer = std::get_if<Ref<GstBuffer>>(&item)) {
    --queued_frames_;
    queued_bytes_ -= gst_buffer_get_size(buffer->get());
    // Half empty before a producer goes on: fewer changes between threads.
    if (blocked_producers_ > 0 && queued_frames_ <= limit().frames / 2) group_->room_.notify_all();
  }
}

void Inlet::request_key_unit() {
  if (const auto source = this->source()) source->request_key_unit();
}

}  // namespace kms::gst
