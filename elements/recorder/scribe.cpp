// SPDX-License-Identifier: Apache-2.0
// What comes to a scribe, and from whom. Where it goes: scribe_parts.cpp.
#include "elements/recorder/scribe.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/gst/stream_info.hpp"

namespace kms::recorder {
namespace {

using namespace std::chrono_literals;

// How far one track of a source that is as fast as it is taken may run ahead of the others, and how often it
// looks for one of which nothing comes.
constexpr GstClockTime kAhead = GST_SECOND;
constexpr auto kStepLook = 50ms;
// What may wait for a new part before the oldest goes.
constexpr size_t kMostWaiting = 4096;
constexpr uint64_t kMostWaitingBytes = 64U << 20;
constexpr auto kLookPeriod = 1s;

}  // namespace

Scribe::Scribe(const Config& config, Plan plan, Handlers handlers)
    : config_(config), plan_(std::move(plan)), handlers_(std::move(handlers)), lines_(plan_.lines.size()) {}

void Scribe::format(size_t index, const gst::TrackFormat& format) {
  const Lock lock(mutex_);
  lines_[index].format = std::make_shared<const gst::TrackFormat>(format);
}

void Scribe::frame(size_t index, gst::Frame frame, bool unpaced) {
  Lock lock(mutex_);
  run_commands();
  auto& line = lines_[index];
  if (is_over() || !line.format) return;
  line.came = Clock::now();
  line.unpaced = unpaced;
  line.rests = false;
  line.in_vain = 0;
  line.time = frame.time;
  if (wanted_since_ == Clock::time_point{}) wanted_since_ = line.came;
  if (passes(index, frame)) {
    line.waiting_bytes += gst_buffer_get_size(frame.data.get());
    line.waiting.push_back({std::move(frame), line.format});
    while (line.waiting.size() > kMostWaiting || line.waiting_bytes > kMostWaitingBytes) drop_first(line);
  }
  advance();
  keep_files();
  progress_.notify_all();
  if (unpaced) keep_in_step(index, lock);
}

void Scribe::drop_first(Line& line) {
  line.waiting_bytes -= gst_buffer_get_size(line.waiting.front().frame.data.get());
  line.waiting.pop_front();
}

// What is paused goes; after that it goes on where the leading picture has a key frame.
bool Scribe::passes(size_t index, const gst::Frame& frame) {
  if (!pauses_.any()) return true;
  const auto leading = lead();
  const bool goes_on = leading ? index == *leading && frame.key : !plan_.lines[index].video || frame.key;
  if (pauses_.waits() && frame.time >= pauses_.resumed_at() && goes_on) pauses_.end(frame.time);
  return !pauses_.is_cut(frame.time);
}

void Scribe::keep_in_step(size_t index, Lock& lock) {
  auto& line = lines_[index];
  const auto holds = [&](const Line& other) { return is_behind(other, line); };
  line.held = true;
  while (!is_over() && std::any_of(lines_.begin(), lines_.end(), holds)) {
    const bool in_vain = progress_.wait_for(lock, kStepLook) == std::cv_status::timeout;
    if (in_vain && is_first_held(index)) {
      for (auto& other : lines_) other.in_vain += is_behind(other, line) && !other.held ? 1 : 0;
    }
    run_commands();
  }
  line.held = false;
  line.came = Clock::now();
}

// Whether `line` has to wait for it. One that is on its way is waited for as long as the first part is.
bool Scribe::is_behind(const Line& other, const Line& line) const {
  if (other.rests || other.ended || !other.linked) return false;
  if (other.came != Clock::time_point{}) {
    return other.unpaced && !is_silent(other) && other.time + kAhead < line.time;
  }
  const bool awaited = other.expected && !current_ && !is_start_overdue();
  return awaited && !line.waiting.empty() && line.waiting.front().frame.time + kAhead < line.time;
}

// Of all that wait one counts the looks.
bool Scribe::is_first_held(size_t index) const {
  const auto end = lines_.begin() + static_cast<ptrdiff_t>(index);
  return std::none_of(lines_.begin(), end, [](const Line& line) { return line.held; });
}

bool Scribe::is_silent(const Line& line) const { return line.in_vain >= kStepLooks; }

void Scribe::rest(size_t index) {
  const Lock lock(mutex_);
  lines_[index].rests = true;
  progress_.notify_all();
}

void Scribe::end(size_t index) {
  const Lock lock(mutex_);
  run_commands();
  lines_[index].rests = true;
  lines_[index].ended = true;
  progress_.notify_all();
  if (!is_over()) advance();
  if (std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.ended; })) close();
}

bool Scribe::wants_tick() const {
  const auto now = std::chrono::nanoseconds(Clock::now().time_since_epoch()).count();
  return attention_ || now - last_frame_ > std::chrono::nanoseconds(PartFile::kLongestWait).count();
}

void Scribe::tick() {
  const Lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;  // its thread waits for the disk
  run_commands();
  if (is_over()) return;
  if (!current_) ++start_ticks_;
  advance();
  look_for_gone();
  keep_files();
  if (current_ && (wanted_ || pauses_.waits() || waits_to_move_over())) handlers_.on_key_wanted();
}

// Writes what has waited for long, and now and then looks whether the files are still there.
void Scribe::keep_files() {
  const auto now = Clock::now();
  last_frame_ = std::chrono::nanoseconds(now.time_since_epoch()).count();
  const bool looks = now - looked_ >= kLookPeriod;
  if (looks) looked_ = now;
  for (const auto& part : {before_, current_}) {
    if (!part || is_over()) continue;
    auto status = part->flush_stale();
    if (status.ok() && looks) status = part->look();
    if (!status.ok()) fail(status);
  }
  bool parted = false;
  for (size_t i = 0; i < lines_.size(); ++i)
    parted = parted || (!lines_[i].linked && current_ && current_->has(i));
  attention_ = wanted_ || pauses_.waits() || before_ || parted;
}

void Scribe::command(std::function<void()> work) {
  const std::lock_guard lock(commands_mutex_);
  commands_.push_back(std::move(work));
  attention_ = true;
}

void Scribe::run_commands() {
  std::vector<std::function<void()>> all;
  {
    const std::lock_guard lock(commands_mutex_);
    all.swap(commands_);
  }
  for (const auto& work : all) work();
}

void Scribe::expect(size_t index) {
  command([this, index] { lines_[index].expected = true; });
}

void Scribe::set_linked(size_t index, bool linked) {
  command([this, index, linked] {
    lines_[index].linked = linked;
    lines_[index].parted = Clock::now();
  });
}

void Scribe::pause(bool clock) {
  command([this, clock, now = gst::media_now()] {
    GstClockTime end = 0;
    for (const auto& line : lines_) end = line.unpaced ? std::max(end, line.end) : end;
    pauses_.pause(clock ? now : end);
  });
}

void Scribe::resume(bool clock) {
  command([this, clock, now = gst::media_now()] {
    if (!pauses_.paused()) return;
    pauses_.resume(clock ? now : 0);
    wanted_since_ = Clock::now();  // a part that is wanted could not begin so long
    for (size_t i = 0; i < lines_.size(); ++i) lines_[i].needs_key = plan_.lines[i].video;
    handlers_.on_key_wanted();
  });
}

void Scribe::split() {
  command([this] { want(PartReason::kSplit); });
}

void Scribe::abandon() { abandoned_ = true; }

std::vector<Part> Scribe::parts() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

void Scribe::show(const Part& part) {
  const std::lock_guard lock(view_mutex_);
  if (part.number > view_.size()) view_.push_back(part);
  auto& shown = view_[part.number - 1];
  shown.duration = part.duration;
  shown.size_bytes = part.size_bytes;
  shown.video_frames = part.video_frames;
  shown.audio_frames = part.audio_frames;
}

}  // namespace kms::recorder
