// SPDX-License-Identifier: Apache-2.0
// Twenty in a call: each sends sound and pictures and gets everybody else's on m-lines of their own, which
// come and go by offers of the server.
#include <map>
#include <set>

#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "tests/integration/metrics_of.hpp"
#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using rtc::MediaKind;
using rtc::test::TestPeer;
using std::chrono::milliseconds;

constexpr size_t kPeople = 20;
constexpr size_t kOwnLines = 2;

// An m-line on which another one's media comes, and the port that it is of the endpoint.
struct Line {
  std::string mid;
  std::string port;
};

// One of them, with a page's part of the work.
struct Participant {
  struct Heard {
    std::string who;
    bool video = false;
    size_t packets = 0;
    size_t gaps = 0;
    std::optional<uint16_t> last = {};
  };
  using Key = std::pair<std::string, bool>;  // who, and whether it is pictures

  // Fifty packets of sound a second, and ten of pictures.
  void send() {
    asked_ = asked_ || peer.asked_for_key_frame();
    const bool key_frame = std::exchange(asked_, false);
    ++sound_;
    // As first agreed on: lines that the server adds may have other types for the same codec.
    peer.send({.video = false,
               .sequence = sound_,
               .timestamp = sound_ * 960U,
               .size = 80,
               .type = TestPeer::kAudioType});
    if (!key_frame && sound_ % 5 != 0) return;
    ++pictures_;
    peer.send({.key_frame = key_frame,
               .sequence = pictures_,
               .timestamp = sound_ * 1800U,
               .size = 400,
               .type = TestPeer::kVideoType});
  }
  void read() {
    peer.read_available();
    for (const auto& packet : peer.rtp()) {
      const auto view = *rtc::RtpView::parse(packet);
      const auto found = heard.find(view.ssrc());
      if (found != heard.end()) take(found->second, view.sequence());
    }
    asked_ = asked_ || peer.asked_for_key_frame();
    peer.clear();
  }
  static void take(Heard& from, uint16_t sequence) {
    if (from.last && sequence != static_cast<uint16_t>(*from.last + 1)) ++from.gaps;
    from.last = sequence;
    ++from.packets;
  }
  // Under which SSRCs others come, after an offer; what comes of who stayed goes on.
  void follow(const rtc::SessionDescription& offer) {
    std::map<uint32_t, Heard> now;
    for (const auto& [key, line] : lines) {
      const auto media = std::ranges::find(offer.media, line.mid, &rtc::MediaDescription::mid);
      const auto ssrc = media->ssrcs.at(0).ssrc;
      const auto before = heard.find(ssrc);
      const bool same = before != heard.end() && Key(before->second.who, before->second.video) == key;
      now[ssrc] = same ? before->second : Heard{.who = key.first, .video = key.second};
    }
    heard = std::move(now);
  }

  std::string id;
  TestPeer peer{{.publishes = true}};
  std::map<Key, Line> lines;
  std::map<uint32_t, Heard> heard;  // by SSRC
  size_t places = 0;                // m-lines of the latest offer

 private:
  uint16_t sound_ = 0;
  uint16_t pictures_ = 0;
  bool asked_ = true;
};

class GroupCall : public testing::Test, public MediaServer {
 protected:
  using Stub = WebRtcService::Stub;
  using Names = std::vector<std::string>;

  GroupCall()
      : MediaServer(
            "rtc: { announced: [127.0.0.1], threads: 1, disconnected_after: 1h, failed_after: 1h }\n"),
        stub_(WebRtcService::NewStub(client.channel)) {}
  void SetUp() override {
    for (size_t i = 0; i < kPeople; ++i) ASSERT_NO_FATAL_FAILURE(join("p" + std::to_string(i)));
  }

  void join(const std::string& id) {
    ASSERT_EQ(create(id, WebRtcOptions()), "OK") << client.last.message;
    auto one = std::make_unique<Participant>();
    one->id = id;
    ProcessOfferRequest request;
    request.set_offer(one->peer.offer());
    ProcessOfferResponse response;
    ASSERT_EQ(ask(id, &Stub::ProcessOffer, request, &response), "OK") << client.last.message;
    ASSERT_TRUE(one->peer.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok());
    ASSERT_TRUE(one->peer.connect());
    auto& newcomer = *(people_[id] = std::move(one));
    Names others;
    for (const auto& [name, other] : people_) {
      if (name == id) continue;
      others.push_back(name);
      ASSERT_NO_FATAL_FAILURE(renegotiate(*other, {id}, {}));
    }
    ASSERT_NO_FATAL_FAILURE(renegotiate(newcomer, others, {}));
  }
  void leave(std::string id) {
    people_.erase(id);
    ASSERT_EQ(remove(id), "OK");
    for (const auto& [name, other] : people_) ASSERT_NO_FATAL_FAILURE(renegotiate(*other, {}, {id}));
  }

  // An offer of the server with lines for those who come and without those of who goes, and its answer.
  void renegotiate(Participant& one, const Names& come, const Names& gone) {
    if (come.empty() && gone.empty()) return;
    GenerateOfferRequest request;
    for (const auto& who : gone) stop_lines(one, who, request);
    for (size_t i = 0; i < come.size(); ++i) {
      add_line(request, OfferedLine::KIND_AUDIO, MEDIA_DIRECTION_SENDONLY);
      add_line(request, OfferedLine::KIND_VIDEO, MEDIA_DIRECTION_SENDONLY);
    }
    GenerateOfferResponse response;
    ASSERT_EQ(ask(one.id, &Stub::GenerateOffer, request, &response), "OK") << client.last.message;
    const auto offer = rtc::parse_sdp(response.offer());
    ASSERT_TRUE(offer.ok());
    one.places = offer->media.size();
    assign(one, come, *offer);
    one.peer.lines().resize(offer->media.size(), {.mid = "", .direction = "recvonly"});
    const auto answer = one.peer.answer_to(response.offer());
    ASSERT_TRUE(answer.ok());
    ProcessAnswerRequest answered;
    answered.set_answer(*answer);
    ProcessAnswerResponse done;
    ASSERT_EQ(ask(one.id, &Stub::ProcessAnswer, answered, &done), "OK") << client.last.message;
    one.follow(*offer);
    for (const auto& who : come) ASSERT_NO_FATAL_FAILURE(connect_to(one, who));
    play();
  }
  static void add_line(GenerateOfferRequest& request, OfferedLine::Kind kind, MediaDirection direction,
                       const std::string& mid = {}) {
    auto& line = *request.add_lines();
    line.set_kind(kind);
    line.set_direction(direction);
    line.set_mid(mid);
  }
  static void stop_lines(Participant& one, const std::string& who, GenerateOfferRequest& request) {
    for (const bool video : {false, true}) {
      const auto line = one.lines.extract({who, video});
      add_line(request, video ? OfferedLine::KIND_VIDEO : OfferedLine::KIND_AUDIO, MEDIA_DIRECTION_STOPPED,
               line.mapped().mid);
    }
  }
  // New lines in the order in which they stand. The first of a kind is the port of that name.
  static void assign(Participant& one, const Names& come, const rtc::SessionDescription& offer) {
    size_t next[2] = {};
    for (size_t i = kOwnLines; i < offer.media.size(); ++i) {
      const auto& media = offer.media[i];
      const bool video = media.kind == MediaKind::kVideo;
      const auto uses = [&](std::string Line::*what, const std::string& word) {
        return std::ranges::any_of(one.lines, [&](const auto& each) { return each.second.*what == word; });
      };
      if (!media.is_active() || uses(&Line::mid, media.mid)) continue;
      const std::string kind = video ? "video" : "audio";
      const auto port = uses(&Line::port, kind) ? media.mid : kind;
      one.lines[{come.at(next[video]++), video}] = {media.mid, port};
    }
  }
  void connect_to(const Participant& one, const std::string& who) {
    for (const bool video : {false, true}) {
      v1::LinkSpec link;
      link.set_source(who);
      link.set_source_port(video ? "video" : "audio");
      link.set_sink(one.id);
      link.set_sink_port(one.lines.at({who, video}).port);
      ASSERT_EQ(client.connect(session, link), "OK") << client.last.message;
    }
  }

  // All send and read once.
  void play() {
    for (const auto& [id, one] : people_) one->send();
    for (const auto& [id, one] : people_) one->read();
  }
  // In real time, until it holds.
  bool play_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > end) return false;
      play();
      auto& any = *people_.begin()->second;
      any.peer.receive_until([] { return false; }, milliseconds(20));
      any.read();
    }
    return true;
  }
  // Until so much more has come of everybody at everybody.
  bool everybody_gets(size_t packets) {
    std::map<std::pair<std::string, uint32_t>, size_t> before;
    for_all([&](const Participant& one, uint32_t ssrc, const auto& of) {
      before[{one.id, ssrc}] = of.packets;
    });
    std::string missing;
    const bool all = play_until([&] {
      missing.clear();
      for_all([&](const Participant& one, uint32_t ssrc, const auto& of) {
        if (of.packets < before[{one.id, ssrc}] + packets)
          missing += ' ' + of.who + (of.video ? "v>" : "a>") + one.id;
      });
      return missing.empty();
    });
    EXPECT_EQ(missing, "") << "pictures and sound of whom, at whom";
    return all;
  }
  template <typename Work>
  void for_all(Work work) const {
    for (const auto& [id, one] : people_) {
      for (const auto& [ssrc, of] : one->heard) work(*one, ssrc, of);
    }
  }
  // Who hears and sees whom: everybody all others, without a gap.
  void expect_all_whole() const {
    for (const auto& [id, one] : people_) {
      EXPECT_EQ(one->heard.size(), 2 * (people_.size() - 1)) << id;
      EXPECT_EQ(one->peer.failed_to_open(), 0U) << id;
    }
    for_all([](const Participant& one, uint32_t, const Participant::Heard& of) {
      EXPECT_EQ(of.gaps, 0U) << (of.video ? "pictures" : "sound") << " of " << of.who << " at " << one.id;
    });
  }

  template <typename Request, typename Response>
  std::string ask(const std::string& id,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  Request request, Response* response) {
    request.set_name(name_of(id));
    return client.call(*stub_, method, request, response);
  }
  Exposition metrics() const { return metrics_of(running->server); }

  const std::unique_ptr<Stub> stub_;
  std::map<std::string, std::unique_ptr<Participant>> people_;
};

TEST_F(GroupCall, OfTwentyGivesEachAllOthersWhileTheyComeAndGo) {
  ASSERT_TRUE(everybody_gets(5));
  for (const auto& [id, one] : people_) EXPECT_EQ(one->places, kOwnLines + 2 * (kPeople - 1)) << id;
  const auto all = metrics();
  EXPECT_EQ(all.value("kms_links", {{"kind", "audio"}}), kPeople * (kPeople - 1));
  EXPECT_EQ(all.value("kms_links", {{"kind", "video"}}), kPeople * (kPeople - 1));
  EXPECT_TRUE(all.metrics().at("kms_transcoders").samples.empty() ||
              all.value("kms_transcoders", {{"does", "encode"}}) == 0);

  for (const auto* id : {"p0", "p7", "p19"}) ASSERT_NO_FATAL_FAILURE(leave(id));
  ASSERT_TRUE(everybody_gets(5));
  EXPECT_EQ(metrics().value("kms_links", {{"kind", "video"}}), 17 * 16);
  expect_all_whole();

  for (const auto* id : {"q0", "q1", "q2"}) ASSERT_NO_FATAL_FAILURE(join(id));
  ASSERT_TRUE(everybody_gets(5));
  expect_all_whole();
}

TEST_F(GroupCall, OfTwentyDoesNotGrowHoweverManyComeAndGo) {
  const auto one_goes_and_one_comes = [&](size_t round) {
    ASSERT_NO_FATAL_FAILURE(leave(people_.begin()->first));
    ASSERT_NO_FATAL_FAILURE(join("r" + std::to_string(round)));
    ASSERT_TRUE(everybody_gets(2));
  };
  size_t round = 100;  // names of one length, in order
  while (round < 103) ASSERT_NO_FATAL_FAILURE(one_goes_and_one_comes(round++));
  const auto before = metrics();

  while (round < 111) ASSERT_NO_FATAL_FAILURE(one_goes_and_one_comes(round++));

  const auto after = metrics();
  for (const auto& [id, one] : people_) EXPECT_EQ(one->places, kOwnLines + 2 * (kPeople - 1)) << id;
  for (const auto* name : {"kms_rtc_peers", "kms_process_open_fds"})
    EXPECT_EQ(after.value(name), before.value(name)) << name;
  for (const auto* kind : {"audio", "video"})
    EXPECT_EQ(after.value("kms_links", {{"kind", kind}}), before.value("kms_links", {{"kind", kind}}))
        << kind;
  EXPECT_LT(after.value("kms_process_resident_memory_bytes"),
            before.value("kms_process_resident_memory_bytes") + 16'000'000);
  expect_all_whole();
}

}  // namespace
}  // namespace kms::test
