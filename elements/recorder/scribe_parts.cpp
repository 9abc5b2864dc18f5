// SPDX-License-Identifier: Apache-2.0
// Where frames go: into which part, and when one begins.
#include <algorithm>
#include <utility>

#include "elements/recorder/name_template.hpp"
#include "elements/recorder/scribe.hpp"
#include "kms-core/base/utc.hpp"
#include "kms-core/gst/stream_info.hpp"

namespace kms::recorder {
namespace {

using namespace std::chrono_literals;

// A track of which nothing came for so long does not lead, ...
constexpr auto kAlive = 2s;
// ... is not waited for by a part that the others have left, ...
constexpr auto kLeft = 1s;
// ... nor, of a source that is as fast as it is taken and stands still, for so long, ...
constexpr auto kStalled = 10s;
// ... and, when nothing is connected to it, is no track of the recording any more.
constexpr auto kGone = 3s;
// How long a new part waits for a key frame.
constexpr auto kKeyPatience = 10s;
// A file's sound may begin a little before its pictures: what encoders put in front.
constexpr GstClockTime kPriming = 100 * GST_MSECOND;

std::chrono::system_clock::time_point utc_of(GstClockTime time, bool unpaced) {
  if (unpaced) return std::chrono::system_clock::now();
  const auto since_1970 = std::chrono::nanoseconds(time) + utc_ahead();
  return std::chrono::system_clock::time_point(since_1970);
}

}  // namespace

void Scribe::advance() {
  if (!current_) {
    if (!can_start()) return;
    start();
  }
  for (size_t i = 0; i < lines_.size(); ++i) route(i);
  retire();
}

bool Scribe::can_start() const {
  const auto waits = [](const Line& line) { return !line.waiting.empty(); };
  if (std::none_of(lines_.begin(), lines_.end(), waits)) return false;
  if (is_start_overdue()) return true;
  return std::all_of(lines_.begin(), lines_.end(),
                     [](const Line& line) { return !line.expected || line.ended || !line.waiting.empty(); });
}

bool Scribe::is_start_overdue() const {
  const auto unpaced = [](const Line& line) { return line.unpaced && !line.waiting.empty(); };
  if (std::any_of(lines_.begin(), lines_.end(), unpaced)) return start_ticks_ >= kStartTicks;
  return Clock::now() - wanted_since_ > kStartPatience;
}

// With the first key frame; sound from before it goes.
void Scribe::start() {
  for (size_t i = 0; i < lines_.size(); ++i) {
    auto& waiting = lines_[i].waiting;
    while (plan_.lines[i].video && !waiting.empty() && !waiting.front().frame.key) drop_first(lines_[i]);
  }
  const auto leading = lead();
  if (leading && lines_[*leading].waiting.empty()) return;  // no key frame yet
  GstClockTime first = GST_CLOCK_TIME_NONE;
  for (const auto& line : lines_) {
    if (!line.waiting.empty()) first = std::min(first, line.waiting.front().frame.time);
  }
  if (!GST_CLOCK_TIME_IS_VALID(first)) return;
  if (leading) first = lines_[*leading].waiting.front().frame.time;
  cut_earlier_sound(first);
  begin_part(first);
}

void Scribe::cut_earlier_sound(GstClockTime from) {
  for (size_t i = 0; i < lines_.size(); ++i) {
    while (!lines_[i].waiting.empty() && is_earlier_sound(i, from)) drop_first(lines_[i]);
  }
}

bool Scribe::is_earlier_sound(size_t index, GstClockTime from) const {
  const auto& line = lines_[index];
  const auto& frame = line.waiting.front().frame;
  if (plan_.lines[index].video) return false;
  // What began before would lie over what follows it.
  if (!line.unpaced) return frame.time < from;
  return frame.time + std::max<GstClockTime>(frame.duration, GST_MSECOND) + kPriming <= from;
}

void Scribe::route(size_t index) {
  auto& line = lines_[index];
  while (!line.waiting.empty() && current_ && !is_over()) {
    if (number_ == 1 && !line.part && is_earlier_sound(index, cut_)) {  // it came late
      drop_first(line);
      continue;
    }
    if (moves_over(index)) line.part = current_;
    look_for_limits(index);
    look_for_turn(index);
    if (wanted_ && is_cut(index)) {
      begin_part(line.waiting.front().frame.time);
    } else if (!place(index)) {
      return;
    }
  }
}

bool Scribe::moves_over(size_t index) const {
  const auto& line = lines_[index];
  const auto& [frame, format] = line.waiting.front();
  if (line.part == current_ || !current_->holds(index, *format)) return false;
  if (plan_.lines[index].video && !frame.key) return false;
  return !line.part || frame.time >= cut_;
}

// Pictures that still go into the part before, for want of a key frame.
bool Scribe::waits_to_move_over() const {
  if (!before_) return false;
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (plan_.lines[i].video && lines_[i].part == before_ && is_alive(lines_[i])) return true;
  }
  return false;
}

// False: the frame waits for a new part.
bool Scribe::place(size_t index) {
  auto& line = lines_[index];
  const auto& [frame, format] = line.waiting.front();
  const bool delta = plan_.lines[index].video && !frame.key;
  if (delta && (line.needs_key || !line.part)) {
    drop_first(line);
    return true;
  }
  if (line.part && line.part->holds(index, *format)) {
    write(index);
    return true;
  }
  if (line.part && line.part == before_) {
    line.part = current_;
    return true;
  }
  // Nothing can begin with it, and what is here does not go on with it.
  if (delta) line.needs_key = true;
  if (wanted_) return delta;
  want(current_->has(index) ? PartReason::kFormatChanged : PartReason::kTracksChanged);
  return true;
}

void Scribe::write(size_t index) {
  auto& line = lines_[index];
  auto frame = line.waiting.front().frame;
  const auto part = line.part;
  drop_first(line);
  frame.anew = std::exchange(line.needs_key, false) || frame.anew;
  line.end = std::max(line.end, frame.time + frame.duration);
  const auto status = part->add(index, frame, static_cast<int64_t>(pauses_.shorten(frame.time)));
  show(part->part());
  if (part->wants_key_frame()) handlers_.on_key_wanted();
  if (!status.ok()) fail(status);
}

void Scribe::look_for_limits(size_t index) {
  const auto& line = lines_[index];
  const auto leading = lead();
  if (line.part != current_ || (leading && *leading != index)) return;  // sound may be ahead of the pictures
  // Sound that outlasts the pictures by a little is no part of its own.
  bool pictures = false;
  for (size_t i = 0; i < lines_.size(); ++i)
    pictures = pictures || (plan_.lines[i].video && current_->has(i));
  const std::chrono::nanoseconds late = pictures && !leading ? 500ms : -5ms;
  const auto time = static_cast<int64_t>(pauses_.shorten(line.waiting.front().frame.time));
  const std::chrono::nanoseconds passed(time - current_->origin());
  const auto most = plan_.split_duration;
  if (most.count() != 0 && passed >= most + late) want(PartReason::kDuration);
  if (plan_.split_bytes != 0 && current_->part().size_bytes >= plan_.split_bytes) want(PartReason::kSize);
}

// A decoder cannot begin where a phone was turned: its pictures lie on their side up to the key frame.
void Scribe::look_for_turn(size_t index) {
  const auto& line = lines_[index];
  if (line.part != current_ || !current_->holds(index, *line.waiting.front().format)) return;
  if (!current_->lies_as(index, *line.waiting.front().format)) want(PartReason::kFormatChanged);
}

void Scribe::want(PartReason reason) {
  if (wanted_) return;
  wanted_ = reason;
  wanted_since_ = Clock::now();
  handlers_.on_key_wanted();
}

// Not while others are on their way from the last part to the present one: each frame is in the part that
// was there at its time.
bool Scribe::is_cut(size_t index) const {
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (holds_up_cut(i)) return false;
  }
  const bool key = lines_[index].waiting.front().frame.key;
  const auto leading = lead();
  const bool overdue = Clock::now() - wanted_since_ > kKeyPatience;
  return key && (!leading || overdue || index == *leading);
}

std::optional<size_t> Scribe::lead() const {
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (plan_.lines[i].video && is_alive(lines_[i])) return i;
  }
  return std::nullopt;
}

bool Scribe::is_alive(const Line& line) const {
  if (!line.waiting.empty()) return true;
  const bool comes = line.unpaced ? !line.rests : Clock::now() - line.came < kAlive;
  return line.format && line.linked && !line.ended && comes;
}

bool Scribe::is_gone(const Line& line) const {
  return !line.linked && line.waiting.empty() && Clock::now() - line.parted >= kGone;
}

// What waits for the new part is in it from its first frame on.
GstClockTime Scribe::origin_of_part(GstClockTime time) const {
  for (size_t i = 0; i < lines_.size(); ++i) {
    const auto& line = lines_[i];
    if (line.waiting.empty()) continue;
    const auto& [frame, format] = line.waiting.front();
    if (!line.part || !line.part->holds(i, *format)) time = std::min(time, frame.time);
  }
  return time;
}

PartFile::Plan Scribe::plan_part(GstClockTime origin) const {
  PartFile::Plan out{.container = plan_.container, .part = {}, .tracks = {}};
  bool unpaced = false;
  for (size_t i = 0; i < lines_.size(); ++i) {
    const auto& line = lines_[i];
    const auto& format = line.waiting.empty() ? line.format : line.waiting.front().format;
    if (!format || is_gone(line)) continue;
    out.tracks.push_back({i, *format, plan_.lines[i].name});
    unpaced = unpaced || line.unpaced;
  }
  out.part.number = number_ + 1;
  out.part.reason = wanted_.value_or(PartReason::kStart);
  out.part.start = utc_of(origin, unpaced);
  out.element = plan_.element;
  out.overwrite = plan_.overwrite;
  out.uploads = plan_.uploads;
  out.origin = static_cast<int64_t>(pauses_.shorten(origin));
  return out;
}

void Scribe::begin_part(GstClockTime time) {
  leave_before();
  auto plan = plan_part(origin_of_part(time));
  auto uri = name_part(plan_.uri, {plan_.element, plan.part.number, plan.part.start});
  if (!uri.ok()) return fail(uri.status());
  plan.part.uri = *std::move(uri);
  if (plan_.hls) {
    if (auto status = begin_show(plan); !status.ok()) return fail(status);
  }
  auto made = PartFile::make(config_, plan);
  if (!made.ok()) return fail(made.status());
  ++number_;
  if (current_) static_cast<void>(current_->flush());
  before_ = std::exchange(current_, *std::move(made));
  cut_ = time;
  cut_at_ = Clock::now();
  wanted_.reset();
  show(current_->part());
  handlers_.on_began(current_->part());
}

// All parts are in one playlist, whose name is that of the first.
Status Scribe::begin_show(PartFile::Plan& plan) {
  if (!show_) {
    auto made =
        HlsShow::make(config_, plan_.uploads, {*plan_.hls, plan.part.uri, plan_.element, plan_.overwrite});
    if (!made.ok()) return made.status();
    show_ = *std::move(made);
  }
  plan.hls = show_;
  plan.part.uri = show_->uri();
  return ok();
}

// The part before is left by all: those that are silent move over too.
void Scribe::retire() {
  if (!before_ || is_over()) return;
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (is_on_its_way(i)) return;
  }
  leave_before();
}

// Whether it may still bring what belongs into the part before.
bool Scribe::is_on_its_way(size_t index) const {
  const auto& line = lines_[index];
  if (!before_ || line.part != before_ || line.rests || line.ended) return false;
  // It was ahead when the others were cut: they need not wait for its next frame.
  if (!plan_.lines[index].video && line.waiting.empty() && line.time >= cut_) return false;
  if (line.held) return true;
  const auto silent = Clock::now() - std::max(line.came, cut_at_);
  return line.unpaced ? line.linked && !is_silent(line) && silent < kStalled : silent < kLeft;
}

// Pictures of a live source that go into the part before for want of a key frame do so for a while, those of
// a file as long as they have to: no key frame can be asked for.
bool Scribe::holds_up_cut(size_t index) const {
  return is_on_its_way(index) && (lines_[index].unpaced || Clock::now() - cut_at_ < kLeft);
}

void Scribe::leave_before() {
  if (!before_) return;
  for (size_t i = 0; i < lines_.size(); ++i) {
    auto& line = lines_[i];
    if (line.part != before_) continue;
    line.part = current_->has(i) ? current_ : nullptr;
    line.needs_key = plan_.lines[i].video;
  }
  hand_on(before_);
}

void Scribe::hand_on(std::shared_ptr<PartFile>& part) {
  if (!part) return;
  for (auto& line : lines_) {
    if (line.part == part) line.part.reset();
  }
  const auto done = std::exchange(part, nullptr);
  static_cast<void>(done->flush());
  show(done->part());
  handlers_.on_written(done);
}

void Scribe::look_for_gone() {
  if (!current_) return;
  const bool any_alive =
      std::any_of(lines_.begin(), lines_.end(), [this](const Line& line) { return is_alive(line); });
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (any_alive && is_gone(lines_[i]) && current_->has(i)) want(PartReason::kTracksChanged);
  }
}

void Scribe::fail(const Status& status) {
  if (std::exchange(failed_, true)) return;
  hand_on(before_);
  hand_on(current_);
  progress_.notify_all();
  handlers_.on_failure(status);
}

// What waits for a key frame that does not come any more goes where it can.
void Scribe::close() {
  if (closed_) return;
  if (!is_over() && !current_ &&
      std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return !line.waiting.empty(); })) {
    start();
  }
  for (size_t i = 0; i < lines_.size(); ++i) route(i);
  closed_ = true;
  hand_on(before_);
  hand_on(current_);
  handlers_.on_closed(show_);
}

}  // namespace kms::recorder
