// SPDX-License-Identifier: Apache-2.0
// What RFC 9725 and the draft of WHEP want of HTTP: methods, types, tags, tokens, headers.
#include <unistd.h>

#include <fstream>

#include "kms-core/http/whip_rig.hpp"
#include "kms-core/rtc/sdp/ice_fragment.hpp"

namespace kms::http {
namespace {

constexpr char kCandidate[] = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";

// With a publisher in the room "hall".
class WhipHttpTest : public WhipRig {
 protected:
  void publish(const WhipSettings& settings = {}) {
    open(settings);
    const auto reply = door().post("/whip/hall", publisher_.offer());
    ASSERT_EQ(reply.status, 201) << reply.body;
    location_ = reply.header("location");
    tag_ = reply.header("etag");
    ASSERT_TRUE(publisher_.use({.sdp = reply.body, .lines = {}, .sources = {}}).ok());
    ASSERT_TRUE(publisher_.connect());
  }
  test::HttpReply patch(const std::string& fragment, const std::string& if_match) const {
    return door().send("PATCH", location_, fragment,
                       {{"Content-Type", "application/trickle-ice-sdpfrag"}, {"If-Match", if_match}});
  }
  static std::string fragment(const std::string& ufrag) {
    return "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:" + ufrag +
           "\r\na=ice-pwd:0123456789012345678901\r\n" + kCandidate;
  }

  std::string location_;
  std::string tag_;
};

TEST_F(WhipHttpTest, CandidatesAreTakenUnderTheTagOfTheirIceSession) {
  publish();
  EXPECT_EQ(tag_.front(), '"');
  EXPECT_EQ(tag_.back(), '"');

  const auto taken = patch(fragment("peer"), tag_);  // the ufrag of the offer

  EXPECT_EQ(taken.status, 204);
  EXPECT_EQ(taken.header("etag"), "");
  EXPECT_EQ(patch(kCandidate, tag_).status, 204);
  EXPECT_EQ(patch("a=end-of-candidates\r\n", "*").status, 204);
}

TEST_F(WhipHttpTest, AnIceRestartGivesNewCredentialsAndANewTag) {
  publish();
  ASSERT_TRUE(door().join(viewer_, "/whep/hall"));
  ASSERT_TRUE(watches(viewer_, publisher_, sequence_));
  const auto before = publisher_.first_line();

  const auto restarted = patch(fragment("another"), "*");

  ASSERT_EQ(restarted.status, 200) << restarted.body;
  EXPECT_EQ(restarted.header("content-type"), "application/trickle-ice-sdpfrag");
  EXPECT_NE(restarted.header("etag"), tag_);
  EXPECT_TRUE(restarted.body.starts_with("a=ice-lite\r\n")) << restarted.body;
  const auto ours = rtc::parse_ice_fragment(restarted.body);
  ASSERT_TRUE(ours.ok()) << ours.status();
  EXPECT_NE(ours->credentials->ufrag, before.ufrag);
  EXPECT_EQ(ours->candidates.empty(), false);
  publisher_.move();
  publisher_.send_check(*ours->credentials, true);
  EXPECT_TRUE(watches(viewer_, publisher_, sequence_)) << "on the new path";
  EXPECT_EQ(patch(fragment("another"), tag_).status, 412) << "late, of the session before";
  EXPECT_EQ(patch(fragment("another"), restarted.header("etag")).status, 204);
}

TEST_F(WhipHttpTest, ATagIsNeededAndMustBeThatOfNow) {
  publish();
  EXPECT_EQ(
      door()
          .send("PATCH", location_, fragment("peer"), {{"Content-Type", "application/trickle-ice-sdpfrag"}})
          .status,
      428);
  EXPECT_EQ(patch(fragment("peer"), "\"stale\"").status, 412);
  EXPECT_EQ(patch(fragment("another"), "\"stale\"").status, 412);
  EXPECT_EQ(patch(fragment("peer"), "\"stale\", " + tag_).status, 204);
  EXPECT_EQ(door().send("DELETE", location_, "", {{"If-Match", "\"stale\""}}).status, 200);
}

TEST_F(WhipHttpTest, AFragmentThatIsNoneIsRefusedAndNothingChanges) {
  publish();
  EXPECT_EQ(patch("rubbish", tag_).outcome(), "400 SDP_SYNTAX");
  EXPECT_EQ(patch("a=candidate:rubbish\r\n", tag_).outcome(), "400 CANDIDATE_INVALID");
  EXPECT_EQ(patch(std::string(100'000, 'a'), tag_).outcome(), "413 SDP_TOO_LARGE");
  EXPECT_EQ(door()
                .send("PATCH", location_, kCandidate, {{"Content-Type", "text/plain"}, {"If-Match", tag_}})
                .status,
            415);
  EXPECT_EQ(patch(kCandidate, tag_).status, 204);
}

TEST_F(WhipHttpTest, EveryResourceSaysWhatItTakes) {
  publish();
  for (const auto& path : {std::string("/whip/hall"), std::string("/whep/hall"), location_}) {
    const bool endpoint = path != location_;
    const auto allowed = endpoint ? "GET, HEAD, OPTIONS, POST" : "DELETE, GET, HEAD, OPTIONS, PATCH";
    const auto options = door().send("OPTIONS", path);
    EXPECT_EQ(options.status, 200);
    EXPECT_EQ(options.header("access-control-allow-origin"), "*");
    EXPECT_EQ(options.header("access-control-allow-methods"), allowed);
    EXPECT_EQ(options.header("access-control-allow-headers"), "Authorization, Content-Type, If-Match");
    EXPECT_EQ(options.header("access-control-expose-headers"), "ETag, Link, Location, Retry-After");
    EXPECT_EQ(options.header(endpoint ? "accept-post" : "accept-patch"),
              endpoint ? "application/sdp" : "application/trickle-ice-sdpfrag");
    EXPECT_EQ(door().send("GET", path).status, 204);
    const auto refused = door().send("PUT", path);
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.header("allow"), allowed);
  }
}

TEST_F(WhipHttpTest, PagesOfOtherOriginsCanReadWhyTheyAreRefused) {
  const auto nobody = [](const std::string& path) { return path + "/nobody"; };
  open();
  for (const auto& reply :
       {door().send("PUT", "/whip/hall"), door().send("POST", "/whip/hall", "v=0"),
        door().post("/whip/hall", "rubbish"), door().post(nobody("/whep"), viewer_.offer()),
        door().send("DELETE", nobody("/whip-session"))}) {
    EXPECT_GE(reply.status, 400);
    EXPECT_EQ(reply.header("access-control-allow-origin"), "*") << reply.status;
  }
}

TEST_F(WhipHttpTest, OffersHaveTheirTypeAndAnswersTheOneThatIsAccepted) {
  open();
  const auto offer = publisher_.offer();
  const auto refused = door().send("POST", "/whip/hall", offer, {{"Content-Type", "text/plain"}});
  EXPECT_EQ(refused.status, 415);
  EXPECT_EQ(refused.header("accept-post"), "application/sdp");
  EXPECT_EQ(door().send("POST", "/whip/hall", offer).status, 415);
  EXPECT_EQ(door().post("/whip/hall", offer, {{"Accept", "text/html"}}).status, 406);
  EXPECT_EQ(door().post("/whip/hall", offer, {{"Content-Type", "Application/SDP; charset=utf-8"}}).status,
            201);
  EXPECT_EQ(door().post("/whip/hall", offer, {{"Accept", "text/html, */*;q=0.1"}}).status, 201);
}

TEST_F(WhipHttpTest, MediaGoesOneWay) {
  publish();
  for (auto& line : viewer_.lines()) line.direction = "sendrecv";
  const auto watched = door().post("/whep/hall", viewer_.offer());
  EXPECT_EQ(watched.status, 201);
  EXPECT_NE(watched.body.find("a=sendonly"), std::string::npos);
  EXPECT_EQ(watched.body.find("a=sendrecv"), std::string::npos);

  const TestPeer silent(TestPeer::Options{});
  EXPECT_EQ(door().post("/whip/hall", silent.offer()).outcome(), "422 NOTHING_TO_SEND");
  EXPECT_EQ(door().post("/whep/hall", publisher_.offer()).outcome(), "422 NOTHING_TO_SEND");
}

TEST_F(WhipHttpTest, ClientsAreToldOfIceServers) {
  publish({.ice_servers = {{"stun:stun.example.org", "", ""}, {"turn:turn.example.org", "kms", "secret"}}});

  const auto reply = door().post("/whep/hall", viewer_.offer());

  EXPECT_EQ(reply.header("link"),
            "<stun:stun.example.org>; rel=\"ice-server\", <turn:turn.example.org>; rel=\"ice-server\"; "
            "username=\"kms\"; credential=\"secret\"; credential-type=\"password\"");
}

// A file of tokens that ends with the test.
class TokenFile {
 public:
  explicit TokenFile(const std::string& name) : path_(testing::TempDir() + name + std::to_string(getpid())) {}
  ~TokenFile() { std::remove(path_.c_str()); }
  void write(const std::string& text) const { std::ofstream(path_) << text; }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

TEST_F(WhipHttpTest, WhoPublishesAndWhoWatchesNeedsHisToken) {
  const TokenFile publish("publish-tokens");
  const TokenFile watch("watch-tokens");
  publish.write("# all rooms\npublisher-token\n");
  watch.write("hall viewer-token\n");
  open({.tokens = {publish.path(), watch.path()}});
  const test::WhipClient::Headers as_publisher{{"Authorization", "Bearer publisher-token"}};
  const test::WhipClient::Headers as_viewer{{"Authorization", "bearer viewer-token"}};

  const auto nobody = door().post("/whip/hall", publisher_.offer());
  EXPECT_EQ(nobody.outcome(), "401 TOKEN_MISSING");
  EXPECT_EQ(nobody.header("www-authenticate"), "Bearer realm=\"kms\"");
  const auto other = door().post("/whip/hall", publisher_.offer(), as_viewer);
  EXPECT_EQ(other.outcome(), "401 TOKEN_WRONG");
  EXPECT_EQ(other.header("www-authenticate"), "Bearer realm=\"kms\", error=\"invalid_token\"");
  EXPECT_TRUE(store_->names().empty());

  const auto published = door().post("/whip/hall", publisher_.offer(), as_publisher);
  ASSERT_EQ(published.status, 201);
  EXPECT_EQ(door().post("/whep/hall", viewer_.offer(), as_viewer).status, 201);
  EXPECT_EQ(door().post("/whep/other", viewer_.offer(), as_viewer).outcome(), "401 TOKEN_WRONG");
  EXPECT_EQ(door().send("OPTIONS", "/whip/hall").status, 200);

  const auto location = published.header("location");
  EXPECT_EQ(door().send("DELETE", location).outcome(), "401 TOKEN_MISSING");
  EXPECT_EQ(door().send("DELETE", location, "", as_viewer).outcome(), "401 TOKEN_WRONG");
  publish.write("changed\n");
  EXPECT_EQ(door().send("DELETE", location, "", as_publisher).outcome(), "401 TOKEN_WRONG");
  EXPECT_EQ(door().send("DELETE", location, "", {{"Authorization", "Bearer changed"}}).status, 200);
}

TEST_F(WhipHttpTest, TokensThatCannotBeReadLetNobodyIn) {
  open({.tokens = {"/nowhere/tokens", ""}});

  const auto refused = door().post("/whip/hall", publisher_.offer(), {{"Authorization", "Bearer x"}});

  EXPECT_EQ(refused.outcome(), "503 TOKENS_UNREADABLE");
  EXPECT_EQ(refused.body.find("/nowhere"), std::string::npos);
}

}  // namespace
}  // namespace kms::http
