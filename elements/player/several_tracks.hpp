// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <array>
#include <string>

#include "kms/player/v1/player.pb.h"
#include "tests/support/media_factory.hpp"

namespace kms::player {

// A file in Matroska with two tracks of pictures (64x48 and 96x64, VP8 at 30 frames a second, a key frame a
// second) and two of sound (Opus, English and German). Patterns and waves as GStreamer's test sources call
// them.
struct SeveralTracks {
  unsigned seconds = 4;
  std::array<std::string, 2> patterns = {"red", "green"};
  std::array<std::string, 2> waves = {"sine freq=440", "sine freq=1760"};
};

inline std::string make_several_tracks(const std::string& name, const SeveralTracks& media) {
  std::string text = "matroskamux name=mux ! filesink location={} ";
  for (size_t i = 0; i < 2; ++i) {
    text += fmt::format(
        "videotestsrc num-buffers={} pattern={} ! video/x-raw,width={},height={},framerate=30/1 ! vp8enc "
        "deadline=1 "
        "cpu-used=8 keyframe-max-dist=30 ! queue ! mux. ",
        media.seconds * 30, media.patterns[i], i == 0 ? 64 : 96, i == 0 ? 48 : 64);
  }
  for (size_t i = 0; i < 2; ++i) {
    text += fmt::format(
        "audiotestsrc num-buffers={} samplesperbuffer=960 wave={} ! audio/x-raw,rate=48000,channels=1 ! "
        "opusenc ! "
        "taginject tags=language-code={} ! queue ! mux. ",
        media.seconds * 50, media.waves[i], i == 0 ? "en" : "de");
  }
  return test::make_media(name, text);
}

inline void ask_for(v1::PlayerOptions& options, v1::Track::Kind kind, unsigned number,
                    const std::string& port_id = {}) {
  auto& track = *options.add_further_tracks();
  track.set_kind(kind);
  track.set_number(number);
  track.set_port_id(port_id);
}

}  // namespace kms::player
