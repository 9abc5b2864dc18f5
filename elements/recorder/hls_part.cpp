// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_part.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elements/recorder/hls_names.hpp"

namespace kms::recorder {
namespace {

// Pictures decide where a segment may begin, where there are some.
size_t main_track(const MuxerPlan& plan) {
  const auto found =
      std::find_if(plan.tracks.begin(), plan.tracks.end(), [](const auto& t) { return t.video; });
  return found == plan.tracks.end() ? 0 : static_cast<size_t>(found - plan.tracks.begin());
}

}  // namespace

HlsPart::HlsPart(std::shared_ptr<HlsShow> show, const MuxerPlan& plan, unsigned number)
    : show_(std::move(show)),
      muxer_(make_muxer(plan)),
      start_(plan.start),
      number_(number),
      prefix_(hls_prefix(show_->stem(), number)),
      main_(main_track(plan)),
      cutter_(main_, show_->options().target) {}

Status HlsPart::begin() {
  const auto name = prefix_ + "init.mp4";
  auto file = show_->file(name);
  if (!file.ok()) return file.status();
  const auto head = muxer_->head();
  show_->keep(name, head);
  if (auto status = file->write(head); !status.ok()) {
    file->drop();
    return status;
  }
  size_ += file->size();
  begun_ = true;
  show_->begin(number_, name, start_);
  return file->commit();
}

Status HlsPart::write(const std::vector<Sample>& samples) {
  if (!begun_) {
    if (auto status = begin(); !status.ok()) return status;
  }
  for (const auto& piece : cutter_.cut(samples)) {
    if (auto status = write_piece(piece); !status.ok()) return status;
  }
  return ok();
}

Status HlsPart::write_piece(const HlsCutter::Piece& piece) {
  if (!piece.samples.empty()) {
    if (auto status = write_samples(piece.samples); !status.ok()) return status;
  }
  return piece.ends ? end_segment(*piece.ends) : ok();
}

Status HlsPart::write_samples(const std::vector<Sample>& samples) {
  if (!segment_) {
    name_ = fmt::format("{}{}.m4s", prefix_, ++segments_);
    auto file = show_->file(name_);
    if (!file.ok()) return file.status();
    segment_ = *std::move(file);
  }
  gst::Gathered bytes;
  muxer_->fragment(samples, bytes);
  if (auto status = segment_->write(bytes); !status.ok()) return status;
  size_ += bytes.size();
  for (const auto& sample : samples) {
    if (sample.track == main_) written_ = std::max(written_, sample.time + sample.duration);
  }
  return ok();
}

Status HlsPart::end_segment(std::chrono::nanoseconds duration) {
  if (!segment_) return ok();
  auto file = *std::exchange(segment_, std::nullopt);
  if (file.size() == 0) {  // there was no room for a frame
    file.drop();
    return ok();
  }
  const std::chrono::nanoseconds end(written_);
  if (auto status = show_->commit(file, name_, duration, end); !status.ok()) return status;
  return show_->add(number_, name_, duration);
}

bool HlsPart::wants_key_frame() { return cutter_.is_due() && std::exchange(asked_, segments_) != segments_; }

Status HlsPart::finish() {
  if (!begun_) return ok();
  auto status = end_segment(cutter_.rest(written_));
  const auto ended = show_->end(number_);
  return status.ok() ? ended : status;
}

}  // namespace kms::recorder
