// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "elements/recorder/name_template.hpp"
#include "elements/recorder/place.hpp"
#include "elements/recorder/recorder.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/storage/target.hpp"

namespace kms::recorder {
namespace {

using namespace std::chrono_literals;

constexpr auto kDefaultTrackWait = 2000ms;
constexpr auto kLongestTrackWait = 60000ms;

Result<std::chrono::milliseconds> track_wait_of(const v1::RecorderOptions& options) {
  if (!options.has_track_wait()) return kDefaultTrackWait;
  const auto& given = options.track_wait();
  const bool in_range =
      given.seconds() >= 0 && given.nanos() >= 0 && given.seconds() <= kLongestTrackWait / 1s;
  const auto wait = in_range ? std::chrono::seconds(given.seconds()) + given.nanos() / 1000000 * 1ms : -1ms;
  if (wait >= 0ms && wait <= kLongestTrackWait) return wait;
  return graph::invalid_option(
      "track_wait", fmt::format("{}.{:09} s is not between 0 and 60 s", given.seconds(), given.nanos()));
}

Result<std::chrono::nanoseconds> split_duration_of(const v1::RecorderOptions& options) {
  const auto& given = options.split_duration();
  const auto duration = std::chrono::seconds(std::clamp<int64_t>(given.seconds(), -1, 1000000)) +
                        std::chrono::nanoseconds(given.nanos());
  if (duration == 0s || (duration >= 1s && duration <= 24h)) return duration;
  return graph::invalid_option(
      "split_duration",
      fmt::format("{}.{:09} s is neither 0 nor between 1 s and 24 h", given.seconds(), given.nanos()));
}

Result<HlsPlaylist::Options> hls_of(const v1::RecorderOptions& options) {
  HlsPlaylist::Options out;
  const auto& hls = options.hls();
  if (hls.has_target_duration()) {
    const auto seconds = std::clamp<int64_t>(hls.target_duration().seconds(), -1, 1000);
    out.target = std::chrono::seconds(seconds) + hls.target_duration().nanos() / 1000000 * 1ms;
  }
  if (out.target < 1s || out.target > 60s) {
    return graph::invalid_option("hls.target_duration",
                                 fmt::format("{} ms is not between 1 s and 60 s", out.target.count()));
  }
  out.window = hls.window();
  if (out.window == 0 || (out.window >= 3 && out.window <= 1000)) return out;
  return graph::invalid_option("hls.window",
                               fmt::format("{} is neither 0 nor between 3 and 1000", out.window));
}

Status check_numbers(const v1::RecorderOptions& options) {
  constexpr uint64_t kLeastBytes = 65536;
  constexpr unsigned kMostTracks = 8;
  if (options.split_bytes() != 0 && options.split_bytes() < kLeastBytes) {
    return graph::invalid_option("split_bytes",
                                 fmt::format("{} is less than {}", options.split_bytes(), kLeastBytes));
  }
  if (options.audio_tracks() > kMostTracks) {
    return graph::invalid_option("audio_tracks", fmt::format("{} is more than 8", options.audio_tracks()));
  }
  if (options.video_tracks() > kMostTracks) {
    return graph::invalid_option("video_tracks", fmt::format("{} is more than 8", options.video_tracks()));
  }
  return v1::Tracks_IsValid(options.tracks()) ? ok() : graph::invalid_option("tracks", "no such choice");
}

// Whether it is there when the file is made counts; this tells the client early.
Status check_absent(const std::string& path, const v1::RecorderOptions& options) {
  std::error_code failed;
  if (storage::is_remote(options.uri())) return ok();
  if (!is_fixed(options.uri()) || options.overwrite() || !std::filesystem::exists(path, failed)) return ok();
  return error(StatusCode::kAlreadyExists, "FILE_EXISTS",
               fmt::format("{} is there already; overwrite is not set", options.uri()));
}

graph::Formats all_formats(graph::MediaKind kind) {
  graph::Formats out;
  for (const auto& container : containers()) {
    for (const auto& format : container.formats(kind)) {
      if (std::find(out.begin(), out.end(), format) == out.end()) out.push_back(format);
    }
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<graph::Element>> RecorderElement::create(graph::ElementHost& host,
                                                                const v1::RecorderOptions& options) {
  const auto name = name_part(options.uri(), {host.name(), 1, std::chrono::system_clock::now()});
  if (!name.ok()) return name.status();
  const auto path = check_place(host.config(), host.uploads(), *name);
  if (!path.ok()) return path.status();
  const auto container = choose_container(options.container(), *path);
  if (!container.ok()) return container.status();
  const auto track_wait = track_wait_of(options);
  if (!track_wait.ok()) return track_wait.status();
  const auto split_duration = split_duration_of(options);
  if (!split_duration.ok()) return split_duration.status();
  const auto hls = hls_of(options);
  for (const auto& check : {check_numbers(options), check_absent(*path, options), hls.status()}) {
    if (!check.ok()) return check;
  }
  Settings settings{options, *container, *track_wait, *split_duration, std::nullopt};
  if ((*container)->id == v1::CONTAINER_HLS) settings.hls = *hls;
  return std::make_unique<RecorderElement>(host, std::move(settings));
}

}  // namespace kms::recorder

namespace kms {

void declare_recorder(graph::Catalog& catalog) {
  using v1::DIRECTION_SINK;
  using v1::MEDIA_KIND_AUDIO;
  using v1::MEDIA_KIND_VIDEO;
  catalog.add(graph::define<recorder::v1::RecorderOptions>(
      {.title = "RecorderEndpoint",
       .summary =
           "Writes sound and pictures into WebM, Matroska or MP4 files or as HLS, in a folder or a storage.",
       .ports = {{"audio", DIRECTION_SINK, MEDIA_KIND_AUDIO, recorder::all_formats(MEDIA_KIND_AUDIO)},
                 {"video", DIRECTION_SINK, MEDIA_KIND_VIDEO, recorder::all_formats(MEDIA_KIND_VIDEO)}},
       .service = "kms.recorder.v1.RecorderService",
       .events = {"kms.recorder.v1.RecordingStarted", "kms.recorder.v1.PartStarted",
                  "kms.recorder.v1.PartFinished", "kms.recorder.v1.RecordingFinished",
                  "kms.recorder.v1.PartStored", "kms.recorder.v1.PartNotStored"},
       .needs = {"h264parse", "h265parse", "av1parse", "aacparse", "mpegaudioparse"}},
      recorder::RecorderElement::create));
}

}  // namespace kms
