// SPDX-License-Identifier: Apache-2.0
// Parts of a resource: only those that are needed are fetched, and one that was broken off goes on.
#include <algorithm>

#include "elements/player/player_fixture.hpp"
#include "tests/support/hostile/hostile_media.hpp"
#include "tests/support/hostile/raw_server.hpp"

namespace kms::player {
namespace {

using test::hostile::RangeServer;
using test::hostile::RawServer;

class Resuming : public PlayerTest {
 protected:
  explicit Resuming(const Config& given = twice()) : PlayerTest(given) {}
  static Config twice() {
    auto out = config();
    out.player.resume_attempts = 2;
    return out;
  }
  static std::string content(const std::string& name, unsigned seconds) {
    return test::read_file(test::make_clip(name, seconds));
  }
  void expect_all_frames(size_t count) {
    ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
    ASSERT_TRUE(video_.wait_end());
    EXPECT_EQ(video_.frames().size(), count);
    EXPECT_TRUE(rises(video_.frames()));
  }
  bool said(const std::string& part) {
    const auto all = host_.events();
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& event) { return event.find(part) != std::string::npos; });
  }
};

TEST_F(Resuming, GoesOnWhereTheConnectionWasCut) {
  const RangeServer server(content("six.ts", 6),
                           [](size_t number) { return number < 3 ? 60'000 : SIZE_MAX; });
  ASSERT_TRUE(make(server.uri()).ok());
  ASSERT_TRUE(play().ok());

  expect_all_frames(180);

  const auto requests = server.requests();
  ASSERT_GE(requests.size(), 4U);
  EXPECT_TRUE(said("Resuming {offset_bytes: 60000 attempt: 1 reason: \"TRUNCATED\"}"));
  EXPECT_TRUE(
      std::any_of(requests.begin(), requests.end(), [](const auto& r) { return r.offset == 60'000; }));
  EXPECT_FALSE(said("ElementError"));
}

TEST_F(Resuming, GivesUpAfterSomeAttempts) {
  const RangeServer server(content("six.ts", 6), [](size_t number) { return number == 0 ? 700'000 : 0; });
  ASSERT_TRUE(make(server.uri()).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_FAILED"));

  EXPECT_TRUE(said("ElementError TRUNCATED"));
  EXPECT_TRUE(said("attempt: 2"));
  EXPECT_FALSE(said("attempt: 3"));
  EXPECT_GT(video_.frames().size(), 30U) << "what came was played";
}

class Stalling : public Resuming {
 protected:
  Stalling() : Resuming(impatient()) {}
  static Config impatient() {
    auto out = twice();
    out.player.stall_deadline = std::chrono::seconds(1);
    return out;
  }
};

TEST_F(Stalling, GoesOnAfterAStall) {
  const auto clip = content("six.ts", 6);
  const RawServer server([&](const RawServer::Connection& connection) {
    const auto request = connection.read_request();
    const auto range = request.find("bytes=");
    const auto offset = range == std::string::npos ? 0 : std::stoul(request.substr(range + 6));
    connection.send("HTTP/1.1 206 Part\r\nContent-Length: " + std::to_string(clip.size() - offset) +
                    "\r\nContent-Range: bytes " + std::to_string(offset) + "-" +
                    std::to_string(clip.size() - 1) + "/" + std::to_string(clip.size()) + "\r\n\r\n");
    connection.send(connection.number() == 0 ? clip.substr(0, 100'000) : clip.substr(offset));
    connection.wait_until_closed();
  });
  ASSERT_TRUE(make(server.uri()).ok());
  ASSERT_TRUE(play().ok());

  expect_all_frames(180);

  EXPECT_TRUE(said("attempt: 1 reason: \"UNREADABLE\"")) << testing::PrintToString(host_.events());
}

TEST_F(Resuming, ButNotWithAnotherResource) {
  const auto clip = content("six.ts", 6);
  const RawServer server([&](const RawServer::Connection& connection) {
    const bool first = connection.number() == 0;
    const auto request = connection.read_request();
    EXPECT_EQ(request.find("If-Range: \"one\"") != std::string::npos, !first);
    const auto size = std::to_string(clip.size());
    connection.send(first
                        ? "HTTP/1.1 206 Part\r\nETag: \"one\"\r\nContent-Range: bytes 0-" +
                              std::to_string(clip.size() - 1) + "/" + size + "\r\nContent-Length: " + size +
                              "\r\n\r\n" + clip.substr(0, 150'000)
                        : "HTTP/1.1 200 OK\r\nETag: \"two\"\r\nContent-Length: " + size + "\r\n\r\n" + clip);
  });
  ASSERT_TRUE(make(server.uri()).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_FAILED"));

  EXPECT_TRUE(said("ElementError UNREADABLE"));
}

// 30 s of pictures that do not compress well. A seek near the end of a large file costs its index and its
// end.
TEST_F(Resuming, FetchesOnlyTheRangesThatASeekNeeds) {
  const auto path = test::make_media(
      "large.mp4",
      "mp4mux name=mux ! filesink location={} videotestsrc num-buffers=900 pattern=snow ! "
      "video/x-raw,width=160,height=120,framerate=30/1 ! x264enc speed-preset=ultrafast bitrate=4000 "
      "key-int-max=30 ! h264parse ! mux.");
  const auto content = test::read_file(path);
  ASSERT_GT(content.size(), 8'000'000U);
  const RangeServer server(content, [](size_t) { return SIZE_MAX; });
  ASSERT_TRUE(make(server.uri(), false).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(pause().ok());

  ASSERT_TRUE(seek(std::chrono::seconds(28), true).ok());
  const auto before = video_.frames().size();
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(before + 20));

  size_t sent = 0;
  for (const auto& request : server.requests()) sent += request.sent;
  EXPECT_LT(sent, content.size() / 2);
  EXPECT_GT(server.requests().back().offset, content.size() / 2);
}

}  // namespace
}  // namespace kms::player
