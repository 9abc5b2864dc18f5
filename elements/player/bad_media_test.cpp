// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "elements/player/player_fixture.hpp"
#include "elements/player/ts_clock.hpp"
#include "tests/support/busy_workers.hpp"

namespace kms::player {
namespace {

TEST_F(PlayerRefusals, AMissingFile) {
  EXPECT_EQ(failure_of(test::media_folder() + "/none.webm"), "NOT_FOUND");
}

TEST_F(PlayerRefusals, AnEmptyFile) { EXPECT_EQ(failure_of(test::write_file("empty.mp4", "")), "NOT_MEDIA"); }

TEST_F(PlayerRefusals, TextUnderAnotherName) {
  EXPECT_EQ(failure_of(test::write_file("text.mp4", std::string(5000, 'a'))), "NOT_MEDIA");
}

TEST_F(PlayerRefusals, BytesThatAreNoMedia) {
  std::string noise(50000, '\0');
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i * 31 + i / 7);
  EXPECT_EQ(failure_of(test::write_file("noise.webm", noise)), "NOT_MEDIA");
}

TEST_F(PlayerRefusals, AFileThatMayNotBeRead) {
  const auto path = test::write_file("locked.webm", "secret");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  const auto root = geteuid() == 0;
  ASSERT_EQ(root ? seteuid(65534) : 0, 0);
  const auto reason = failure_of(path);
  ASSERT_EQ(root ? seteuid(0) : 0, 0);
  EXPECT_EQ(reason, "UNREADABLE");
}

TEST_F(PlayerRefusals, AFolderAPipeAndWhatLiesOutside) {
  const auto pipe = test::media_folder() + "/pipe.webm";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(failure_of(pipe), "creation: URI_NOT_ALLOWED");
  EXPECT_EQ(failure_of(test::media_folder()), "creation: URI_NOT_ALLOWED");
  EXPECT_EQ(failure_of("/etc/passwd"), "creation: URI_NOT_ALLOWED");
}

TEST_F(PlayerRefusals, PlaylistsWhateverTheirName) {
  const auto hls = test::write_file("list.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://" +
                                                    test::make_clip("clip.ts", 2) + "\n#EXT-X-ENDLIST\n");
  EXPECT_EQ(failure_of(hls), "PLAYLIST_NOT_ALLOWED");
}

TEST_F(PlayerRefusals, DescriptionsOfStreams) {
  const auto sdp = test::write_file("session.webm",
                                    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\n"
                                    "t=0 0\r\nm=video 5004 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n");
  EXPECT_EQ(failure_of(sdp), "PLAYLIST_NOT_ALLOWED");
}

TEST_F(PlayerRefusals, ManifestsAndListsOfAddresses) {
  const auto dash = test::write_file("manifest.mp4",
                                     "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\">"
                                     "<BaseURL>file:///etc/</BaseURL></MPD>\n");
  EXPECT_EQ(failure_of(dash), "PLAYLIST_NOT_ALLOWED");
}

TEST_F(PlayerRefusals, ListsOfAddresses) {
  EXPECT_EQ(failure_of(test::write_file("uris.mp4", "http://127.0.0.1/a.mp4\nhttp://127.0.0.1/b.mp4\n")),
            "PLAYLIST_NOT_ALLOWED");
}

TEST_F(PlayerRefusals, AnMp4WhoseIndexIsMissing) {
  EXPECT_EQ(failure_of(test::cut_file(test::make_clip("clip.mp4", 2), "headless.mp4", 0.5)), "TRUNCATED");
}

TEST_F(PlayerTest, MpegTsWhoseEndIsMissingPlaysAndSaysSoHoweverEarlyItsClockBegins) {
  constexpr uint64_t kSecond = 90'000;
  unsigned truncated = 0;
  for (const auto lead : {uint64_t{0}, kSecond}) {
    SCOPED_TRACE(lead);
    ASSERT_TRUE(make(test::write_file("short.ts", ts_of_six_seconds(lead, kSecond * 3 / 2))).ok());
    ASSERT_TRUE(play().ok());
    EXPECT_TRUE(host_.wait_for("EndOfStream", truncated + 1));
    EXPECT_TRUE(host_.wait_for("ElementError TRUNCATED", ++truncated));
    ASSERT_TRUE(close().ok());
  }
}

TEST_F(PlayerRefusals, WhatIsNoUri) {
  v1::PlayerOptions options;
  for (const auto* uri : {"", "clip.webm", "rtsp:///x", "rtmp2://127.0.0.1/x", "file://elsewhere/x.webm"}) {
    options.set_uri(uri);
    EXPECT_EQ(reason_of(make(options)), "INVALID_OPTIONS") << uri;
  }
}

TEST_F(PlayerRefusals, ASchemeThatItDoesNotReadIsToldWithThoseThatItDoes) {
  v1::PlayerOptions options;
  options.set_uri("rtmp2://user:S3cret@127.0.0.1/x");
  EXPECT_EQ(message_of(make(options)),
            "\"rtmp2\" is no scheme that a player reads: allowed is file:///absolute/path, http(s)://, "
            "rtsp(s)://, rtmp:// and srt://");
}

class HangingPlayer : public PlayerTest {
 protected:
  HangingPlayer() : PlayerTest(impatient()) {}
  static Config impatient() {
    auto out = config();
    out.pipelines.state_deadline = std::chrono::seconds(2);
    return out;
  }
};

TEST_F(HangingPlayer, CanBeStoppedWhileTheSeekToItsBeginningHangs) {
  ASSERT_TRUE(make(test::make_clip("hanging.webm", 1), true, true).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(31));  // it loops
  const test::BusyWorkers busy(host_.workers());
  size_t frames = 0;
  unsigned still = 0;
  ASSERT_TRUE(test::eventually([&] {
    const auto now = video_.frames().size();
    still = std::exchange(frames, now) == now ? still + 1 : 0;
    return still == 5;  // at its end: the seek waits for a worker
  }));

  EXPECT_EQ(reason_of(stop()), "PIPELINE_STUCK");

  EXPECT_EQ(position().state, v1::STATE_STOPPED);
  EXPECT_EQ(reason_of(close()), "PIPELINE_STUCK");
}

}  // namespace
}  // namespace kms::player
