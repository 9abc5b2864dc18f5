// SPDX-License-Identifier: Apache-2.0
// Reads back what Mp4Muxer wrote, and completes it: one "mdat" around all fragments, and a "moov" of all
// frames behind.
#include <algorithm>
#include <cerrno>
#include <optional>

#include "elements/recorder/boxes.hpp"
#include "elements/recorder/bytes.hpp"
#include "elements/recorder/file_bytes.hpp"
#include "elements/recorder/mp4_muxer.hpp"

namespace kms::recorder {
namespace {

constexpr uint64_t kLongestBox = 64U << 20;  // of "moov" and "moof"
constexpr uint64_t kMovie = Mp4Muxer::kMovieTimescale;
// Decoding times. Whatever is in the file, nothing that is computed of its times overflows.
constexpr uint64_t kLatest = (uint64_t{1} << 56U) - 1;
constexpr std::chrono::microseconds kLongest{std::chrono::hours(10000)};

struct Entry {
  uint64_t decoding;  // in the track's scale, as all here
  uint32_t size;
  int32_t offset;  // from the decoding time to when it is shown
  bool key;
};
struct Chunk {
  uint64_t at;  // in the file
  uint32_t frames;
};
struct Line {
  bool video = false;
  uint64_t timescale = 1;
  std::string_view whole = {};  // its "trak" as it was made
  std::vector<Entry> entries = {};
  std::vector<Chunk> chunks = {};
  uint64_t length = 0;  // of the last frame

  int64_t shown(const Entry& entry) const { return static_cast<int64_t>(entry.decoding) + entry.offset; }
  int64_t first_shown() const {
    int64_t first = shown(entries.front());
    for (const auto& entry : entries) first = std::min(first, shown(entry));
    return first;
  }
  uint64_t media_length() const { return entries.back().decoding + length - entries.front().decoding; }
  uint64_t length_of(size_t index) const {
    return index + 1 < entries.size() ? entries[index + 1].decoding - entries[index].decoding : length;
  }
  uint64_t in_movie(uint64_t time) const {
    return time / timescale * kMovie + time % timescale * kMovie / timescale;
  }
  uint64_t shown_from() const { return in_movie(static_cast<uint64_t>(std::max<int64_t>(first_shown(), 0))); }
  uint64_t end() const { return entries.empty() ? 0 : shown_from() + in_movie(media_length()); }
};

// `bytes` with `value` in place of what is at `at`.
std::string with(std::string_view bytes, size_t at, uint64_t value, unsigned width) {
  std::string out(bytes);
  if (at + width <= out.size()) out.replace(at, width, number(value, width));
  return out;
}

// Values that follow each other and are equal.
template <typename Value>
std::string run_lengths(const Line& line, const Value& value_of) {
  std::string out;
  uint64_t runs = 0;
  uint64_t count = 0;
  uint64_t value = 0;
  const auto close = [&] {
    if (count == 0) return;
    ++runs;
    put(out, count, 4);
    put(out, value, 4);
  };
  for (size_t i = 0; i < line.entries.size(); ++i) {
    const uint64_t next = value_of(i);
    if (count == 0 || next != value) {
      close();
      count = 0;
      value = next;
    }
    ++count;
  }
  close();
  return number(runs, 4) + out;
}

std::string sizes(const Line& line) {
  auto out = number(0, 4) + number(line.entries.size(), 4);
  for (const auto& entry : line.entries) put(out, entry.size, 4);
  return full_box("stsz", 0, out);
}

std::string keys(const Line& line) {
  std::string out;
  uint64_t count = 0;
  for (size_t i = 0; i < line.entries.size(); ++i) {
    if (!line.entries[i].key) continue;
    put(out, i + 1, 4);
    ++count;
  }
  return count == line.entries.size() ? "" : full_box("stss", 0, number(count, 4) + out);
}

std::string chunks(const Line& line) {
  std::string frames;
  std::string places;
  uint64_t runs = 0;
  uint32_t before = 0;
  for (size_t i = 0; i < line.chunks.size(); ++i) {
    put(places, line.chunks[i].at, 8);
    if (line.chunks[i].frames == before) continue;
    before = line.chunks[i].frames;
    ++runs;
    frames += number(i + 1, 4) + number(before, 4) + number(1, 4);
  }
  return full_box("stsc", 0, number(runs, 4) + frames) +
         full_box("co64", 0, number(line.chunks.size(), 4) + places);
}

std::string sample_table(const Line& line) {
  const auto description = find_box(line.whole, {"trak", "mdia", "minf", "stbl", "stsd"});
  auto out = std::string(description.whole) +
             full_box("stts", 0, run_lengths(line, [&](size_t i) { return line.length_of(i); }));
  const auto offset = [&](size_t i) { return static_cast<uint32_t>(line.entries[i].offset); };
  const bool reordered =
      std::any_of(line.entries.begin(), line.entries.end(), [](const Entry& e) { return e.offset != 0; });
  if (reordered) out += full_box("ctts", kVersion1, run_lengths(line, offset));
  return box("stbl", out + keys(line) + sizes(line) + chunks(line));
}

// Nothing until its first frame, then all of it.
std::string edits(const Line& line) {
  const auto before = line.shown_from();
  const auto begin =
      static_cast<uint64_t>(line.first_shown() - static_cast<int64_t>(line.entries.front().decoding));
  std::string out = number(line.in_movie(line.media_length()), 8) + number(begin, 8) + number(0x10000, 4);
  if (before != 0) out = number(before, 8) + number(~uint64_t{0}, 8) + number(0x10000, 4) + out;
  return box("edts", full_box("elst", kVersion1, number(before != 0 ? 2 : 1, 4) + out));
}

std::string track(const Line& line) {
  const auto part = [&](const std::vector<std::string_view>& way) { return find_box(line.whole, way).whole; };
  constexpr size_t kHeadDuration = 36;
  constexpr size_t kMediaDuration = 32;
  std::string media(part({"trak", "mdia", "minf", "vmhd"}));
  media.append(part({"trak", "mdia", "minf", "smhd"})).append(part({"trak", "mdia", "minf", "dinf"}));
  auto inner = with(part({"trak", "mdia", "mdhd"}), kMediaDuration, line.media_length(), 8);
  inner.append(part({"trak", "mdia", "hdlr"})).append(box("minf", media + sample_table(line)));
  return box("trak",
             with(part({"trak", "tkhd"}), kHeadDuration, line.end(), 8) + edits(line) + box("mdia", inner));
}

// Goes once through a file.
class Scan {
 public:
  Scan(int file, Steps& steps) : file_(file), length_(length_of(file)), steps_(steps) {}

  Status head();
  Status fragments();
  Status complete();
  Contents contents() const;

 private:
  struct Outer {
    std::string type;
    uint64_t size = 0;    // 0: no whole box begins there
    uint64_t header = 8;  // bytes
  };
  Outer box_at(uint64_t at) const;
  void line(std::string_view trak);
  void moof(std::string_view content, uint64_t at);
  void traf(std::string_view content, uint64_t at);
  std::string movie() const;

  const int file_;
  const uint64_t length_;
  Steps& steps_;
  uint64_t room_ = 0;  // where "mdat" will begin, or does
  uint64_t end_ = 0;   // of the last whole fragment
  std::string moov_;
  std::vector<Line> lines_;
};

Scan::Outer Scan::box_at(uint64_t at) const {
  const auto bytes = read_at(file_, at, 16);
  if (bytes.size() < 8) return {};
  Bytes in(bytes);
  Outer out{{}, in.take(4), 8};
  out.type = in.text(4);
  if (out.size == 1 && bytes.size() == 16) out = {out.type, in.take(8), 16};
  if (out.size < out.header || out.size > length_ - at) out.size = 0;
  return out;
}

void Scan::line(std::string_view trak) {
  const auto handler = find_box(trak, {"trak", "mdia", "hdlr"}).content;
  const auto head = find_box(trak, {"trak", "mdia", "mdhd"}).content;
  Line line{.video = handler.substr(0, 12).ends_with("vide"), .whole = trak};
  line.timescale = head.size() >= 24 ? std::max<uint64_t>(1, Bytes(head.substr(20)).take(4)) : 1;
  lines_.push_back(std::move(line));
}

Status Scan::head() {
  const auto type = box_at(0);
  if (type.type != "ftyp" || type.size == 0) return not_a_recording("it does not begin with ftyp");
  room_ = type.size;
  constexpr uint64_t kRoom = 16;
  const auto movie = box_at(room_ + kRoom);
  if (movie.type != "moov" || movie.size == 0) return no_whole_frame();
  if (movie.size > kLongestBox) return not_a_recording("its head is too long");
  moov_ = read_at(file_, room_ + kRoom, movie.size);
  for (const auto& found : boxes_in(find_box(moov_, {"moov"}).content)) {
    if (found.type == "trak") line(found.whole);
  }
  end_ = room_ + kRoom + movie.size;
  return ok();
}

Status Scan::fragments() {
  while (true) {
    const auto head = box_at(end_);
    if (head.type != "moof" || head.size == 0 || head.size > kLongestBox) break;
    const auto data = box_at(end_ + head.size);
    if (data.type != "mdat" || data.size == 0) break;
    const auto bytes = read_at(file_, end_, head.size);
    moof(std::string_view(bytes).substr(8), end_);
    end_ += head.size + data.size;
    ++steps_;
  }
  const bool any =
      std::any_of(lines_.begin(), lines_.end(), [](const Line& line) { return !line.entries.empty(); });
  return any ? ok() : no_whole_frame();
}

void Scan::moof(std::string_view content, uint64_t at) {
  for (const auto& found : boxes_in(content)) {
    if (found.type == "traf") traf(found.content, at);
  }
}

void Scan::traf(std::string_view content, uint64_t at) {
  Bytes head(find_box(content, {"tfhd"}).content);
  Bytes time(find_box(content, {"tfdt"}).content);
  Bytes run(find_box(content, {"trun"}).content);
  head.take(4);
  const auto id = head.take(4);
  if (id == 0 || id > lines_.size()) return;
  auto& line = lines_[id - 1];
  time.take(4);
  auto decoding = time.take(8) & kLatest;
  run.take(4);
  const auto count = run.take(4);
  const auto offset = run.take(4);
  if (run.failed() || time.failed() || count > run.left() / 16) return;
  line.chunks.push_back({at + offset, static_cast<uint32_t>(count)});
  for (uint64_t i = 0; i < count; ++i) {
    line.length = run.take(4);
    const auto size = static_cast<uint32_t>(run.take(4));
    const bool key = (run.take(4) & 0x10000U) == 0;
    line.entries.push_back({decoding, size, static_cast<int32_t>(run.take(4)), key});
    decoding += line.length;
  }
}

std::string Scan::movie() const {
  constexpr size_t kDuration = 32;
  const auto longest = std::max_element(lines_.begin(), lines_.end(),
                                        [](const Line& a, const Line& b) { return a.end() < b.end(); });
  auto out = with(find_box(moov_, {"moov", "mvhd"}).whole, kDuration, longest->end(), 8);
  for (const auto& line : lines_) {
    if (!line.entries.empty()) out += track(line);
  }
  return box("moov", out);
}

// The index goes behind what is there before the "mdat" hides the fragments.
Status Scan::complete() {
  if (cut_to(file_, end_) != 0) return write_failure("the file's end", errno);
  const auto appended = append(file_, end_, movie());
  if (!appended.ok()) return appended;
  const auto failed = write_at(file_, room_, number(1, 4) + "mdat" + number(end_ - room_, 8));
  return failed == 0 ? ok() : write_failure("the file's head", failed);
}

Contents Scan::contents() const {
  Contents out;
  for (const auto& line : lines_) {
    (line.video ? out.video_frames : out.audio_frames) += line.entries.size();
    const auto end = std::chrono::microseconds(static_cast<int64_t>(line.end() % kLatest));
    out.duration = std::max<std::chrono::nanoseconds>(out.duration, std::min(end, kLongest));
  }
  return out;
}

}  // namespace

Result<Contents> finish_mp4(int file, Steps& steps) {
  Scan scan(file, steps);
  for (const auto step : {&Scan::head, &Scan::fragments, &Scan::complete}) {
    const auto status = (scan.*step)();
    if (!status.ok()) return status;
  }
  auto out = scan.contents();
  out.size_bytes = length_of(file);
  return out;
}

}  // namespace kms::recorder
