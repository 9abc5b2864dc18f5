// SPDX-License-Identifier: Apache-2.0
#include "elements/player/player_fixture.hpp"
#include "elements/player/words/hls_playlist.hpp"
#include "elements/rtp/ffmpeg.hpp"
#include "tests/support/web_server.hpp"

namespace kms::player {
namespace {

class HlsTest : public PlayerRefusals {
 protected:
  // A clip of two seconds at 30 frames a second in segments of one.
  static void cut(const std::string& name, const std::string& more = {}, const std::string& number = "%d") {
    const auto folder = test::media_folder() + "/";
    rtp::Ffmpeg ffmpeg("-i " + test::make_clip("clip.ts", 2) +
                       " -c copy -f hls -hls_time 1 -hls_list_size 0 " + more + " -hls_segment_filename " +
                       folder + name + number + ".seg " + folder + name + ".m3u8");
    ASSERT_TRUE(ffmpeg.finishes());
  }
  std::string refusal_of(const std::string& uri) {
    EXPECT_TRUE(make(uri).ok());
    const auto reason = reason_of(play());
    EXPECT_TRUE(close().ok());
    return reason;
  }
  std::string list(const std::string& name, const std::string& lines) {
    test::write_file(name, "#EXTM3U\n" + lines);
    return server_.uri("/files/" + name);
  }

  test::WebServer server_;
};

TEST_F(HlsTest, PlaysEveryFrameOfSegmentsOfMpegTs) {
  cut("vod");
  expect_whole(server_.uri("/files/vod.m3u8"));
}

TEST_F(HlsTest, PlaysEveryFrameOfFragmentsOfMp4) {
  cut("mp4", "-bsf:a aac_adtstoasc -hls_segment_type fmp4 -hls_fmp4_init_filename mp4.init");
  expect_whole(server_.uri("/files/mp4.m3u8"));
}

TEST_F(HlsTest, PlaysPartsOfOneFile) {
  cut("parts", "-hls_flags single_file", "");
  expect_whole(server_.uri("/files/parts.m3u8"));
}

TEST_F(HlsTest, PlaysTheBestVariantWithinTheLimit) {
  cut("fits");
  const auto uri = list("master.m3u8",
                        "#EXT-X-STREAM-INF:BANDWIDTH=9000000,CODECS=\"a,b\"\nnone.m3u8\n"
                        "#EXT-X-STREAM-INF:CODECS=\"a,BANDWIDTH=1\",BANDWIDTH=900000\nfits.m3u8\n"
                        "#EXT-X-STREAM-INF:BANDWIDTH=90000\nnone.m3u8\n");
  v1::PlayerOptions options;
  options.set_uri(uri);
  options.set_unpaced(true);
  options.set_max_bandwidth_bps(1'000'000);
  ASSERT_TRUE(make(options).ok());

  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  EXPECT_EQ(video_.frames().size(), 60U);
}

TEST_F(HlsTest, FollowsALiveStreamToItsEnd) {
  const auto folder = test::media_folder() + "/";
  v1::PlayerOptions options;
  options.set_uri(server_.uri("/files/live.m3u8"));
  options.mutable_reconnect()->mutable_initial()->set_nanos(200'000'000);
  options.mutable_reconnect()->mutable_most()->set_nanos(400'000'000);  // or it begins in the middle
  options.set_autoplay(true);
  ASSERT_TRUE(make(options).ok());
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING"));  // its list is not there yet

  const rtp::Ffmpeg ffmpeg(
      "-re -f lavfi -i testsrc=s=320x240:r=25 -t 7 -c:v libx264 -tune zerolatency -preset ultrafast -g 25 -f "
      "hls "
      "-hls_time 1 -hls_list_size 4 -hls_flags delete_segments+temp_file -hls_segment_filename " +
      folder + "live%d.ts " + folder + "live.m3u8");

  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  EXPECT_GE(video_.frames().size(), 125U) << "more than its list has at once";
  EXPECT_TRUE(rises(video_.frames()));
}

TEST_F(HlsTest, GivesUpOnALiveStreamThatStandsStill) {
  cut("still");
  ASSERT_TRUE(make(list("still-live.m3u8",
                        "#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nstill0.seg\n#EXTINF:1,\nstill1.seg\n"))
                  .ok());
  ASSERT_TRUE(play().ok());

  EXPECT_TRUE(host_.wait_for("ElementError UNREADABLE"));
  EXPECT_TRUE(host_.wait_for("EndOfStream"));
}

TEST_F(HlsTest, NothingIsFetchedFromForbiddenAddresses) {
  cut("good");
  const std::string head = "#EXT-X-TARGETDURATION:1\n";
  const std::string end = "\n#EXT-X-ENDLIST\n";
  for (const std::string at : {"http://127.0.0.2/x", "http://169.254.169.254/latest", "//[::1]/x"}) {
    EXPECT_EQ(refusal_of(list("variant.m3u8", "#EXT-X-STREAM-INF:BANDWIDTH=1\n" + at + ".m3u8\n")),
              "URI_NOT_ALLOWED");
    EXPECT_EQ(refusal_of(list("segment.m3u8", head + "#EXTINF:1,\n" + at + end)), "URI_NOT_ALLOWED") << at;
  }
  const auto redirected = server_.uri("/to?http://127.0.0.2/x");
  EXPECT_EQ(refusal_of(list("moved.m3u8", head + "#EXTINF:1,\n" + redirected + end)), "URI_NOT_ALLOWED");
  EXPECT_EQ(refusal_of(list("local.m3u8", head + "#EXTINF:1,\nfile:///etc/passwd" + end)), "UNREADABLE");
}

TEST_F(HlsTest, WhatIsNoPlaylistIsToldSo) {
  test::write_file("noise.m3u8", std::string(2'000'000, 'x'));
  EXPECT_EQ(failure_of(server_.uri("/files/noise.m3u8")), "NOT_MEDIA");
  ASSERT_TRUE(close().ok());
  EXPECT_EQ(failure_of(list("empty.m3u8", "#EXT-X-TARGETDURATION:1\n#EXT-X-ENDLIST\n")), "NOT_MEDIA");
  ASSERT_TRUE(close().ok());
  EXPECT_EQ(failure_of(list("circle.m3u8", "#EXT-X-STREAM-INF:BANDWIDTH=1\ncircle.m3u8\n")), "NOT_MEDIA");
}

TEST(HlsPlaylist, IsReadWithPartsMapsAndNumbers) {
  const auto list = parse_hls_playlist(
      "#EXTM3U\r\n#EXT-X-TARGETDURATION:7\r\n#EXT-X-MEDIA-SEQUENCE:41\r\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE="
      "\"9@3\"\r\n"
      "#EXTINF:6.5,title\r\n#EXT-X-BYTERANGE:100@50\r\na.mp4\r\n#EXTINF:7\r\n#EXT-X-BYTERANGE:10\r\na."
      "mp4\r\n");
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->segments.size(), 2U);
  EXPECT_FALSE(list->ended);
  EXPECT_EQ(list->segments[0].number, 41U);
  EXPECT_EQ(list->segments[0].duration, std::chrono::milliseconds(6500));
  EXPECT_EQ(list->segments[0].map->offset, 3U);
  EXPECT_EQ(list->segments[1].media.offset, 150U);
  EXPECT_EQ(list->segments[1].media.length, 10U);
}

TEST(HlsPlaylist, BadOnesAreRefused) {
  for (const std::string text :
       {"", "#EXTM3U\n", "nothing", "#EXTM3U\n#EXTINF:nan,\na\n", "#EXTM3U\n#EXTINF:1e300,\na\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:99999999999999999999\n",
        "#EXTM3U\n#EXT-X-MAP:BYTERANGE=\"1@1\"\n#EXTINF:1,\na\n",
        "#EXTM3U\n#EXTINF:1,\n#EXT-X-BYTERANGE:99999999999999999@0\na\n"}) {
    EXPECT_EQ(reason_of(parse_hls_playlist(text).status()), "NOT_MEDIA") << text;
  }
}

}  // namespace
}  // namespace kms::player
