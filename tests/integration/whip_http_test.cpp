// SPDX-License-Identifier: Apache-2.0
// What RFC 9725 and the draft of WHEP promise, at the door of a real server: trickling, tags, servers, pages
// of other origins, publishers who come again, and for how long a room stays.
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/whip_client.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

constexpr char kCandidate[] = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";
constexpr char kFragment[] = "application/trickle-ice-sdpfrag";

struct Door : Running {
  explicit Door(const std::string& more = {})
      : Running(
            "rtc:\n  announced: [127.0.0.1]\n  threads: 1\n  disconnected_after: 1h\n  failed_after: 1h\n"
            "  whip: true\n" +
            more),
        door(server.http()) {}

  // Publishes in the room "hall".
  HttpReply publish(TestPeer& peer) const {
    auto reply = door.post("/whip/hall", peer.offer());
    EXPECT_EQ(reply.status, 201) << reply.body;
    EXPECT_TRUE(peer.use({.sdp = reply.body, .lines = {}, .sources = {}}).ok());
    EXPECT_TRUE(peer.connect());
    return reply;
  }
  int patch(const std::string& path, const std::string& body, WhipClient::Headers headers) const {
    headers.emplace("Content-Type", kFragment);
    return door.send("PATCH", path, body, headers).status;
  }
  std::vector<std::string> elements() {
    v1::ListElementsRequest request;
    request.set_parent("sessions/hall");
    v1::ListElementsResponse all;
    client.call(*client.elements, &v1::ElementService::Stub::ListElements, request, &all);
    std::vector<std::string> names;
    for (const auto& element : all.elements()) names.push_back(element.name());
    return names;
  }
  bool ended(const std::string& id) {
    return client.get_session("sessions/" + id) == "NOT_FOUND/SESSION_NOT_FOUND";
  }
  std::string keep_alive() {
    v1::KeepAliveRequest request;
    request.set_name("sessions/hall");
    v1::KeepAliveResponse response;
    return client.call(*client.sessions, &v1::SessionService::Stub::KeepAlive, request, &response);
  }

  const WhipClient door;
};

// Pictures from one peer until the other has some more; the SSRC under which they came.
uint32_t times_seen(TestPeer& viewer, TestPeer& publisher, uint16_t& sequence) {
  viewer.clear();
  EXPECT_TRUE(eventually([&] {
    ++sequence;
    publisher.send({.key_frame = true, .sequence = sequence, .timestamp = sequence * 3000u});
    return viewer.receive_until([&] { return viewer.count(true) > 3; }, std::chrono::milliseconds(20));
  }));
  return viewer.rtp().empty() ? 0 : rtc::RtpView::parse(viewer.rtp().back())->ssrc();
}

TEST(WhipHttp, CandidatesTrickleUnderTheTagOfTheirIceSession) {
  const Door kms;
  TestPeer publisher({.publishes = true});
  const auto joined = kms.publish(publisher);
  const auto path = joined.header("location");
  const auto tag = joined.header("etag");
  ASSERT_NE(tag, "");

  EXPECT_EQ(kms.patch(path, kCandidate, {{"If-Match", tag}}), 204);
  EXPECT_EQ(kms.patch(path, "a=end-of-candidates\r\n", {{"If-Match", "*"}}), 204);
  EXPECT_EQ(kms.patch(path, kCandidate, {}), 428);
  EXPECT_EQ(kms.patch(path, kCandidate, {{"If-Match", "\"stale\""}}), 412);
  EXPECT_EQ(kms.patch(path, "rubbish", {{"If-Match", tag}}), 400);
  EXPECT_EQ(kms.patch(path, kCandidate, {{"If-Match", tag}, {"Content-Type", "text/plain"}}), 415);
}

TEST(WhipHttp, EveryResourceSaysWhatItTakesAlsoToPagesOfOtherOrigins) {
  const Door kms;
  TestPeer publisher({.publishes = true});
  const auto path = kms.publish(publisher).header("location");
  const WhipClient::Headers preflight{{"Origin", "https://example.org"},
                                      {"Access-Control-Request-Method", "POST"},
                                      {"Access-Control-Request-Headers", "authorization, content-type"}};

  for (const auto& [resource, allowed] :
       {std::pair<std::string, std::string>{"/whip/hall", "GET, HEAD, OPTIONS, POST"},
        {"/whep/hall", "GET, HEAD, OPTIONS, POST"},
        {path, "DELETE, GET, HEAD, OPTIONS, PATCH"}}) {
    const auto options = kms.door.send("OPTIONS", resource, {}, preflight);
    EXPECT_EQ(options.status, 200);
    EXPECT_EQ(options.header("access-control-allow-origin"), "*");
    EXPECT_EQ(options.header("access-control-allow-methods"), allowed);
    EXPECT_EQ(options.header("access-control-allow-headers"), "Authorization, Content-Type, If-Match");
    EXPECT_EQ(options.header("access-control-expose-headers"), "ETag, Link, Location, Retry-After");
    EXPECT_EQ(kms.door.send("GET", resource).status, 204);
    const auto refused = kms.door.send("PUT", resource);
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.header("allow"), allowed);
    EXPECT_EQ(refused.header("access-control-allow-origin"), "*");
  }
  EXPECT_EQ(kms.door.send("POST", "/whip/hall", publisher.offer(), {{"Content-Type", "text/plain"}}).status,
            415);
  EXPECT_EQ(kms.door.post("/whip/hall", publisher.offer(), {{"Accept", "text/html"}}).status, 406);
  EXPECT_EQ(kms.door.post("/whip/no/room", publisher.offer()).status, 404);
}

TEST(WhipHttp, ClientsAreToldOfTheServersOfTheConfiguration) {
  const Door kms(
      "  ice_servers:\n    - url: stun:stun.example.org\n"
      "    - {url: \"turn:turn.example.org?transport=udp\", username: kms, credential: correct-horse}\n");
  TestPeer publisher({.publishes = true});

  const auto link = kms.publish(publisher).header("link");

  EXPECT_EQ(
      link,
      "<stun:stun.example.org>; rel=\"ice-server\", <turn:turn.example.org?transport=udp>; "
      "rel=\"ice-server\"; username=\"kms\"; credential=\"correct-horse\"; credential-type=\"password\"");
}

TEST(WhipHttp, WhoPublishesAgainReplacesTheOneBeforeAndViewersStay) {
  Door kms;
  TestPeer first({.publishes = true});
  TestPeer second({.publishes = true});
  TestPeer viewer(TestPeer::Options{});
  uint16_t of_first = 0;
  uint16_t of_second = 0;
  const auto left = kms.publish(first).header("location");
  ASSERT_TRUE(kms.door.join(viewer, "/whep/hall"));
  const auto ssrc = times_seen(viewer, first, of_first);
  const auto before = kms.elements();

  kms.publish(second);

  EXPECT_EQ(times_seen(viewer, second, of_second), ssrc) << "over the same line of the same connection";
  EXPECT_TRUE(eventually([&] { return kms.elements().size() == before.size(); }))
      << "the one before has gone";
  EXPECT_NE(kms.elements(), before);
  EXPECT_EQ(kms.door.send("DELETE", left).outcome(), "404 PARTICIPANT_NOT_FOUND");
}

TEST(WhipHttp, ARoomStaysWhileAnybodyIsInItAndThenAsLongAsItsApplicationWants) {
  Door kms;
  ASSERT_EQ(kms.client.create_session("hall", 3), "OK");
  TestPeer publisher({.publishes = true});
  const auto path = kms.publish(publisher).header("location");

  ASSERT_EQ(kms.client.create_session("clock", 4), "OK");
  EXPECT_TRUE(publisher.receive_until([&] { return kms.ended("clock"); }, std::chrono::seconds(20)));
  EXPECT_FALSE(kms.ended("hall")) << "and nobody renews its lease";

  ASSERT_EQ(kms.door.send("DELETE", path).status, 200);
  ASSERT_EQ(kms.client.create_session("clock", 4), "OK");
  EXPECT_TRUE(eventually([&] { return kms.keep_alive() != "OK" || kms.ended("clock"); }));
  EXPECT_FALSE(kms.ended("hall"));
  EXPECT_TRUE(eventually([&] { return kms.ended("hall"); }));
}

}  // namespace
}  // namespace kms::test
