// SPDX-License-Identifier: Apache-2.0
#include "elements/player/http_fetch.hpp"
#include "elements/player/player_fixture.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/web_server.hpp"

namespace kms::player {
namespace {

class HttpTest : public PlayerRefusals {
 protected:
  test::WebServer server_;
};

class HttpsTest : public PlayerRefusals {
 protected:
  HttpsTest() : PlayerRefusals(with_names()) {}
};

TEST_F(HttpTest, PlaysEveryFrameFromTheWeb) {
  test::make_clip("clip.webm", 2);
  expect_whole(server_.uri("/files/clip.webm"));
}

TEST_F(HttpTest, PlaysAnMp4WhoseIndexIsAtTheEnd) {
  test::make_clip("clip.mp4", 2);
  expect_whole(server_.uri("/files/clip.mp4"));
}

TEST_F(HttpTest, PlaysFromAServerWithoutRanges) {
  test::make_clip("clip.webm", 2);
  expect_whole(server_.uri("/whole/clip.webm"));
  EXPECT_EQ(server_.requests(), 1U);
}

TEST_F(HttpTest, FollowsARedirectionToAnAllowedAddress) {
  test::make_clip("clip.webm", 2);
  expect_whole(server_.uri("/to?" + server_.uri("/files/clip.webm")));
}

TEST_F(HttpsTest, ACertificateMustBeForTheHostThatWasNamed) {
  const test::WebServer server(test::make_certificate());
  test::make_clip("clip.webm", 2);
  EXPECT_EQ(failure_of(server.uri("/files/clip.webm")), "UNREADABLE");  // by its address
  ASSERT_TRUE(close().ok());

  expect_whole(server.uri("/files/clip.webm", "localhost"));
}

TEST_F(HttpTest, GoesExactlyToAPosition) {
  test::make_clip("four.webm", 4);
  ASSERT_TRUE(make(server_.uri("/files/four.webm"), false).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(1));
  ASSERT_TRUE(pause().ok());
  ASSERT_TRUE(position().seekable);
  ASSERT_TRUE(seek(std::chrono::milliseconds(2500)).ok());
  const auto resumed = gst::media_now();
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("EndOfStream"));
  ASSERT_TRUE(video_.wait_end());
  auto frames = video_.frames();  // one may have been under way when the player paused
  std::erase_if(frames, [&](const Frame& f) { return f.pts < resumed || f.decode_only; });
  EXPECT_EQ(frames.size(), 45U);
}

TEST_F(HttpTest, RefusesAForbiddenAddressAtOnce) {
  EXPECT_EQ(failure_of("http://127.0.0.2/clip.webm"), "creation: URI_NOT_ALLOWED");
  EXPECT_EQ(failure_of("http://169.254.169.254/latest"), "creation: URI_NOT_ALLOWED");
  EXPECT_EQ(failure_of("http://[::1]/clip.webm"), "creation: URI_NOT_ALLOWED");
  EXPECT_EQ(failure_of("http://[::ffff:10.0.0.1]/clip.webm"), "creation: URI_NOT_ALLOWED");
}

TEST_F(HttpTest, RefusesARedirectionToAForbiddenAddress) {
  const auto uri = server_.uri("/to?http://127.0.0.2:1/clip.webm");
  ASSERT_TRUE(make(uri).ok());
  EXPECT_EQ(reason_of(play()), "URI_NOT_ALLOWED");
  EXPECT_EQ(server_.requests(), 1U);
}

TEST_F(HttpTest, RefusesOtherSpellingsOfAForbiddenAddress) {
  for (const auto* uri : {"http://127.2/x", "http://0x7f000002/x", "http://2130706434/x"}) {
    const auto made = make(std::string(uri));
    const auto reason = made.ok() ? reason_of(play()) : reason_of(made);
    EXPECT_TRUE(reason == "URI_NOT_ALLOWED" || reason == "UNREADABLE")
        << uri << ": " << reason;  // or no such host
    if (made.ok()) {
      EXPECT_TRUE(close().ok());
    }
  }
}

TEST_F(HttpTest, RefusesARedirectionToAFile) {
  ASSERT_TRUE(make(server_.uri("/to?file:///etc/passwd")).ok());
  EXPECT_EQ(reason_of(play()), "UNREADABLE");
}

TEST_F(HttpTest, FollowsNoCircle) {
  ASSERT_TRUE(make(server_.uri("/circle")).ok());
  EXPECT_EQ(reason_of(play()), "UNREADABLE");
  EXPECT_EQ(server_.requests(), 6U);
}

TEST_F(HttpTest, SaysWhenTheServerHasNoSuchThing) {
  EXPECT_EQ(failure_of(server_.uri("/files/none.webm")), "NOT_FOUND");
}

TEST_F(HttpTest, GivesUpOnAServerThatStalls) {
  test::make_clip("clip.webm", 2);
  const auto policy = AddressPolicy::create({"127.0.0.1"}).value();
  const Object<GCancellable> cancellable(g_cancellable_new());
  const auto fetch =
      HttpFetch::get({.uri = server_.uri("/stall/clip.webm"), .patience_s = 1}, policy, cancellable.get());

  std::array<char, 65536> bytes;
  auto count = fetch.ok() ? Result<size_t>(1) : Result<size_t>(fetch.status());
  while (count.ok() && *count > 0) count = (*fetch)->read(bytes.data(), bytes.size(), cancellable.get());

  EXPECT_EQ(reason_of(count.status()), "UNREADABLE");
}

TEST_F(HttpTest, StopsAtOnceWhileAServerStalls) {
  test::make_clip("long.webm", 6);
  ASSERT_TRUE(make(server_.uri("/stall/long.webm")).ok());
  ASSERT_TRUE(play().ok());
  const auto begin = gst::media_now();
  ASSERT_TRUE(stop().ok());
  EXPECT_LT(gst::media_now() - begin, 3 * GST_SECOND);
}

}  // namespace
}  // namespace kms::player
