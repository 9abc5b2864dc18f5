// SPDX-License-Identifier: Apache-2.0
// Reads back what MatroskaMuxer wrote, and completes it.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>

#include "elements/recorder/bytes.hpp"
#include "elements/recorder/ebml.hpp"
#include "elements/recorder/file_bytes.hpp"
#include "elements/recorder/matroska_muxer.hpp"

namespace kms::recorder {
namespace {

constexpr uint64_t kLongestHead = 12;         // id and size
constexpr uint64_t kLongestHeader = 1 << 20;  // of what stands before the first cluster
// Milliseconds. Whatever is in the file, nothing that is computed of its times overflows.
constexpr uint64_t kLatestTick = (uint64_t{1} << 40U) - 1;

struct Line {
  bool video = false;
  uint64_t frames = 0;
  int64_t last = -1;  // milliseconds
  int64_t step = 0;   // between the last two
  void add(int64_t time) {
    ++frames;
    if (time <= last) return;
    if (last >= 0) step = time - last;
    last = time;
  }
  int64_t end() const { return last < 0 ? 0 : last + step; }
};

struct Cue {
  int64_t time;
  uint64_t track;
  uint64_t cluster;  // from the segment's content on
  uint64_t block;    // from the cluster's content on
};

// Goes once through a file.
class Scan {
 public:
  Scan(int file, Steps& steps) : file_(file), length_(length_of(file)), steps_(steps) {}

  Status head();
  Status clusters();
  Status complete();
  Contents contents() const;

 private:
  ebml::Head head_at(uint64_t at) const { return ebml::read_head(read_at(file_, at, kLongestHead)); }
  void tracks(std::string_view content);
  void track(std::string_view content);
  uint64_t cluster(uint64_t at, const ebml::Head& head);
  void block(std::string_view start, const Cue& place);
  std::string cues() const;
  std::string seek_head(uint64_t cues_at) const;

  const int file_;
  const uint64_t length_;
  Steps& steps_;
  uint64_t segment_ = 0;  // where its content begins
  uint64_t seek_head_ = 0;
  uint64_t info_ = 0;
  uint64_t duration_ = 0;  // where it stands, or the room for it
  uint64_t tracks_ = 0;
  uint64_t end_ = 0;  // of the last whole cluster
  uint64_t cut_ = 0;  // content of a last cluster that is not whole; 0: it is
  uint64_t cut_at_ = 0;
  std::map<uint64_t, Line> lines_;
  std::vector<Cue> cues_;
  bool cued_ = false;  // the present cluster, of a file without pictures
};

std::string_view child(std::string_view content, uint32_t id) {
  while (!content.empty()) {
    const auto head = ebml::read_head(content);
    if (head.length == 0 || head.size > content.size() - head.length) return {};
    if (head.id == id) return content.substr(head.length, head.size);
    content.remove_prefix(head.length + head.size);
  }
  return {};
}

void Scan::track(std::string_view content) {
  const auto track = child(content, ebml::kTrackNumber);
  const auto type = child(content, ebml::kTrackType);
  if (track.empty() || type.empty()) return;
  lines_[Bytes(track).take(static_cast<unsigned>(track.size()))].video = type[0] == 1;
}

void Scan::tracks(std::string_view content) {
  while (!content.empty()) {
    const auto head = ebml::read_head(content);
    if (head.length == 0 || head.size > content.size() - head.length) return;
    track(content.substr(head.length, head.size));
    content.remove_prefix(head.length + head.size);
  }
}

// Up to the first cluster.
Status Scan::head() {
  const auto header = head_at(0);
  if (header.id != ebml::kHeader) return not_a_recording("it does not begin with EBML");
  const auto segment = head_at(header.length + header.size);
  if (segment.id != ebml::kSegment) return not_a_recording("it has no segment");
  segment_ = header.length + header.size + segment.length;
  uint64_t at = segment_;
  while (at < length_) {
    const auto head = head_at(at);
    if (head.length == 0 || head.id == ebml::kCluster) break;
    if (head.size > kLongestHeader) return not_a_recording("its head is too long");
    const auto content = read_at(file_, at + head.length, head.size);
    if (head.id == ebml::kVoid || head.id == ebml::kSeekHead) seek_head_ = seek_head_ == 0 ? at : seek_head_;
    if (head.id == ebml::kInfo) {
      info_ = at;
      duration_ = at + head.length + ebml::number(ebml::kTimestampScale, 1000000).size();
    }
    if (head.id == ebml::kTracks) {
      tracks_ = at;
      tracks(content);
    }
    at += head.length + head.size;
  }
  end_ = std::min(at, length_);
  if (seek_head_ == 0 || info_ == 0 || tracks_ == 0) return no_whole_frame();
  return ok();
}

Status Scan::clusters() {
  while (end_ < length_) {
    const auto head = head_at(end_);
    if (head.length == 0 || head.id != ebml::kCluster) break;
    const auto content = cluster(end_ + head.length, head);
    ++steps_;
    if (content < head.size) {
      cut_ = content;
      cut_at_ = end_;
    }
    if (content == 0) break;
    end_ += head.length + content;
    if (cut_at_ != 0) break;
  }
  const bool any =
      std::any_of(lines_.begin(), lines_.end(), [](const auto& line) { return line.second.frames > 0; });
  return any ? ok() : no_whole_frame();
}

// How much of its content is whole; nothing when that is no frame.
uint64_t Scan::cluster(uint64_t at, const ebml::Head& head) {
  cued_ = false;
  uint64_t used = 0;
  uint64_t frames = 0;
  Cue place{0, 0, at - head.length - segment_, 0};
  while (used < head.size) {
    const auto start = read_at(file_, at + used, 2 * kLongestHead + 4);
    const auto inner = ebml::read_head(start);
    if (inner.length == 0 || inner.size > length_ || at + used + inner.length + inner.size > length_) break;
    const auto content = std::string_view(start).substr(inner.length);
    if (inner.id == ebml::kTimestamp)
      place.time = static_cast<int64_t>(Bytes(content).take(static_cast<unsigned>(inner.size)) & kLatestTick);
    if (inner.id == ebml::kSimpleBlock || inner.id == ebml::kBlockGroup) {
      place.block = used;
      const auto grouped = inner.id == ebml::kBlockGroup ? ebml::read_head(content).length : 0;
      block(content.substr(grouped), place);
      ++frames;
    }
    used += inner.length + inner.size;
  }
  return frames == 0 ? 0 : used;
}

void Scan::block(std::string_view start, const Cue& place) {
  Bytes in(start);
  auto cue = place;
  cue.track = in.take(1) & 0x7fU;
  cue.time += static_cast<int16_t>(in.take(2));
  const bool key = (in.take(1) & 0x80U) != 0;
  auto& line = lines_[cue.track];
  line.add(cue.time);
  const bool pictures =
      std::any_of(lines_.begin(), lines_.end(), [](const auto& each) { return each.second.video; });
  if (!key || line.video != pictures || (!pictures && cued_)) return;
  cued_ = true;
  cues_.push_back(cue);
}

std::string Scan::cues() const {
  std::string points;
  for (const auto& cue : cues_) {
    const auto where = ebml::number(ebml::kCueTrack, cue.track) +
                       ebml::number(ebml::kCueClusterPosition, cue.cluster) +
                       ebml::number(ebml::kCueRelativePosition, cue.block);
    points += ebml::element(ebml::kCuePoint, ebml::number(ebml::kCueTime, static_cast<uint64_t>(cue.time)) +
                                                 ebml::element(ebml::kCueTrackPositions, where));
  }
  return ebml::element(ebml::kCues, points);
}

std::string Scan::seek_head(uint64_t cues_at) const {
  const auto seek = [this](uint32_t id, uint64_t at) {
    return ebml::element(ebml::kSeek, ebml::element(ebml::kSeekId, ebml::id(id)) +
                                          ebml::number(ebml::kSeekPosition, at - segment_));
  };
  const auto out = ebml::element(
      ebml::kSeekHead, seek(ebml::kInfo, info_) + seek(ebml::kTracks, tracks_) + seek(ebml::kCues, cues_at));
  return out + ebml::filler(MatroskaMuxer::kSeekHeadRoom - out.size());
}

// The index goes behind what is there before anything says that it is.
Status Scan::complete() {
  if (cut_at_ != 0) {
    const auto failed = write_at(file_, cut_at_ + ebml::id(ebml::kCluster).size(), ebml::short_size(cut_));
    if (failed != 0) return write_failure("the last cluster", failed);
  }
  const auto index = cues();
  if (cut_to(file_, end_) != 0) return write_failure("the file's end", errno);
  const auto appended = append(file_, end_, index);
  if (!appended.ok()) return appended;
  const auto milliseconds = std::chrono::duration<double, std::milli>(contents().duration).count();
  const int failed = write_at(file_, duration_, ebml::real(ebml::kDuration, milliseconds)) |
                     write_at(file_, seek_head_, seek_head(end_)) |
                     write_at(file_, segment_ - 8, ebml::long_size(end_ + index.size() - segment_));
  return failed == 0 ? ok() : write_failure("the file's head", failed);
}

Contents Scan::contents() const {
  Contents out;
  for (const auto& [id, line] : lines_) {
    (line.video ? out.video_frames : out.audio_frames) += line.frames;
    out.duration = std::max<std::chrono::nanoseconds>(out.duration, std::chrono::milliseconds(line.end()));
  }
  return out;
}

}  // namespace

Result<Contents> finish_matroska(int file, Steps& steps) {
  Scan scan(file, steps);
  for (const auto step : {&Scan::head, &Scan::clusters, &Scan::complete}) {
    const auto status = (scan.*step)();
    if (!status.ok()) return status;
  }
  auto out = scan.contents();
  out.size_bytes = length_of(file);
  return out;
}

}  // namespace kms::recorder
