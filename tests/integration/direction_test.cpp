// SPDX-License-Identifier: Apache-2.0
// What later descriptions make of a call between two peers, and which of them hears and sees the other then.
#include <set>

#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using rtc::test::TestPeer;

// A peer at an endpoint.
class Caller {
 public:
  Caller(WithEndpoint& kms, std::string id) : kms_(kms), id_(std::move(id)) {
    for (auto& line : peer.lines()) line.direction = "sendrecv";
  }

  std::string name() const { return kms_.session + "/elements/" + id_; }
  // Offers what its lines say, and takes the answer.
  bool negotiate() {
    ProcessOfferRequest request;
    request.set_name(name());
    request.set_offer(peer.offer());
    ProcessOfferResponse response;
    EXPECT_EQ(kms_.ask(&WithEndpoint::Stub::ProcessOffer, request, &response), "OK")
        << kms_.client.last.message;
    return peer.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok();
  }
  bool join() { return negotiate() && peer.connect(); }
  void set_direction(const std::string& direction) {
    for (auto& line : peer.lines()) line.direction = direction;
  }
  // A packet of sound and a picture; that of another SSRC than the first line's, should one be given.
  void send(uint32_t ssrc = 0) {
    ++sent_;
    peer.send({.video = false, .sequence = sent_, .timestamp = sent_ * 960u, .size = 80});
    peer.send({.key_frame = true, .sequence = sent_, .timestamp = sent_ * 3000u, .ssrc = ssrc});
  }
  uint64_t sent() const { return 2 * sent_; }
  // The same, as the endpoint counts it.
  uint64_t arrived() {
    GetRtcStatsRequest request;
    request.set_name(name());
    GetRtcStatsResponse stats;
    kms_.ask(&WithEndpoint::Stub::GetRtcStats, request, &stats);
    uint64_t all = 0;
    for (const auto& each : stats.inbound_rtp()) all += each.packets_received();
    return all;
  }
  size_t pictures_of(uint32_t ssrc) const {
    return static_cast<size_t>(std::ranges::count_if(
        peer.rtp(), [&](const auto& packet) { return rtc::RtpView::parse(packet)->ssrc() == ssrc; }));
  }

  TestPeer peer{{.publishes = true}};

 private:
  WithEndpoint& kms_;
  const std::string id_;
  uint16_t sent_ = 0;
};

// Alice at "w", Bob at "b", each linked to the other.
class Directions : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(kms_.create("b", WebRtcOptions()), "OK");
    ASSERT_EQ(kms_.client.connect(kms_.session, "w", "b"), "OK") << kms_.client.last.message;
    ASSERT_EQ(kms_.client.connect(kms_.session, "b", "w"), "OK") << kms_.client.last.message;
  }
  static bool hears_and_sees(Caller& who, Caller& whom) {
    who.peer.clear();
    return eventually([&] {
      whom.send();
      return who.peer.receive_until([&] { return who.peer.count(true) > 3 && who.peer.count(false) > 3; },
                                    std::chrono::milliseconds(20));
    });
  }
  // What `whom` sends comes to the server and no further.
  static bool hears_nothing(Caller& who, Caller& whom) {
    const auto all_has_come = [&] { return whom.arrived() == whom.sent(); };
    if (!eventually(all_has_come)) return false;
    who.peer.read_available();
    who.peer.clear();
    for (int i = 0; i < 5; ++i) whom.send();
    const bool came = eventually(all_has_come);
    who.peer.receive_until([] { return false; }, std::chrono::milliseconds(100));
    return came && who.peer.rtp().empty();
  }

  WithEndpoint kms_;
  Caller alice_{kms_, "w"};
  Caller bob_{kms_, "b"};
};

TEST_F(Directions, ChangeWithEachOfferAndBack) {
  ASSERT_TRUE(bob_.join());
  ASSERT_TRUE(alice_.join());
  for (const std::string direction :
       {"sendrecv", "recvonly", "inactive", "sendrecv", "sendonly", "sendrecv"}) {
    SCOPED_TRACE(direction);
    alice_.set_direction(direction);
    ASSERT_TRUE(alice_.negotiate());

    if (direction.starts_with("send")) {
      EXPECT_TRUE(hears_and_sees(bob_, alice_));
    }
    if (direction.ends_with("recv") || direction == "recvonly") {
      EXPECT_TRUE(hears_and_sees(alice_, bob_));
    } else {
      EXPECT_TRUE(hears_nothing(alice_, bob_));
    }
  }
}

TEST_F(Directions, AFurtherTrackComesAndGoesAndLeavesTheOthersAlone) {
  ASSERT_TRUE(bob_.join());
  ASSERT_TRUE(alice_.join());
  ASSERT_TRUE(hears_and_sees(bob_, alice_));
  EventReader events(kms_.client, kms_.session);
  constexpr uint32_t kScreen = 4711;
  alice_.peer.lines().push_back({"2", true, "sendonly", kScreen});
  bob_.peer.lines().push_back({"2", true, "recvonly"});
  ASSERT_TRUE(alice_.negotiate());
  ASSERT_TRUE(bob_.negotiate());
  v1::LinkSpec link;
  link.set_source("w");
  link.set_source_port("2");
  link.set_sink("b");
  link.set_sink_port("2");
  link.set_kind(v1::MEDIA_KIND_VIDEO);
  ASSERT_EQ(kms_.client.connect(kms_.session, link), "OK") << kms_.client.last.message;

  const auto second = bob_.peer.answer().media.at(2).ssrcs.at(0).ssrc;
  EXPECT_TRUE(eventually([&] {
    alice_.send(kScreen);
    return bob_.peer.receive_until([&] { return bob_.pictures_of(second) > 3; },
                                   std::chrono::milliseconds(20));
  }));

  alice_.peer.lines().back().rejected = true;
  ASSERT_TRUE(alice_.negotiate());
  EXPECT_TRUE(MediaServer::wait_for(events, [](const auto& event) {
    return event.link_disconnected().reason() == "PORT_ENDED" &&
           event.link_disconnected().link().source_port() == "2";
  }));
  EXPECT_TRUE(hears_and_sees(bob_, alice_));
  EXPECT_EQ(bob_.pictures_of(second), 0U);
  EXPECT_TRUE(hears_and_sees(alice_, bob_));

  alice_.peer.lines().back() = {"3", true, "sendonly", kScreen + 1};  // the place is used again
  ASSERT_TRUE(alice_.negotiate());
  link.set_source_port("3");
  ASSERT_EQ(kms_.client.connect(kms_.session, link), "OK") << kms_.client.last.message;
  EXPECT_TRUE(eventually([&] {
    alice_.send(kScreen + 1);
    return bob_.peer.receive_until([&] { return bob_.pictures_of(second) > 3; },
                                   std::chrono::milliseconds(20));
  }));
}

TEST_F(Directions, AnOfferOfOursThatIsAnsweredCarriesMediaBothWays) {
  ASSERT_TRUE(bob_.join());
  GenerateOfferResponse offer;
  ASSERT_EQ(kms_.generate_offer(&offer), "OK") << kms_.client.last.message;
  const auto answer = alice_.peer.answer_to(offer.offer());
  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  ASSERT_EQ(kms_.process_answer(*answer), "OK") << kms_.client.last.message;
  ASSERT_TRUE(alice_.peer.connect());

  EXPECT_TRUE(hears_and_sees(bob_, alice_));
  EXPECT_TRUE(hears_and_sees(alice_, bob_));
}

// An endpoint that makes the offers, of whichever lines.
struct Offering : WithEndpoint {
  // Adds the lines to the offer and has the peer answer it.
  bool offer(const std::vector<std::pair<OfferedLine::Kind, MediaDirection>>& lines, TestPeer& peer) {
    GenerateOfferRequest request;
    for (const auto& [kind, direction] : lines) {
      auto& line = *request.add_lines();
      line.set_kind(kind);
      line.set_direction(direction);
    }
    return answered(request, peer);
  }
  // Of a line of pictures that there is.
  bool change(const std::string& mid, MediaDirection direction, TestPeer& peer) {
    GenerateOfferRequest request;
    auto& line = *request.add_lines();
    line.set_kind(OfferedLine::KIND_VIDEO);
    line.set_mid(mid);
    line.set_direction(direction);
    return answered(request, peer);
  }
  bool answered(const GenerateOfferRequest& request, TestPeer& peer) {
    GenerateOfferResponse response;
    EXPECT_EQ(generate_offer(&response, request), "OK") << client.last.message;
    description = *rtc::parse_sdp(response.offer());
    const auto answer = peer.answer_to(response.offer());
    EXPECT_TRUE(answer.ok()) << message_of(answer.status());
    return answer.ok() && process_answer(*answer) == "OK";
  }
  // "video 1 recvonly", per m-line.
  std::vector<std::string> lines() const {
    constexpr const char* kNames[] = {" inactive", " sendonly", " recvonly", " sendrecv"};
    std::vector<std::string> out;
    for (const auto& line : description.media) {
      out.push_back((line.kind == rtc::MediaKind::kVideo ? "video " : "audio ") + line.mid +
                    kNames[static_cast<size_t>(line.direction)]);
    }
    return out;
  }
  std::set<std::string> ports(v1::Direction direction) {
    v1::GetElementRequest request;
    request.set_name(name_of("w"));
    v1::GetElementResponse response;
    EXPECT_EQ(client.call(*client.elements, &v1::ElementService::Stub::GetElement, request, &response), "OK");
    std::set<std::string> out;
    for (const auto& port : response.element().ports()) {
      if (port.direction() == direction) out.insert(port.name());
    }
    return out;
  }
  std::string link(const std::string& source_port, const std::string& sink_port) {
    v1::LinkSpec spec;
    spec.set_source("w");
    spec.set_source_port(source_port);
    spec.set_sink("w");
    spec.set_sink_port(sink_port);
    spec.set_kind(v1::MEDIA_KIND_VIDEO);
    return client.connect(session, spec);
  }

  rtc::SessionDescription description;
};

TEST(OurOffers, HaveTheLinesThatWereAskedForAndTheirPortsAreNamedByMid) {
  Offering kms;
  TestPeer peer({.publishes = true});
  constexpr uint32_t kCamera = 3333, kScreen = 4444;
  peer.lines() = {{"0", false, "sendrecv", TestPeer::kAudioSsrc},
                  {"1", true, "recvonly"},
                  {"2", true, "sendonly", kCamera},
                  {"3", true, "sendrecv", kScreen}};
  ASSERT_TRUE(kms.offer({{OfferedLine::KIND_AUDIO, MEDIA_DIRECTION_UNSPECIFIED},
                         {OfferedLine::KIND_VIDEO, MEDIA_DIRECTION_SENDONLY},
                         {OfferedLine::KIND_VIDEO, MEDIA_DIRECTION_RECVONLY},
                         {OfferedLine::KIND_VIDEO, MEDIA_DIRECTION_SENDRECV}},
                        peer));
  EXPECT_EQ(kms.lines(), (std::vector<std::string>{"audio 0 sendrecv", "video 1 sendonly", "video 2 recvonly",
                                                   "video 3 sendrecv"}));
  EXPECT_EQ(kms.ports(v1::DIRECTION_SOURCE), (std::set<std::string>{"audio", "video", "data", "3"}));
  EXPECT_EQ(kms.ports(v1::DIRECTION_SINK), (std::set<std::string>{"audio", "video", "data", "3"}));
  ASSERT_TRUE(peer.connect());

  // The camera (mid 2, the first on which pictures come) goes out on mid 3, the screen (mid 3) on mid 1.
  ASSERT_EQ(kms.link("video", "3"), "OK") << kms.client.last.message;
  ASSERT_EQ(kms.link("3", "video"), "OK") << kms.client.last.message;
  constexpr size_t kSmall = 300, kLarge = 900;
  const auto all_on = [&](int line, size_t size) {
    const auto ssrc = kms.description.media.at(static_cast<size_t>(line)).ssrcs.at(0).ssrc;
    size_t count = 0;
    for (const auto& packet : peer.rtp()) {
      const auto view = *rtc::RtpView::parse(packet);
      if (view.ssrc() != ssrc) continue;
      EXPECT_EQ(view.payload().size(), size) << "on mid " << line;
      ++count;
    }
    return count;
  };
  uint16_t sent = 0;
  EXPECT_TRUE(eventually([&] {
    ++sent;
    peer.send(
        {.key_frame = true, .sequence = sent, .timestamp = sent * 3000u, .size = kSmall, .ssrc = kCamera});
    peer.send(
        {.key_frame = true, .sequence = sent, .timestamp = sent * 3000u, .size = kLarge, .ssrc = kScreen});
    peer.receive_until([] { return false; }, std::chrono::milliseconds(20));
    return all_on(3, kSmall) > 3 && all_on(1, kLarge) > 3;
  }));

  peer.lines().push_back({"4", true, "sendonly", 5555});
  ASSERT_TRUE(kms.offer({{OfferedLine::KIND_VIDEO, MEDIA_DIRECTION_RECVONLY}}, peer));
  ASSERT_EQ(kms.lines().size(), 5U) << "those that there were, and then the new one";
  EXPECT_EQ(kms.lines().back(), "video 4 recvonly");
  EXPECT_EQ(kms.ports(v1::DIRECTION_SOURCE), (std::set<std::string>{"audio", "video", "data", "3", "4"}));
}

TEST(OurOffers, HoldResumeAndStopLinesByTheirMid) {
  Offering kms;
  TestPeer peer({.publishes = true});
  for (auto& line : peer.lines()) line.direction = "sendrecv";
  ASSERT_TRUE(kms.offer({{OfferedLine::KIND_AUDIO, MEDIA_DIRECTION_UNSPECIFIED},
                         {OfferedLine::KIND_VIDEO, MEDIA_DIRECTION_UNSPECIFIED}},
                        peer));

  ASSERT_TRUE(kms.change("1", MEDIA_DIRECTION_INACTIVE, peer));
  EXPECT_EQ(kms.lines(), (std::vector<std::string>{"audio 0 sendrecv", "video 1 inactive"}));
  ASSERT_TRUE(kms.change("1", MEDIA_DIRECTION_SENDRECV, peer));
  EXPECT_EQ(kms.lines(), (std::vector<std::string>{"audio 0 sendrecv", "video 1 sendrecv"}));
  peer.lines()[1].rejected = true;
  ASSERT_TRUE(kms.change("1", MEDIA_DIRECTION_STOPPED, peer));
  EXPECT_FALSE(kms.description.media.at(1).is_active());

  peer.lines()[1] = {"2", true, "sendonly", 5555};
  ASSERT_TRUE(kms.offer({{OfferedLine::KIND_VIDEO, MEDIA_DIRECTION_RECVONLY}}, peer));
  EXPECT_EQ(kms.lines(), (std::vector<std::string>{"audio 0 sendrecv", "video 2 recvonly"}));
}

TEST(OurOffers, AreTakenBackOnceAndRestartIceWhenAsked) {
  WithEndpoint kms;
  GenerateOfferResponse first, second, third;
  ASSERT_EQ(kms.generate_offer(&first), "OK");
  EXPECT_EQ(kms.generate_offer(&second), "FAILED_PRECONDITION/OFFER_PENDING");

  EXPECT_EQ(kms.withdraw_offer(), "OK");
  EXPECT_EQ(kms.withdraw_offer(), "FAILED_PRECONDITION/NO_OFFER_PENDING");

  GenerateOfferRequest request;
  request.add_lines()->set_kind(OfferedLine::KIND_VIDEO);
  ASSERT_EQ(kms.generate_offer(&second, request), "OK");
  ASSERT_EQ(kms.withdraw_offer(), "OK");
  request.set_restart_ice(true);
  ASSERT_EQ(kms.generate_offer(&third, request), "OK");
  const auto ufrag = [](const GenerateOfferResponse& offer) {
    return rtc::parse_sdp(offer.offer())->media.at(0).transport.ufrag;
  };
  EXPECT_EQ(ufrag(second), ufrag(first));
  EXPECT_NE(ufrag(third), ufrag(first));
}

TEST(OurOffers, AreRefusedWithALineThatIsOfNoKind) {
  WithEndpoint kms;
  GenerateOfferRequest request;
  request.add_lines();
  GenerateOfferResponse response;
  EXPECT_EQ(kms.generate_offer(&response, request), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(kms.client.last.metadata["field"], "lines");
  request.mutable_lines(0)->set_kind(OfferedLine::KIND_AUDIO);
  request.mutable_lines(0)->set_direction(static_cast<MediaDirection>(7));
  EXPECT_EQ(kms.generate_offer(&response, request), "INVALID_ARGUMENT/INVALID_OPTIONS");
  request.mutable_lines(0)->clear_direction();
  request.mutable_lines(0)->set_mid("7");
  EXPECT_EQ(kms.generate_offer(&response, request), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(kms.client.last.metadata["field"], "lines");
  request.mutable_lines(0)->clear_mid();
  EXPECT_EQ(kms.generate_offer(&response, request), "OK") << "nothing has been offered before";
}

}  // namespace
}  // namespace kms::test
