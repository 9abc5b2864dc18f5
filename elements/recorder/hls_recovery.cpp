// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_recovery.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "elements/recorder/boxes.hpp"
#include "elements/recorder/bytes.hpp"
#include "elements/recorder/file_bytes.hpp"
#include "elements/recorder/hls_names.hpp"
#include "elements/recorder/hls_playlist.hpp"
#include "elements/recorder/kept_show.hpp"
#include "elements/recorder/recording_file.hpp"

namespace kms::recorder {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view kTarget = "#EXT-X-TARGETDURATION:";
constexpr std::string_view kBreak = "#EXT-X-DISCONTINUITY\n";
constexpr std::string_view kDuration = "#EXTINF:";
constexpr std::string_view kEnd = "#EXT-X-ENDLIST\n";
constexpr double kLatest = 1e6;  // seconds; whatever is in a file, nothing overflows

// Nothing of what is not there, or is a link.
std::string content_of(const std::string& path) {
  const OpenFile file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return file.get() < 0 ? std::string() : read_at(file.get(), 0, length_of(file.get()));
}

Result<OpenFile> new_file(const std::string& path, const std::string& content) {
  unlink(path.c_str());  // of a server that was killed at it
  auto file = make_file(path, false);
  if (!file.ok()) return file.status();
  const auto failed = write_at(file->get(), 0, content);
  return failed == 0 ? std::move(file) : write_failure(path, failed);
}

// Under another name until it is whole.
Status put_file(const std::string& path, const std::string& content) {
  const auto beside = path + ".recovering";
  const auto file = new_file(beside, content);
  if (!file.ok()) return file.status();
  return std::rename(beside.c_str(), path.c_str()) == 0 ? ok() : write_failure(path, errno);
}

// As a playlist says it; nothing that is no duration.
double seconds_at(const char* text) {
  const auto out = std::strtod(text, nullptr);
  return out > 0 && out < kLatest ? out : 0;
}

// The segments of a part that the playlist has: how many, and how long together.
struct Listed {
  unsigned segments = 0;
  nanoseconds duration{0};
};

Listed listed_of(const std::string& text, const std::string& prefix) {
  Listed out;
  std::istringstream lines(text);
  double seconds = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kDuration)) seconds = seconds_at(line.c_str() + kDuration.size());
    if (!line.starts_with(prefix)) continue;
    out.segments = static_cast<unsigned>(std::strtoul(line.c_str() + prefix.size(), nullptr, 10));
    out.duration += nanoseconds(static_cast<int64_t>(seconds * 1e9));
  }
  return out;
}

// Bytes of a segment up to the end of its last whole fragment.
std::string whole_part(const std::string& bytes) {
  size_t end = 0;
  for (const auto& box : boxes_in(bytes)) {
    if (box.type == "mdat") end = static_cast<size_t>(box.whole.data() - bytes.data()) + box.whole.size();
  }
  return bytes.substr(0, end);
}

// When a segment begins, in the time of its part: its pictures do, where there are some.
nanoseconds begin_of(const std::string& init, const std::string& segment) {
  std::vector<double> scales;
  std::vector<bool> video;
  for (const auto& trak : boxes_in(find_box(init, {"moov"}).content)) {
    if (trak.type != "trak") continue;
    const auto head = find_box(trak.whole, {"trak", "mdia", "mdhd"}).content;
    scales.push_back(
        static_cast<double>(head.size() >= 24 ? std::max<uint64_t>(1, Bytes(head.substr(20)).take(4)) : 1));
    video.push_back(find_box(trak.whole, {"trak", "mdia", "hdlr"}).content.substr(0, 12).ends_with("vide"));
  }
  std::optional<double> begin;
  for (const auto& traf : boxes_in(find_box(segment, {"moof"}).content)) {
    Bytes head(find_box(traf.content, {"tfhd"}).content);
    Bytes time(find_box(traf.content, {"tfdt"}).content);
    head.take(4);
    time.take(4);
    const auto id = head.take(4);
    if (traf.type != "traf" || id == 0 || id > scales.size()) continue;
    const auto at = std::min(static_cast<double>(time.take(8)) / scales[id - 1], kLatest);
    if (!begin || video[id - 1]) begin = at;
  }
  return nanoseconds(static_cast<int64_t>(begin.value_or(0) * 1e9));
}

// Whether a segment is whole, and no earlier recording's of that name.
bool is_whole(const std::string& segment, const std::string& init) {
  std::error_code failed;
  const auto begun = std::filesystem::last_write_time(init, failed);
  if (failed) return false;
  const auto ended = std::filesystem::last_write_time(segment, failed);
  return !failed && ended >= begun;
}

// What is in a segment, seen as a file of its own.
Result<Contents> look_into(const std::string& scratch, const std::string& init, const std::string& segment) {
  const auto file = new_file(scratch, init + segment);
  unlink(scratch.c_str());
  if (!file.ok()) return file.status();
  Steps steps = 0;  // it is short
  return finish_file(v1::CONTAINER_MP4, file->get(), steps);
}

// What there is of a part's segment that the playlist does not have.
struct Left {
  std::string bytes;
  bool whole = false;  // and has its name
  nanoseconds duration{0};
  nanoseconds end{0};  // in the time of its part
};

// The files of one part of a recording.
class LeftPart {
 public:
  LeftPart(const std::string& playlist, unsigned part)
      : base_(playlist.substr(0, playlist.rfind('/') + 1)),
        stem_(playlist.substr(base_.size(), playlist.rfind('.') - base_.size())),
        part_(part),
        prefix_(hls_prefix(stem_, part)),
        init_(content_of(init_path())) {}

  const std::string& prefix() const { return prefix_; }
  std::string segment(unsigned number) const { return fmt::format("{}{}.m4s", prefix_, number); }
  std::string path(unsigned number) const { return base_ + segment(number); }
  std::string unfinished(unsigned number) const { return path(number) + ".tmp"; }

  // Without a whole frame it has no duration. Errors: NO_SPACE, WRITE_FAILED; it stays as it is.
  Result<Left> look(unsigned number) const;
  // Where a playlist leads from one part to the next, or begins.
  std::string head(bool begins, nanoseconds first) const;
  // Where in a playlist its segments end: before a later part. Nowhere: the playlist has slid past it.
  std::optional<size_t> place_in(const std::string& text) const;

 private:
  std::string init_path() const { return base_ + prefix_ + "init.mp4"; }
  Left stored(unsigned number) const;

  const std::string base_;
  const std::string stem_;
  const unsigned part_;
  const std::string prefix_;
  const std::string init_;
};

Result<Left> LeftPart::look(unsigned number) const {
  Left out;
  const auto early = unfinished(number);
  const bool begun = access(early.c_str(), F_OK) == 0;
  out.whole = !begun && is_whole(path(number), init_path());
  out.bytes = whole_part(content_of(out.whole ? path(number) : early));
  if (out.bytes.empty()) return begun ? out : stored(number);
  const auto found = look_into(early + ".look", init_, out.bytes);
  const auto reason = reason_of(found.status());
  if (reason == "NO_SPACE" || reason == "WRITE_FAILED") return found.status();
  if (!found.ok()) return out;
  out.end = found->duration;
  out.duration = out.end - begin_of(init_, out.bytes);
  return out;
}

Left LeftPart::stored(unsigned number) const {
  std::istringstream text(content_of(path(number) + std::string(kLength)));
  int64_t duration = 0;
  int64_t end = 0;
  text >> duration >> end;
  return {.bytes = {}, .whole = true, .duration = nanoseconds(duration), .end = nanoseconds(end)};
}

std::string LeftPart::head(bool begins, nanoseconds first) const {
  const HlsPlaylist fresh({.target = std::chrono::ceil<std::chrono::seconds>(first)});
  return fmt::format("{}#EXT-X-MAP:URI=\"{}init.mp4\"\n", begins ? fresh.text() : std::string(kBreak),
                     prefix_);
}

std::optional<size_t> LeftPart::place_in(const std::string& text) const {
  const auto map = fmt::format("#EXT-X-MAP:URI=\"{}-", stem_);
  for (auto at = text.find(map); at != std::string::npos; at = text.find(map, at + 1)) {
    if (std::strtoul(text.c_str() + at + map.size(), nullptr, 10) <= part_) continue;
    if (!text.substr(0, at).ends_with(kBreak)) return std::nullopt;
    return at - kBreak.size();
  }
  return text.size();
}

// Without its end, which it may have got after another part.
std::string open_playlist(const std::string& path) {
  auto text = content_of(path);
  if (text.ends_with(kEnd)) text.resize(text.size() - kEnd.size());
  return text;
}

// No segment, rounded, may be longer than the playlist says (RFC 8216, 4.3.3.1).
void raise_target(std::string& text) {
  double longest = 0;
  for (auto at = text.find(kDuration); at != std::string::npos; at = text.find(kDuration, at + 1))
    longest = std::max(longest, std::round(seconds_at(text.c_str() + at + kDuration.size())));
  const auto at = text.find(kTarget);
  if (at == std::string::npos) return;
  const auto number = at + kTarget.size();
  if (std::strtod(text.c_str() + number, nullptr) >= longest) return;
  text.replace(number, text.find('\n', number) - number, fmt::format("{:.0f}", longest));
}

}  // namespace

Result<Contents> finish_hls(const std::string& playlist, unsigned part) {
  const LeftPart left(playlist, part);
  auto text = open_playlist(playlist);
  const auto listed = listed_of(text, left.prefix());
  const auto place = left.place_in(text);
  Contents contents{.duration = listed.duration};
  std::string rest;
  auto number = listed.segments + 1;
  for (; place; ++number) {
    const auto found = left.look(number);
    if (!found.ok()) return found.status();
    if (found->duration <= nanoseconds(0)) break;
    auto status = found->whole ? ok() : put_file(left.path(number), found->bytes);
    if (!status.ok()) return status;
    if (number == 1) rest += left.head(text.empty(), found->duration);
    rest += fmt::format("{}{:.6f},\n{}\n", kDuration, std::chrono::duration<double>(found->duration).count(),
                        left.segment(number));
    contents.duration = found->end;
    contents.size_bytes += found->bytes.size();
    unlink(left.unfinished(number).c_str());
  }
  if (place) unlink(left.unfinished(number).c_str());  // no whole frame
  text.insert(place.value_or(0), rest);
  if (text.empty()) return no_whole_frame();
  raise_target(text);
  if (auto status = put_file(playlist, text.append(kEnd)); !status.ok()) return status;
  return contents;
}

}  // namespace kms::recorder
