// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/hls_playlist.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kms::recorder {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::chrono::system_clock::time_point kStart{std::chrono::milliseconds(1796000000250)};

TEST(HlsPlaylist, GrowsAsAnEventAndEnds) {
  HlsPlaylist list({.target = 2s});
  list.begin("a-init-1.mp4", kStart);
  list.add("a-1.m4s", 2s);
  list.add("a-2.m4s", 1900ms);
  EXPECT_THAT(list.text(), Not(HasSubstr("ENDLIST")));
  list.end();

  EXPECT_EQ(list.text(),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n"
            "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"a-init-1.mp4\"\n"
            "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:53:20.250Z\n#EXTINF:2.000000,\na-1.m4s\n#EXTINF:1.900000,"
            "\na-2.m4s\n"
            "#EXT-X-ENDLIST\n");
}

TEST(HlsPlaylist, ANewInitSegmentIsADiscontinuity) {
  HlsPlaylist list({.target = 2s});
  list.begin("a-init-1.mp4", kStart);
  list.add("a-1.m4s", 2s);
  list.begin("a-init-2.mp4", kStart + 3s);
  list.add("a-2.m4s", 2s);

  EXPECT_THAT(list.text(),
              HasSubstr("a-1.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"a-init-2.mp4\"\n"
                        "#EXT-X-PROGRAM-DATE-TIME:2026-11-30T00:53:23.250Z\n#EXTINF:2.000000,\na-2.m4s\n"));
}

TEST(HlsPlaylist, ALiveOneSlidesAndKeepsFilesForThoseWhoAreBehind) {
  HlsPlaylist list({.target = 1s, .window = 2});
  list.begin("init-1", kStart);
  EXPECT_THAT(list.add("1", 1s), IsEmpty());
  EXPECT_THAT(list.add("2", 1s), IsEmpty());
  list.begin("init-2", kStart + 2s);
  EXPECT_THAT(list.add("3", 1s), IsEmpty());  // 2 3
  EXPECT_THAT(list.add("4", 1s), IsEmpty());  // 3 4
  EXPECT_THAT(list.text(), HasSubstr("MEDIA-SEQUENCE:2\n"));
  EXPECT_THAT(list.text(), Not(HasSubstr("DISCONTINUITY-SEQUENCE")));
  EXPECT_THAT(list.text(), HasSubstr("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init-2\"\n"));
  EXPECT_THAT(list.add("5", 1s), IsEmpty());  // 4 5
  EXPECT_THAT(list.text(), HasSubstr("#EXT-X-DISCONTINUITY-SEQUENCE:1\n"));
  EXPECT_THAT(list.text(), Not(HasSubstr("#EXT-X-DISCONTINUITY\n")));
  EXPECT_THAT(list.text(), HasSubstr("#EXT-X-MAP:URI=\"init-2\"\n"));
  EXPECT_THAT(list.add("6", 1s), ElementsAre("1"));
  EXPECT_THAT(list.add("7", 1s), ElementsAre("2", "init-1"));
  EXPECT_THAT(list.text(), Not(HasSubstr("EVENT")));
}

TEST(HlsPlaylist, TheTargetIsNeverLessThanASegment) {
  HlsPlaylist list({.target = 1500ms});
  list.begin("init", kStart);
  list.add("1", 1s);
  EXPECT_THAT(list.text(), HasSubstr("TARGETDURATION:2\n"));
  list.add("2", 3600ms);
  EXPECT_THAT(list.text(), HasSubstr("TARGETDURATION:4\n"));
}

}  // namespace
}  // namespace kms::recorder
