// SPDX-License-Identifier: Apache-2.0
// kms as a client of a WHIP server: of its own door mostly, with somebody in between where the server is to
// be another.
#include <thread>

#include "tests/integration/client_fixture.hpp"
#include "tests/support/hostile/raw_server.hpp"
#include "tests/support/put_server.hpp"
#include "tests/support/tcp_relay.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;
using webrtc_client::v1::StateChanged;
using webrtc_client::v1::WebRtcClientService;
using webrtc_client::v1::WhipClientOptions;
using Stub = WebRtcClientService::Stub;

// A server that publishes a clip to a WHIP server.
struct Publishing : MediaServer {
  explicit Publishing(const std::string& config = kDoorAndClient) : MediaServer(config) {
    auto clip = MediaServer::player(make_clip("clip.webm", 4));
    clip.set_loop(true);
    clip.set_autoplay(true);
    EXPECT_EQ(create("p", clip), "OK") << client.last.message;
  }
  // To "room" of a server at "host:port".
  static WhipClientOptions to(const std::string& address, const std::string& room = "hall") {
    WhipClientOptions options;
    options.set_uri("http://" + address + "/whip/" + room);
    options.mutable_connection()->mutable_reconnect()->mutable_initial()->set_nanos(100'000'000);
    options.mutable_connection()->mutable_reconnect()->mutable_most()->set_nanos(200'000'000);
    return options;
  }
  std::string add(const WhipClientOptions& options, const std::string& id = "w") {
    const auto made = create(id, options);
    return made == "OK" ? connect("p", id) : made;
  }
  std::string start(const std::string& id = "w") { return command<WebRtcClientService>(id, &Stub::Start); }
  // What becomes of one attempt.
  std::string try_once(WhipClientOptions options, int timeout_s = 10) {
    options.mutable_connection()->mutable_reconnect()->set_off(true);
    options.mutable_connection()->mutable_timeout()->set_seconds(timeout_s);
    const auto id = "w" + std::to_string(++tries);
    const auto made = create(id, options);
    return made == "OK" ? start(id) : made;
  }
  std::string own_door() const { return running->server.http(); }

  int tries = 0;
};

// A door that hands requests on to another, and changes what is said.
class Between {
 public:
  using Change = std::function<void(PutServer::Reply&)>;
  Between(const std::string& door, Change change) {
    server_.answer_by([client = WhipClient(door), change = std::move(change)](const PutServer::Call& call) {
      const auto reply =
          client.send(call.method, call.path, call.body, {{"Content-Type", "application/sdp"}});
      PutServer::Reply out{
          .code = static_cast<unsigned>(reply.status), .body = reply.body, .type = "application/sdp"};
      if (!reply.header("location").empty()) out.headers["Location"] = reply.header("location");
      change(out);
      return out;
    });
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }

 private:
  PutServer server_;
};

std::string rewritten(std::string text, const std::string& what, const std::string& to) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + to.size()))
    text.replace(at, what.size(), to);
  return text;
}

TEST(WhipClient, PublishesAndSaysGoodbye) {
  Publishing kms;
  ASSERT_EQ(kms.add(Publishing::to(kms.own_door())), "OK") << kms.client.last.message;
  ASSERT_EQ(kms.start(), "OK") << kms.client.last.message;
  const WhipClient door(kms.own_door());
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(door.join(viewer, "/whep/hall"));

  EXPECT_TRUE(watches(viewer));

  EXPECT_EQ(kms.command<WebRtcClientService>("w", &Stub::Stop), "OK");
  TestPeer late(TestPeer::Options{});
  EXPECT_TRUE(eventually(
      [&] { return door.post("/whep/hall", late.offer()).outcome() == "409 NO_PUBLISHER"; }, kPatience));
}

TEST(WhipClient, ConnectsOnlyWithTheCertificateThatTheAnswerPromises) {
  Publishing kms;
  Between between(kms.own_door(), [](PutServer::Reply& reply) {
    const auto at = reply.body.find("sha-256 ");
    if (at == std::string::npos) return;
    const auto digits = reply.body.substr(at, 13);
    reply.body = rewritten(reply.body, digits, digits == "sha-256 00:11" ? "sha-256 00:12" : "sha-256 00:11");
  });

  EXPECT_EQ(kms.try_once(Publishing::to(between.address())), "PERMISSION_DENIED/CERTIFICATE_MISMATCH")
      << kms.client.last.message;
}

TEST(WhipClient, ComesBackToAServerThatWasGone) {
  Publishing kms;
  auto far = std::make_unique<Running>(kDoorAndClient);
  TcpRelay way(port_of(far->server.http()));
  auto options = Publishing::to("127.0.0.1:" + std::to_string(way.port()));
  options.mutable_connection()->mutable_stall()->set_seconds(2);
  ASSERT_EQ(kms.add(options), "OK");
  EventReader events(kms.client, kms.session);
  events.wait_until_subscribed();
  ASSERT_EQ(kms.start(), "OK") << kms.client.last.message;

  far->server.process().signal(SIGKILL);
  StateChanged changed;
  do {
    ASSERT_TRUE(MediaServer::wait_for(events, changed));
  } while (changed.state() != webrtc_client::v1::STATE_RECONNECTING);
  EXPECT_EQ(changed.reason(), "CONNECTION_LOST") << changed.message();
  far = std::make_unique<Running>(kDoorAndClient);
  way.set_target(port_of(far->server.http()));
  do {
    ASSERT_TRUE(MediaServer::wait_for(events, changed));
  } while (changed.state() != webrtc_client::v1::STATE_CONNECTED);

  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(WhipClient(far->server.http()).join(viewer, "/whep/hall"));
  EXPECT_TRUE(watches(viewer));
}

TEST(WhipClient, GoesThroughTurnAndNothingElse) {
  Publishing kms;
  const TurnServer turn;
  auto options = Publishing::to(kms.own_door());
  use_relay_alone(options, turn.uri());
  ASSERT_EQ(kms.add(options), "OK");
  ASSERT_EQ(kms.start(), "OK") << kms.client.last.message;
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(WhipClient(kms.own_door()).join(viewer, "/whep/hall"));

  EXPECT_TRUE(watches(viewer));
  EXPECT_TRUE(turn.relays_by(port_heard_from(kms.client, "sessions/hall", "publisher")));
}

TEST(WhipClient, UsesTheTurnServerThatTheAnswerLinks) {
  Publishing kms;
  const TurnServer turn;
  Between between(kms.own_door(), [&](PutServer::Reply& reply) {
    reply.headers["Link"] = "<" + turn.uri() + ">; rel=\"ice-server\"; username=\"" + TurnServer::kUser +
                            "\"; credential=\"" + TurnServer::kCredential + "\"";
  });
  auto options = Publishing::to(between.address());
  use_relay_alone(options, {});
  ASSERT_EQ(kms.add(options), "OK");
  ASSERT_EQ(kms.start(), "OK") << kms.client.last.message;
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(WhipClient(kms.own_door()).join(viewer, "/whep/hall"));

  EXPECT_TRUE(watches(viewer));
  EXPECT_TRUE(turn.relays_by(port_heard_from(kms.client, "sessions/hall", "publisher")));
}

TEST(WhipClient, WithoutAWayToTheServerThereIsNoConnection) {
  Publishing kms;
  auto options = Publishing::to(kms.own_door());
  use_relay_alone(options, {});  // and there is none

  EXPECT_EQ(kms.try_once(options, 4), "UNAVAILABLE/CONNECTION_FAILED") << kms.client.last.message;
}

TEST(WhipClient, TakesBackWhatItAskedForWhenItIsStoppedMeanwhile) {
  Publishing kms;
  enum class Point { kBegin, kAnswered, kStopped };
  Watched<Point> point;
  Between slow(kms.own_door(), [&](PutServer::Reply&) {
    point.change([](Point& now) { now = now == Point::kBegin ? Point::kAnswered : now; });
    point.wait([](Point now) { return now == Point::kStopped; });
  });
  EventReader events(kms.client, kms.session);
  events.wait_until_subscribed();
  auto options = Publishing::to(slow.address());
  options.set_autostart(true);
  ASSERT_EQ(kms.add(options), "OK");
  ASSERT_TRUE(point.wait([](Point now) { return now == Point::kAnswered; }));

  std::thread stopping([&] { EXPECT_EQ(kms.command_aside<WebRtcClientService>("w", &Stub::Stop), "OK"); });
  StateChanged changed;
  do {
    ASSERT_TRUE(MediaServer::wait_for(events, changed));
  } while (changed.state() != webrtc_client::v1::STATE_STOPPED);
  point.change([](Point& now) { now = Point::kStopped; });
  stopping.join();

  const WhipClient door(kms.own_door());
  TestPeer viewer(TestPeer::Options{});
  EXPECT_TRUE(
      eventually([&] { return door.post("/whep/hall", viewer.offer()).outcome() == "409 NO_PUBLISHER"; }));
}

TEST(WhipClient, TellsTheTokenToTheServerThatWasNamedAlone) {
  Publishing kms;
  Watched<std::vector<std::string>> told;
  PutServer other;
  other.answer_by([&](const PutServer::Call& call) {
    told.change([&](auto& list) { list.push_back("other " + call.authorization); });
    return PutServer::Reply{.code = 403};
  });
  PutServer named;
  named.answer_by([&](const PutServer::Call& call) {
    told.change([&](auto& list) { list.push_back("named " + call.authorization); });
    return PutServer::Reply{.code = 307, .headers = {{"Location", other.uri("/whip/hall")}}};
  });
  auto options = Publishing::to("127.0.0.1:" + std::to_string(named.port()));
  options.set_bearer_token("open.sesame");

  EXPECT_EQ(kms.try_once(options), "PERMISSION_DENIED/UNAUTHORIZED");

  EXPECT_EQ(told.copy(), (std::vector<std::string>{"named Bearer open.sesame", "other "}));
  EXPECT_EQ(kms.running->server.log().find("sesame"), std::string::npos);
}

TEST(WhipClient, SaysWhyAServerIsOfNoUse) {
  Publishing kms;
  const std::string good = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  std::map<std::string, PutServer::Reply> replies{
      {"PERMISSION_DENIED/UNAUTHORIZED", {.code = 401}},
      {"NOT_FOUND/NOT_FOUND", {.code = 404}},
      {"FAILED_PRECONDITION/SERVER_REFUSED", {.code = 500}},
      {"INVALID_ARGUMENT/ANSWER_INVALID", {.code = 201, .body = "<html>", .type = "text/html"}},
      {"PERMISSION_DENIED/URI_NOT_ALLOWED",
       {.code = 307, .headers = {{"Location", "http://10.0.0.1/whip"}}}}};
  for (const auto& [outcome, reply] : replies) {
    PutServer server;
    server.answer_by([&](const PutServer::Call&) { return reply; });
    EXPECT_EQ(kms.try_once(Publishing::to("127.0.0.1:" + std::to_string(server.port()))), outcome);
  }
  PutServer nonsense;
  nonsense.answer_by([&](const PutServer::Call&) {
    return PutServer::Reply{.code = 201, .body = good, .type = "application/sdp"};
  });
  EXPECT_EQ(kms.try_once(Publishing::to("127.0.0.1:" + std::to_string(nonsense.port()))),
            "INVALID_ARGUMENT/ANSWER_INVALID");
  const hostile::RawServer silent([](const auto& connection) { connection.wait_until_closed(); });
  EXPECT_EQ(kms.try_once(Publishing::to(silent.address()), 1), "UNAVAILABLE/SERVER_UNREACHABLE");
  EXPECT_EQ(kms.try_once(Publishing::to("127.0.0.1:1")), "UNAVAILABLE/SERVER_UNREACHABLE");
}

TEST(WhipClient, TellsTheReasonInARefusalAndNothingElseOfIt) {
  Publishing kms;
  const std::map<std::string, std::string> told{
      {"NOTHING_TO_SEND: no m-line", "answered 422, NOTHING_TO_SEND"},
      {"<html>SECRET_WORD", "answered 422"},
      {"SECRET_WORD=1", "answered 422"},
      {"", "answered 422"}};
  for (const auto& [body, text] : told) {
    PutServer server;
    server.answer_by([&](const PutServer::Call&) { return PutServer::Reply{.code = 422, .body = body}; });
    EXPECT_EQ(kms.try_once(Publishing::to("127.0.0.1:" + std::to_string(server.port()))),
              "FAILED_PRECONDITION/SERVER_REFUSED");
    EXPECT_TRUE(kms.client.last.message.ends_with(text)) << kms.client.last.message;
  }
  EventReader events(kms.client, kms.session);  // from the first one on
  StateChanged changed;
  do {
    ASSERT_TRUE(MediaServer::wait_for(events, changed));
  } while (changed.state() != webrtc_client::v1::STATE_FAILED);
  EXPECT_EQ(changed.reason(), "SERVER_REFUSED");
  EXPECT_NE(changed.message().find("answered 422"), std::string::npos) << changed.message();
}

TEST(WhipClient, RefusesAnswersThatLeadWhereItMustNotGo) {
  Publishing kms;
  Between inside(kms.own_door(), [](PutServer::Reply& reply) {
    reply.body = rewritten(reply.body, "127.0.0.1", "10.0.0.1");
  });
  Between deaf(kms.own_door(), [](PutServer::Reply& reply) {
    reply.body = rewritten(rewritten(reply.body, "m=audio 9", "m=audio 0"), "m=video 9", "m=video 0");
  });

  EXPECT_EQ(kms.try_once(Publishing::to(inside.address())), "PERMISSION_DENIED/URI_NOT_ALLOWED");
  EXPECT_EQ(kms.try_once(Publishing::to(deaf.address())), "UNIMPLEMENTED/CODEC_UNSUPPORTED")
      << kms.client.last.message;
}

TEST(WhipClient, AnswersAreInTheCodecThatTheServerTakes) {
  Publishing kms;
  auto options = Publishing::to(kms.own_door());
  options.add_codecs("OPUS");
  options.add_codecs("H264");  // the clip is VP8
  ASSERT_EQ(kms.add(options), "OK");
  ASSERT_EQ(kms.start(), "OK") << kms.client.last.message;

  EXPECT_TRUE(eventually(
      [&] {
        webrtc_client::v1::GetConnectionRequest request;
        request.set_name(kms.name_of("w"));
        webrtc_client::v1::GetConnectionResponse response;
        const auto stub = WebRtcClientService::NewStub(kms.client.channel);
        kms.client.call(*stub, &Stub::GetConnection, request, &response);
        return response.video_codec() == "H264" && response.audio_codec() == "OPUS";
      },
      kPatience));
}

TEST(WhipClient, IsRefusedOptionsThatCannotBe) {
  MediaServer kms;
  WhipClientOptions options;
  EXPECT_EQ(kms.create("a", options), "INVALID_ARGUMENT/INVALID_OPTIONS");
  options.set_uri("http://127.0.0.1/whip/hall");
  EXPECT_EQ(kms.create("a", options), "PERMISSION_DENIED/URI_NOT_ALLOWED");
  options.set_uri("https://whip.invalid/hall");
  options.add_codecs("SPEEX");
  EXPECT_EQ(kms.create("a", options), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(kms.client.last.metadata["field"], "codecs");
  options.clear_codecs();
  options.mutable_connection()->add_ice_servers()->add_urls("turns:turn.example.net");
  EXPECT_EQ(kms.create("a", options), "INVALID_ARGUMENT/INVALID_OPTIONS");
}

}  // namespace
}  // namespace kms::test
