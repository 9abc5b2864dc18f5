// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/track_choice.hpp"

#include <gtest/gtest.h>

#include "kms-core/gst/outlet.hpp"

namespace kms::gst {
namespace {

using Lines = std::vector<TrackLine>;

TrackInfo sound(unsigned number, const std::string& language) {
  TrackInfo track;
  track.number = number;
  track.language = language;
  return track;
}

TrackLine sound_line(unsigned number, const std::string& language = {}) {
  return {nullptr, false, {.number = number, .language = language}};
}

// Where tracks go that come in this order: their lines.
std::vector<int> lines_of(const std::vector<TrackInfo>& tracks, const Lines& lines) {
  std::vector<bool> taken(lines.size());
  std::vector<int> out;
  for (const auto& track : tracks) {
    const auto line = line_for(track, lines, [&](size_t i) { return !taken[i]; });
    if (line) taken[*line] = true;
    out.push_back(line ? static_cast<int>(*line) : -1);
  }
  return out;
}

TEST(TrackLines, GetTheFirstTrackUnlessTheyAskForAnother) {
  EXPECT_EQ(lines_of({sound(1, "eng"), sound(2, "deu"), sound(3, "fra")}, {sound_line(0), sound_line(3)}),
            (std::vector<int>{0, -1, 1}));
}

TEST(TrackLines, OfOneKindGetNoneOfTheOther) {
  TrackInfo pictures;
  pictures.video = true;
  pictures.number = 1;
  EXPECT_EQ(lines_of({pictures}, {sound_line(0), {nullptr, true, {}}}), std::vector<int>{1});
  EXPECT_EQ(lines_of({pictures}, {sound_line(0), {nullptr, true, {.none = true}}}), std::vector<int>{-1});
}

TEST(TrackLines, OfOneLanguageGetOneTrackEach) {
  EXPECT_EQ(lines_of({sound(1, "deu"), sound(2, "eng"), sound(3, "deu"), sound(4, "deu")},
                     {sound_line(0, "de"), sound_line(0, "de")}),
            (std::vector<int>{0, -1, 1, -1}));
}

TEST(TrackLines, ThatAskForANumberComeBeforeThoseThatAskForALanguage) {
  EXPECT_EQ(
      lines_of({sound(1, "eng"), sound(2, "deu"), sound(3, "deu")}, {sound_line(0, "deu"), sound_line(2)}),
      (std::vector<int>{-1, 1, 0}));
}

}  // namespace
}  // namespace kms::gst
