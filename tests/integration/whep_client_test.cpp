// SPDX-License-Identifier: Apache-2.0
// kms as a client of a WHEP server: what one kms shows is watched through another.
#include "tests/integration/client_fixture.hpp"
#include "tests/support/tcp_relay.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;
using webrtc_client::v1::StateChanged;
using webrtc_client::v1::WebRtcClientService;
using webrtc_client::v1::WhepClientOptions;
using Stub = WebRtcClientService::Stub;

// A server whose room "a" shows a clip.
std::unique_ptr<MediaServer> show() {
  auto far = std::make_unique<MediaServer>(kDoorAndClient);
  auto clip = MediaServer::player(make_clip("clip.webm", 4));
  clip.set_loop(true);
  clip.set_autoplay(true);
  EXPECT_EQ(far->create("p", clip), "OK") << far->client.last.message;
  EXPECT_EQ(far->client.create_pass_through(far->session, "stage"), "OK");
  EXPECT_EQ(far->connect("p", "stage"), "OK");
  return far;
}

// A server whose room "a" shows what it gets of another one.
struct Watching : MediaServer {
  Watching() : MediaServer(kDoorAndClient) {}
  static WhepClientOptions of(const std::string& address) {
    WhepClientOptions options;
    options.set_uri("http://" + address + "/whep/a");
    options.mutable_connection()->mutable_reconnect()->mutable_initial()->set_nanos(100'000'000);
    options.mutable_connection()->mutable_reconnect()->mutable_most()->set_nanos(200'000'000);
    return options;
  }
  std::string add(const WhepClientOptions& options) {
    const auto made = create("v", options);
    if (made != "OK") return made;
    EXPECT_EQ(client.create_pass_through(session, "stage"), "OK");
    return connect("v", "stage");
  }
  std::string start() { return command<WebRtcClientService>("v", &Stub::Start); }
  std::string door() const { return running->server.http(); }
};

void wait_for_state(EventReader& events, webrtc_client::v1::State state) {
  StateChanged changed;
  do {
    ASSERT_TRUE(MediaServer::wait_for(events, changed));
  } while (changed.state() != state);
}

TEST(WhepClient, BringsWhatAnotherServerShowsIntoTheGraph) {
  const auto far = show();
  Watching near;
  ASSERT_EQ(near.add(Watching::of(far->running->server.http())), "OK") << near.client.last.message;
  ASSERT_EQ(near.start(), "OK") << near.client.last.message;
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(WhipClient(near.door()).join(viewer, "/whep/a"));

  EXPECT_TRUE(watches(viewer));
}

TEST(WhepClient, RecordsFromAnotherServer) {
  const auto far = show();
  Watching near;
  ASSERT_EQ(near.add(Watching::of(far->running->server.http())), "OK") << near.client.last.message;
  auto file = MediaServer::recorder("from-whep.webm");
  file.set_autostart(true);
  ASSERT_EQ(near.create("r", file), "OK");
  ASSERT_EQ(near.connect("v", "r"), "OK");
  ASSERT_EQ(near.start(), "OK") << near.client.last.message;
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(WhipClient(near.door()).join(viewer, "/whep/a"));
  ASSERT_TRUE(watches(viewer));
  recorder::v1::GetRecordingRequest request;
  request.set_name(near.name_of("r"));
  recorder::v1::GetRecordingResponse now;
  const auto commands = recorder::v1::RecorderService::NewStub(near.client.channel);
  ASSERT_TRUE(eventually([&] {
    near.client.call(*commands, &recorder::v1::RecorderService::Stub::GetRecording, request, &now);
    return now.recording().video_frames() > 10 && now.recording().audio_frames() > 10;
  })) << now.DebugString();

  EXPECT_EQ(near.command<recorder::v1::RecorderService>("r", &recorder::v1::RecorderService::Stub::Stop),
            "OK");
  EXPECT_GT(decoded_frames(media_folder() + "/from-whep.webm", 'v'), 5);
  EXPECT_GT(decoded_frames(media_folder() + "/from-whep.webm", 'a'), 5);
}

TEST(WhepClient, GoesOnWhenTheServerIsBack) {
  auto far = show();
  TcpRelay way(port_of(far->running->server.http()));
  Watching near;
  auto options = Watching::of("127.0.0.1:" + std::to_string(way.port()));
  options.mutable_connection()->mutable_stall()->set_seconds(2);
  ASSERT_EQ(near.add(options), "OK");
  EventReader events(near.client, near.session);
  events.wait_until_subscribed();
  ASSERT_EQ(near.start(), "OK") << near.client.last.message;
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(WhipClient(near.door()).join(viewer, "/whep/a"));
  ASSERT_TRUE(watches(viewer));

  far->running->server.process().signal(SIGKILL);
  wait_for_state(events, webrtc_client::v1::STATE_RECONNECTING);
  far = show();
  way.set_target(port_of(far->running->server.http()));
  wait_for_state(events, webrtc_client::v1::STATE_CONNECTED);

  EXPECT_TRUE(watches(viewer));
}

TEST(WhepClient, WaitsForAPublisherByTryingAgain) {
  MediaServer far(kDoorAndClient);
  Watching near;
  ASSERT_EQ(near.add(Watching::of(far.running->server.http())), "OK");
  EventReader events(near.client, near.session);
  events.wait_until_subscribed();
  auto options = Watching::of(far.running->server.http());
  options.set_autostart(true);
  ASSERT_EQ(near.create("again", options), "OK");

  StateChanged changed;
  do {
    ASSERT_TRUE(MediaServer::wait_for(events, changed));
  } while (changed.state() != webrtc_client::v1::STATE_RECONNECTING);

  EXPECT_EQ(changed.reason(), "SERVER_REFUSED");
  EXPECT_TRUE(changed.message().ends_with("the server answered 409, NO_PUBLISHER")) << changed.message();
  EXPECT_GE(changed.next_attempt_in().seconds(), 1);  // Retry-After
}

// Of a room, who watches it.
std::vector<std::string> viewers_of(MediaServer& server) {
  v1::ListElementsRequest request;
  request.set_parent(server.session);
  v1::ListElementsResponse all;
  server.client.call(*server.client.elements, &v1::ElementService::Stub::ListElements, request, &all);
  std::vector<std::string> names;
  for (const auto& element : all.elements()) {
    const auto role = element.tags().find("whip");
    if (role != element.tags().end() && role->second == "viewer") names.push_back(element.name());
  }
  return names;
}

// Of WHIP and WHEP one end each is webrtcbin here, the other one kms.
TEST(WhepClient, WaitsAtTheServerThatLetsItAndStaysWhilePublishersChange) {
  MediaServer far(std::string("rtc: { ") + kPatientRtc + ", whip: true, whep_waits: true }\n" +
                  "network: { allow: [127.0.0.0/8] }\n");
  Watching near;
  ASSERT_EQ(near.add(Watching::of(far.running->server.http())), "OK") << near.client.last.message;
  ASSERT_EQ(near.start(), "OK") << near.client.last.message;
  const auto waiting = viewers_of(far);
  ASSERT_EQ(waiting.size(), 1U);
  auto clip = MediaServer::player(make_clip("clip.webm", 4));
  clip.set_loop(true);
  clip.set_autoplay(true);
  ASSERT_EQ(far.create("p", clip), "OK") << far.client.last.message;
  webrtc_client::v1::WhipClientOptions to_own_door;
  to_own_door.set_uri("http://" + far.running->server.http() + "/whip/a");
  ASSERT_EQ(far.create("w", to_own_door), "OK") << far.client.last.message;
  ASSERT_EQ(far.connect("p", "w"), "OK") << far.client.last.message;

  TestPeer viewer(TestPeer::Options{});
  for (int publisher = 0; publisher < 2; ++publisher) {
    ASSERT_EQ(far.command<WebRtcClientService>("w", &Stub::Start), "OK") << far.client.last.message;
    if (publisher == 0) {
      ASSERT_TRUE(WhipClient(near.door()).join(viewer, "/whep/a"));
    }
    EXPECT_TRUE(watches(viewer)) << publisher;
    ASSERT_EQ(far.command<WebRtcClientService>("w", &Stub::Stop), "OK");
  }
  EXPECT_EQ(viewers_of(far), waiting);
}

TEST(WhepClient, GoesThroughTurn) {
  const auto far = show();
  const TurnServer turn;
  Watching near;
  auto options = Watching::of(far->running->server.http());
  use_relay_alone(options, turn.uri("tcp"));
  ASSERT_EQ(near.add(options), "OK");
  ASSERT_EQ(near.start(), "OK") << near.client.last.message;
  TestPeer viewer(TestPeer::Options{});
  ASSERT_TRUE(WhipClient(near.door()).join(viewer, "/whep/a"));

  EXPECT_TRUE(watches(viewer));
  EXPECT_TRUE(turn.relays_by(port_heard_from(far->client, far->session, "viewer")));
}

}  // namespace
}  // namespace kms::test
