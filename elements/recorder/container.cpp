// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/container.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/graph/catalog.hpp"

namespace kms::recorder {

graph::Formats ContainerFormat::formats(graph::MediaKind kind) const {
  graph::Formats out;
  for (const auto& codec : kind == kms::v1::MEDIA_KIND_AUDIO ? audio : video) {
    out.push_back(graph::encoded(codec));
  }
  return out;
}

// The first codec of each is what raw media is encoded to.
const std::vector<ContainerFormat>& containers() {
  static const std::vector<ContainerFormat> all{
      {v1::CONTAINER_WEBM, ".webm", {"OPUS", "VORBIS"}, {"VP8", "VP9", "AV1"}},
      {v1::CONTAINER_MATROSKA,
       ".mkv",
       {"OPUS", "AAC", "VORBIS", "MP3", "FLAC", "PCMU", "PCMA"},
       {"H264", "VP8", "VP9", "AV1", "H265", "JPEG", "MPEG2", "MPEG4", "THEORA"}},
      {v1::CONTAINER_MP4, ".mp4", {"AAC", "OPUS", "MP3"}, {"H264", "H265", "AV1"}},
      {v1::CONTAINER_HLS, ".m3u8", {"AAC", "OPUS"}, {"H264", "H265", "AV1"}},
  };
  return all;
}

Result<const ContainerFormat*> choose_container(v1::Container asked, std::string_view path) {
  const auto& all = containers();
  const bool by_name = asked == v1::CONTAINER_UNSPECIFIED;
  const auto found = std::find_if(all.begin(), all.end(), [&](const ContainerFormat& format) {
    return by_name ? path.ends_with(format.ending) : format.id == asked;
  });
  if (found != all.end() && found->id == v1::CONTAINER_HLS && !path.ends_with(found->ending))
    return graph::invalid_option("container", "the name of an HLS playlist ends in .m3u8");
  if (found != all.end()) return &*found;
  if (!by_name) return graph::invalid_option("container", fmt::format("{} is no container", int{asked}));
  return graph::invalid_option(
      "container", "the name ends in none of .webm, .mkv, .mp4, .m3u8, so the container must be given");
}

}  // namespace kms::recorder
