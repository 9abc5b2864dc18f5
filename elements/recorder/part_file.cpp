// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/part_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "elements/recorder/codec_setup.hpp"
#include "elements/recorder/file_bytes.hpp"
#include "elements/recorder/place.hpp"
#include "kms-core/storage/target.hpp"

namespace kms::recorder {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

// What waits in memory at most, and how far apart in time, of a source that is as fast as it is taken.
constexpr uint64_t kMostBytes = 1 << 20;
constexpr int64_t kWidest = 1000000000;

MuxerPlan muxer_plan(const PartFile::Plan& plan) {
  const auto container = plan.hls ? v1::CONTAINER_MP4 : plan.container;
  MuxerPlan out{.container = container, .tracks = {}, .names = {}, .start = plan.part.start};
  for (const auto& track : plan.tracks) {
    out.tracks.push_back(track.format);
    out.names.push_back(track.name);
  }
  return out;
}

Facts facts_of(const PartFile::Plan& plan, const std::string& path) {
  return {{"uri", plan.part.uri},
          {"show", plan.hls ? plan.hls->id() : ""},
          {"path", path},
          {"element", plan.element},
          {"container", std::to_string(plan.container)},
          {"number", std::to_string(plan.part.number)},
          {"reason", std::to_string(static_cast<int>(plan.part.reason))},
          {"start", std::to_string(nanoseconds(plan.part.start.time_since_epoch()).count())}};
}

bool is_spooled(const PartFile::Plan& plan) { return !plan.hls && storage::is_remote(plan.part.uri); }

Result<std::string> path_of(const Config& config, const PartFile::Plan& plan) {
  const auto& uri = plan.part.uri;
  if (plan.hls) return plan.hls->path();
  if (!is_spooled(plan)) return place_of(config, uri);
  if (plan.uploads == nullptr) return storage::no_spool(uri);
  return plan.uploads->begin({uri, content_type_of(uri), plan.element, false});
}

}  // namespace

Result<std::shared_ptr<PartFile>> PartFile::make(const Config& config, const Plan& plan) {
  const auto path = path_of(config, plan);
  if (!path.ok()) return path.status();
  auto entry = JournalEntry::make(config, facts_of(plan, plan.hls ? plan.hls->left_behind() : *path));
  auto file = plan.hls ? OpenFile(-1) : make_file(*path, plan.overwrite);
  if (!file.ok()) {
    entry.remove();
    if (is_spooled(plan)) plan.uploads->drop(*path);
    return file.status();
  }
  if (plan.hls && !entry.is_removed()) plan.hls->noted(plan.part.number);
  struct Access : PartFile {
    Access(const Plan& p, OpenFile f, JournalEntry e) : PartFile(p, std::move(f), std::move(e)) {}
  };
  auto out = std::make_shared<Access>(plan, *std::move(file), std::move(entry));
  out->part_.path = *path;
  return out;
}

PartFile::PartFile(const Plan& plan, OpenFile file, JournalEntry entry)
    : container_(plan.container),
      uploads_(is_spooled(plan) ? plan.uploads : nullptr),
      muxer_(plan.hls ? nullptr : make_muxer(muxer_plan(plan))),
      hls_(plan.hls ? std::make_unique<HlsPart>(plan.hls, muxer_plan(plan), plan.part.number) : nullptr),
      file_(std::move(file)),
      entry_(std::move(entry)),
      origin_(plan.origin),
      part_(plan.part) {
  for (const auto& track : plan.tracks) lines_.push_back({track, Splice(track.format)});
}

size_t PartFile::track_of(size_t line) const {
  const auto found =
      std::find_if(lines_.begin(), lines_.end(), [&](const Line& each) { return each.track.line == line; });
  return static_cast<size_t>(found - lines_.begin());
}

bool PartFile::holds(size_t line, const gst::TrackFormat& format) const {
  return has(line) && gst::may_go_on(lines_[track_of(line)].track.format, format);
}

bool PartFile::lies_as(size_t line, const gst::TrackFormat& format) const {
  const auto& head = lines_[track_of(line)].track.format;
  return degrees_of(head.orientation) == degrees_of(format.orientation);
}

// Pictures begin a fragment with their key frames, where that does not make it tiny.
bool PartFile::is_enough(const Line& line, bool key) const {
  if (gathered_.empty()) return false;
  const auto waited = steady_clock::now() - oldest_;
  const bool begins = key && line.track.format.video && waited >= kLongestWait / 3;
  const auto width = gathered_.back().order - gathered_.front().order;
  return begins || waited >= kLongestWait || gathered_bytes_ >= kMostBytes || std::abs(width) >= kWidest;
}

Status PartFile::add(size_t index, gst::Frame frame, int64_t media_time) {
  const auto time = std::max<int64_t>(0, media_time - origin_);
  auto& line = lines_[track_of(index)];
  if (!line.splice.pass(frame, line.last < 0)) return failure_;
  if (failure_.ok() && is_enough(line, frame.key)) failure_ = write_out(false);
  if (!failure_.ok()) return failure_;
  if (gathered_.empty()) oldest_ = steady_clock::now();
  count(line, frame, time);
  const auto track = static_cast<size_t>(&line - lines_.data());
  const auto size = gst_buffer_get_size(frame.data.get());
  gathered_.push_back({{track, frame.data, time, static_cast<int64_t>(frame.duration), frame.key,
                        static_cast<int64_t>(frame.cut)},
                       line.order});
  gathered_bytes_ += size;
  part_.size_bytes += size;
  return ok();
}

void PartFile::count(Line& line, const gst::Frame& frame, int64_t time) {
  ++(line.track.format.video ? part_.video_frames : part_.audio_frames);
  const auto step = line.last >= 0 && time > line.last ? time - line.last : 0;
  const auto length = frame.duration != 0 ? static_cast<int64_t>(frame.duration) : step;
  part_.duration = std::max(part_.duration, nanoseconds(time + length));
  if (time < line.order) line.reorders = true;
  if (time >= line.order) line.ahead = gathered_.size();
  line.order = std::max(line.order, time);
  line.last = time;
}

// What frames to come may be shown before waits for them: decoding times are made of the times of a fragment.
std::vector<Sample> PartFile::take_gathered(bool all) {
  std::vector<Gathered> kept;
  std::vector<Gathered> going;
  for (size_t i = 0; i < gathered_.size(); ++i) {
    const auto& line = lines_[gathered_[i].sample.track];
    const bool waits = !all && line.reorders && i >= line.ahead;
    (waits ? kept : going).push_back(std::move(gathered_[i]));
  }
  for (auto& line : lines_) line.ahead = 0;
  gathered_ = std::move(kept);
  gathered_bytes_ = 0;
  for (const auto& each : gathered_) gathered_bytes_ += gst_buffer_get_size(each.sample.data.get());
  std::stable_sort(going.begin(), going.end(),
                   [](const Gathered& a, const Gathered& b) { return a.order < b.order; });
  std::vector<Sample> out;
  for (auto& each : going) out.push_back(std::move(each.sample));
  return out;
}

Status PartFile::write_out(bool all) {
  const auto samples = take_gathered(all);
  if (samples.empty()) return ok();
  oldest_ = steady_clock::now();
  auto status = hls_ ? write_hls(samples) : write_fragment(samples);
  if (!status.ok()) return status;
  for (const auto& sample : samples) {
    ++(lines_[sample.track].track.format.video ? written_.video_frames : written_.audio_frames);
    written_.duration = std::max(written_.duration, nanoseconds(sample.time + sample.duration));
  }
  return ok();
}

Status PartFile::write_fragment(const std::vector<Sample>& samples) {
  gst::Gathered bytes;
  if (!std::exchange(begun_, true)) bytes.add(muxer_->head());
  muxer_->fragment(samples, bytes);
  return write(bytes);
}

Status PartFile::write_hls(const std::vector<Sample>& samples) {
  begun_ = true;
  auto status = hls_->write(samples);
  part_.size_bytes = hls_->size() + gathered_bytes_;
  return status;
}

// All of it or nothing: what is in the file stays whole.
Status PartFile::write(const gst::Gathered& bytes) {
  const auto length = length_of(file_.get());
  const auto failed = bytes.write(file_.get(), length);
  if (failed != 0) {
    cut_to(file_.get(), length);
    return write_failure(part_.path, failed);
  }
  part_.size_bytes = length + bytes.size() + gathered_bytes_;
  return uploads_ != nullptr ? uploads_->grow(part_.path, length + bytes.size()) : ok();
}

Status PartFile::flush() {
  if (failure_.ok()) failure_ = write_out(true);
  return failure_;
}

Status PartFile::flush_stale() {
  const bool stale = !gathered_.empty() && steady_clock::now() - oldest_ >= kLongestWait;
  return stale ? flush() : failure_;
}

Status PartFile::look_for_file() const {
  struct stat ours {};
  struct stat there {};
  const auto failed = stat(part_.path.c_str(), &there) == 0 ? 0 : errno;
  if (failed != 0 && failed != ENOENT && failed != ENOTDIR) return write_failure(part_.path, failed);
  const bool same = failed == 0 && fstat(file_.get(), &ours) == 0 && ours.st_ino == there.st_ino &&
                    ours.st_dev == there.st_dev;
  return same ? ok() : file_removed(part_.path);
}

Status PartFile::look() {
  if (failure_.ok() && !hls_) failure_ = look_for_file();
  return failure_;
}

Part PartFile::finish(Steps& steps) {
  static_cast<void>(flush());
  part_.outcome = failure_;
  if (hls_) return finish_hls();
  if (!begun_ || length_of(file_.get()) == 0) return drop();
  const auto finished = finish_file(container_, file_.get(), steps);
  part_.size_bytes = length_of(file_.get());
  part_.final = finished.ok();
  if (finished.ok()) entry_.remove();
  if (!failure_.ok()) adopt(finished.ok() ? *finished : written_);
  if (part_.outcome.ok()) part_.outcome = finished.status();
  if (uploads_ == nullptr || !finished.ok()) return part_;
  const auto handed_over = uploads_->finish(part_.path);
  part_.final = handed_over.ok();
  if (part_.outcome.ok()) part_.outcome = handed_over;
  return part_;
}

// What was to be written, and was not, is counted already.
void PartFile::adopt(const Contents& contents) {
  part_.duration = contents.duration;
  part_.video_frames = contents.video_frames;
  part_.audio_frames = contents.audio_frames;
}

// Without a frame.
Part PartFile::drop() {
  if (failure_.ok()) part_.outcome = no_whole_frame();
  if (uploads_ != nullptr) {
    uploads_->drop(part_.path);
  } else if (look_for_file().ok()) {
    unlink(part_.path.c_str());
  }
  entry_.remove();
  adopt({});
  part_.size_bytes = 0;
  return part_;
}

Part PartFile::finish_hls() {
  if (!begun_) part_.outcome = failure_.ok() ? no_whole_frame() : failure_;
  const auto finished = hls_->finish();
  part_.size_bytes = hls_->size();
  part_.final = begun_ && finished.ok();
  if (!failure_.ok()) adopt(written_);
  if (finished.ok()) hls_->leave(std::move(entry_));  // otherwise the next start gives it its end
  if (part_.outcome.ok()) part_.outcome = finished;
  return part_;
}

}  // namespace kms::recorder
