// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/gap_filler.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/base/thread_times.hpp"

namespace kms::gst {

// Of its period a frame may be cut short by what comes after the gap, but not below this.
constexpr GstClockTime kMostTaken = 20 * GST_MSECOND;

GapFiller::GapFiller(std::vector<Line> lines) : lines_(std::move(lines)), thread_([this] { work(); }) {}

GapFiller::~GapFiller() { stop(); }

GstClockTime GapFiller::stop() {
  if (!thread_.joinable()) return end_;
  stopping_ = true;
  bell_.ring();
  thread_.join();
  return end_;
}

void GapFiller::work() {
  name_thread("gap-filler");
  using std::chrono::nanoseconds;
  if (lines_.empty()) return;
  const auto begin = media_now();
  const auto begun = WakeUp::TimePoint::clock::now();
  std::vector<GstClockTime> due(lines_.size(), 0);  // since the beginning
  for (const auto& line : lines_) {
    if (line.stream.caps) line.to->stream(line.stream);
  }
  while (!stopping_) {
    const auto next = std::min_element(due.begin(), due.end());
    const auto at = *next;
    if (bell_.wait(begun + nanoseconds(at)) || stopping_) continue;
    const auto line = static_cast<size_t>(next - due.begin());
    push(line, begin + at);
    *next += lines_[line].period;
  }
}

void GapFiller::push(size_t line, GstClockTime time) {
  const auto& [to, frame, period, stream] = lines_[line];
  auto* copy = gst_buffer_copy(frame.get());  // of its memory only the reference
  if (GST_BUFFER_DTS_IS_VALID(copy)) GST_BUFFER_DTS(copy) = time;
  GST_BUFFER_PTS(copy) = time;
  GST_BUFFER_DURATION(copy) = period;
  end_ = std::max(end_, time + std::min(period, kMostTaken));
  to->push(Ref<GstBuffer>::adopt(copy));
}

}  // namespace kms::gst
