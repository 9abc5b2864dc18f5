// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/mp4_muxer.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "elements/recorder/boxes.hpp"
#include "elements/recorder/bytes.hpp"
#include "elements/recorder/codec_setup.hpp"

namespace kms::recorder {
namespace {

constexpr uint64_t kVideoTimescale = 90000;
constexpr unsigned kIsSync = 0x02000000;   // sample flags: depends on no other
constexpr unsigned kIsDelta = 0x01010000;  // depends on others, is no sync sample

const char* entry_of(const std::string& codec) {
  static const std::map<std::string, const char*> all{
      {"H264", "avc1"}, {"H265", "hvc1"}, {"AV1", "av01"}, {"OPUS", "Opus"}};
  const auto found = all.find(codec);
  return found == all.end() ? "mp4a" : found->second;
}

uint64_t timescale_of(const gst::TrackFormat& format) {
  if (format.video) return kVideoTimescale;
  return format.rate != 0 && format.codec != "OPUS" ? format.rate : 48000;
}

uint64_t to_scale(int64_t time, uint64_t timescale) {
  const auto value = static_cast<uint64_t>(std::max<int64_t>(time, 0));
  constexpr uint64_t kSecond = 1000000000;
  return value / kSecond * timescale + (value % kSecond * timescale + kSecond / 2) / kSecond;
}

std::string zeros(size_t count) { return std::string(count, '\0'); }

std::string visual_entry(const gst::TrackFormat& format) {
  return box(entry_of(format.codec), zeros(6) + number(1, 2) + zeros(16) + number(format.width, 2) +
                                         number(format.height, 2) + number(0x00480000, 4) +
                                         number(0x00480000, 4) + zeros(4) + number(1, 2) + zeros(32) +
                                         number(0x18, 2) + number(0xffff, 2) + mp4_setup(format));
}

std::string sound_entry(const gst::TrackFormat& format) {
  const auto rate = timescale_of(format);
  return box(entry_of(format.codec),
             zeros(6) + number(1, 2) + zeros(8) + number(format.channels != 0 ? format.channels : 2, 2) +
                 number(16, 2) + zeros(4) + number(rate < 65536 ? rate << 16U : 0, 4) + mp4_setup(format));
}

// Turned clockwise: a, b, u, c, d, v, x, y, w, of which the last of each three has 30 bits behind the point.
std::string matrix(const gst::TrackFormat& format) {
  const auto turned = degrees_of(format.orientation);
  const auto one = uint64_t{0x10000};
  const auto minus_one = uint64_t{0xffff0000};
  const auto entry = [](uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    return number(a, 4) + number(b, 4) + zeros(4) + number(c, 4) + number(d, 4) + zeros(4);
  };
  const auto x = number((turned == 90 ? format.height : turned == 180 ? format.width : 0) << 16U, 4);
  const auto y = number((turned == 270 ? format.width : turned == 180 ? format.height : 0) << 16U, 4);
  const auto end = x + y + number(0x40000000, 4);
  if (turned == 90) return entry(0, one, minus_one, 0) + end;
  if (turned == 180) return entry(minus_one, 0, 0, minus_one) + end;
  if (turned == 270) return entry(0, minus_one, one, 0) + end;
  return entry(one, 0, 0, one) + end;
}

// Seconds since the beginning of 1904.
uint64_t mp4_date(std::chrono::system_clock::time_point time) {
  return static_cast<uint64_t>(
             std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count()) +
         2082844800;
}

}  // namespace

Mp4Muxer::Mp4Muxer(const MuxerPlan& plan) : plan_(plan) {
  for (const auto& format : plan_.tracks) lines_.push_back({timescale_of(format), 0, 0});
}

std::string Mp4Muxer::head() {
  const auto date = number(mp4_date(plan_.start), 8);
  auto movie =
      full_box("mvhd", kVersion1,
               date + date + number(kMovieTimescale, 4) + zeros(8) + number(0x10000, 4) + number(0x0100, 2) +
                   zeros(10) + matrix({}) + zeros(24) + number(plan_.tracks.size() + 1, 4));
  std::string extends;
  for (size_t i = 0; i < plan_.tracks.size(); ++i) {
    movie += track(i);
    extends += full_box("trex", 0, number(i + 1, 4) + number(1, 4) + zeros(12));
  }
  return box("ftyp", "isom" + number(0x200, 4) + "isomiso6mp41") + box("free", zeros(8)) +
         box("moov", movie + box("mvex", extends));
}

std::string Mp4Muxer::track(size_t index) const {
  const auto& format = plan_.tracks[index];
  const auto date = number(mp4_date(plan_.start), 8);
  const auto head = full_box("tkhd", kVersion1 | 3,
                             date + date + number(index + 1, 4) + zeros(4) + zeros(8) + zeros(8) + zeros(2) +
                                 number(format.video ? 0 : 1, 2) + number(format.video ? 0 : 0x100, 2) +
                                 zeros(2) + matrix(format) + number(uint64_t{format.width} << 16U, 4) +
                                 number(uint64_t{format.height} << 16U, 4));
  const auto media_head =
      full_box("mdhd", kVersion1,
               date + date + number(lines_[index].timescale, 4) + zeros(8) + number(0x55c4, 2) + zeros(2));
  const auto handler = full_box(
      "hdlr", 0, zeros(4) + (format.video ? "vide" : "soun") + zeros(12) + plan_.names[index] + zeros(1));
  const auto kind = format.video ? full_box("vmhd", 1, zeros(8)) : full_box("smhd", 0, zeros(4));
  const auto where = box("dinf", full_box("dref", 0, number(1, 4) + full_box("url ", 1, "")));
  const auto entry = format.video ? visual_entry(format) : sound_entry(format);
  const auto table = box("stbl", full_box("stsd", 0, number(1, 4) + entry) + full_box("stts", 0, zeros(4)) +
                                     full_box("stsc", 0, zeros(4)) + full_box("stsz", 0, zeros(8)) +
                                     full_box("stco", 0, zeros(4)));
  return box("trak", head + box("mdia", media_head + handler + box("minf", kind + where + table)));
}

// Frames come in decoding order and say when they are shown; decoding times are the same times in their
// order. Where frames are not reordered both are equal.
void Mp4Muxer::set_times(Run& run, Line& line) const {
  for (const auto* sample : run.samples) run.decoding.push_back(to_scale(sample->time, line.timescale));
  std::sort(run.decoding.begin(), run.decoding.end());
  for (auto& time : run.decoding) {
    time = std::max(time, line.next);
    line.next = time + 1;
  }
}

std::vector<Mp4Muxer::Run> Mp4Muxer::runs_of(const std::vector<Sample>& samples) {
  std::vector<Run> out(plan_.tracks.size());
  for (const auto& sample : samples) {
    auto& run = out[sample.track];
    run.samples.push_back(&sample);
    run.bytes += gst_buffer_get_size(sample.data.get());
  }
  for (size_t i = 0; i < out.size(); ++i) set_times(out[i], lines_[i]);
  return out;
}

void Mp4Muxer::fragment(const std::vector<Sample>& samples, gst::Gathered& out) {
  auto runs = runs_of(samples);
  ++sequence_;
  const auto lines = lines_;
  const auto size = moof(runs, 0).size();
  lines_ = lines;
  out.add(moof(runs, size));
  uint64_t bytes = 8;
  for (const auto& run : runs) bytes += run.bytes;
  out.add(number(bytes, 4) + "mdat");
  for (const auto& run : runs) {
    for (const auto* sample : run.samples) out.add(sample->data);
  }
}

std::string Mp4Muxer::moof(std::vector<Run>& runs, uint64_t size_of_moof) {
  auto out = full_box("mfhd", 0, number(sequence_, 4));
  auto offset = size_of_moof + 8;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].samples.empty()) continue;
    out += traf(i, runs[i], offset);
    offset += runs[i].bytes;
  }
  return box("moof", out);
}

std::string Mp4Muxer::traf(size_t index, Run& run, uint64_t data_offset) {
  auto& line = lines_[index];
  constexpr unsigned kBaseIsMoof = 0x020000;
  constexpr unsigned kFields = 0x000001 | 0x000100 | 0x000200 | 0x000400 | 0x000800;
  std::string frames;
  for (size_t i = 0; i < run.samples.size(); ++i) {
    const auto& sample = *run.samples[i];
    const auto time = run.decoding[i];
    const auto known = to_scale(sample.duration, line.timescale);
    const bool last = i + 1 == run.samples.size();
    line.length = !last ? run.decoding[i + 1] - time : known != 0 ? known : line.length;
    put(frames, line.length, 4);
    put(frames, gst_buffer_get_size(sample.data.get()), 4);
    put(frames, sample.key ? kIsSync : kIsDelta, 4);
    put(frames, to_scale(sample.time, line.timescale) - time, 4);  // signed
  }
  return box("traf", full_box("tfhd", kBaseIsMoof, number(index + 1, 4)) +
                         full_box("tfdt", kVersion1, number(run.decoding.front(), 8)) +
                         full_box("trun", kVersion1 | kFields,
                                  number(run.samples.size(), 4) + number(data_offset, 4) + frames));
}

}  // namespace kms::recorder
