// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "elements/recorder/recorder.hpp"
#include "kms-core/base/uri_policy.hpp"
#include "kms-core/graph/catalog.hpp"

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

// Whether it is there when the file is made counts; this tells the client early.
Status check_absent(const std::string& path, const v1::RecorderOptions& options) {
  std::error_code failed;
  if (options.overwrite() || !std::filesystem::exists(path, failed)) return ok();
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
  const auto path = UriPolicy(host.config()).writable_file(options.uri());
  if (!path.ok()) return path.status();
  const auto container = choose_container(options.container(), *path);
  if (!container.ok()) return container.status();
  if (!v1::Tracks_IsValid(options.tracks())) return graph::invalid_option("tracks", "no such choice");
  const auto track_wait = track_wait_of(options);
  if (!track_wait.ok()) return track_wait.status();
  const auto absent = check_absent(*path, options);
  if (!absent.ok()) return absent;
  return std::make_unique<RecorderElement>(host, Settings{options, *container, *track_wait});
}

}  // namespace kms::recorder

namespace kms {

void declare_recorder(graph::Catalog& catalog) {
  using v1::DIRECTION_SINK;
  using v1::MEDIA_KIND_AUDIO;
  using v1::MEDIA_KIND_VIDEO;
  catalog.add(graph::define<recorder::v1::RecorderOptions>(
      {.title = "RecorderEndpoint",
       .summary = "Writes sound and pictures into a WebM, Matroska or MP4 file.",
       .ports = {{"audio", DIRECTION_SINK, MEDIA_KIND_AUDIO, recorder::all_formats(MEDIA_KIND_AUDIO)},
                 {"video", DIRECTION_SINK, MEDIA_KIND_VIDEO, recorder::all_formats(MEDIA_KIND_VIDEO)}},
       .service = "kms.recorder.v1.RecorderService",
       .events = {"kms.recorder.v1.RecordingStarted", "kms.recorder.v1.RecordingFinished"},
       .needs = {"webmmux", "matroskamux", "mp4mux"}},
      recorder::RecorderElement::create));
}

}  // namespace kms
