// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_recovery.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
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
#include "elements/recorder/hls_playlist.hpp"
#include "elements/recorder/recording_file.hpp"

namespace kms::recorder {
namespace {

using std::chrono::nanoseconds;

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
    if (line.starts_with("#EXTINF:")) seconds = std::strtod(line.c_str() + 8, nullptr);
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

}  // namespace

Result<Contents> finish_hls(const std::string& playlist, unsigned part) {
  const auto folder = playlist.substr(0, playlist.rfind('/') + 1);
  const auto name = playlist.substr(folder.size());
  const auto prefix = fmt::format("{}-{}-", name.substr(0, name.rfind('.')), part);
  auto text = content_of(playlist);
  const auto listed = listed_of(text, prefix);
  Contents contents{.duration = listed.duration};
  const auto segment = fmt::format("{}{}.m4s", prefix, listed.segments + 1);
  const auto unfinished = folder + segment + ".tmp";
  const auto init_path = folder + prefix + "init.mp4";
  // It was killed before the playlist had it.
  const bool whole = access(unfinished.c_str(), F_OK) != 0 && is_whole(folder + segment, init_path);
  const auto bytes = whole_part(content_of(whole ? folder + segment : unfinished));
  const auto init = content_of(init_path);
  const auto found = look_into(unfinished + ".look", init, bytes);
  if (text.empty() && !found.ok()) {
    unlink(unfinished.c_str());
    return no_whole_frame();
  }
  const auto duration = found.ok() ? found->duration - begin_of(init, bytes) : nanoseconds(0);
  if (duration > nanoseconds(0) && !text.ends_with(kEnd)) {
    const auto status = whole ? ok() : put_file(folder + segment, bytes);
    if (!status.ok()) return status;
    const HlsPlaylist fresh({.target = std::chrono::ceil<std::chrono::seconds>(duration)});
    if (listed.segments == 0) {
      text = text.empty() ? fresh.text() : text + "#EXT-X-DISCONTINUITY\n";
      text += fmt::format("#EXT-X-MAP:URI=\"{}init.mp4\"\n", prefix);
    }
    text += fmt::format("#EXTINF:{:.6f},\n{}\n", std::chrono::duration<double>(duration).count(), segment);
    contents.duration = found->duration;
    contents.size_bytes = bytes.size();
  }
  if (!text.ends_with(kEnd)) text += kEnd;
  if (auto status = put_file(playlist, text); !status.ok()) return status;
  unlink(unfinished.c_str());
  return contents;
}

}  // namespace kms::recorder
