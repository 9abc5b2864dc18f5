// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {

// One in a call, with a page's part of the work; what it sends and what it makes of what comes is for those
// who derive.
class Participant {
 public:
  struct Heard {
    std::string who;
    bool video = false;
    size_t packets = 0;
    size_t gaps = 0;
    std::optional<uint16_t> last = {};
  };
  // An m-line on which another one's media comes, and the port that it is of the endpoint.
  struct Line {
    std::string mid;
    std::string port;
  };
  using Key = std::pair<std::string, bool>;  // who, and whether it is pictures

  explicit Participant(const rtc::test::TestPeer::Options& options) : peer(options) {}
  virtual ~Participant() = default;

  // What is due.
  virtual void send() = 0;
  void read() {
    peer.read_available();
    for (const auto& packet : peer.rtp()) {
      const auto view = *rtc::RtpView::parse(packet);
      const auto found = heard.find(view.ssrc());
      if (found == heard.end()) continue;
      count(found->second, view.sequence());
      on_packet(found->second, packet);
    }
    asked_ = asked_ || peer.asked_for_key_frame();
    peer.clear();
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
  rtc::test::TestPeer peer;
  std::map<Key, Line> lines;
  std::map<uint32_t, Heard> heard;  // by SSRC
  size_t places = 0;                // m-lines of the latest offer

 protected:
  virtual void on_packet(const Heard& /*of*/, const rtc::test::Packet& /*packet*/) {}
  // Whether a key frame has been asked for since the last call, or never was.
  bool take_request() {
    asked_ = asked_ || peer.asked_for_key_frame();
    return std::exchange(asked_, false);
  }

 private:
  static void count(Heard& from, uint16_t sequence) {
    if (from.last && sequence != static_cast<uint16_t>(*from.last + 1)) ++from.gaps;
    from.last = sequence;
    ++from.packets;
  }

  bool asked_ = true;
};

// A call: each sends sound and pictures and gets everybody else's on m-lines of their own, which come and go
// by offers of the server.
class GroupCall : public testing::Test, public MediaServer {
 protected:
  using Stub = webrtc::v1::WebRtcService::Stub;
  using Names = std::vector<std::string>;
  static constexpr size_t kOwnLines = 2;

  GroupCall()
      : MediaServer(
            "rtc: { announced: [127.0.0.1], threads: 1, disconnected_after: 1h, failed_after: 1h }\n"
            "limits: { event_ring: 20000, subscriber_queue: 20000 }\n"),
        stub_(webrtc::v1::WebRtcService::NewStub(client.channel)) {}
  // Who it is that joins.
  virtual std::unique_ptr<Participant> make() = 0;
  void let_in(size_t people) {
    for (size_t i = 0; i < people; ++i) ASSERT_NO_FATAL_FAILURE(join("p" + std::to_string(i)));
  }

  void join(const std::string& id) {
    ASSERT_EQ(create(id, webrtc::v1::WebRtcOptions()), "OK") << client.last.message;
    auto one = make();
    one->id = id;
    webrtc::v1::ProcessOfferRequest request;
    request.set_offer(one->peer.offer());
    webrtc::v1::ProcessOfferResponse response;
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
    webrtc::v1::GenerateOfferRequest request;
    for (const auto& who : gone) stop_lines(one, who, request);
    for (size_t i = 0; i < come.size(); ++i) {
      add_line(request, webrtc::v1::OfferedLine::KIND_AUDIO, webrtc::v1::MEDIA_DIRECTION_SENDONLY);
      add_line(request, webrtc::v1::OfferedLine::KIND_VIDEO, webrtc::v1::MEDIA_DIRECTION_SENDONLY);
    }
    webrtc::v1::GenerateOfferResponse response;
    ASSERT_EQ(ask(one.id, &Stub::GenerateOffer, request, &response), "OK") << client.last.message;
    const auto offer = rtc::parse_sdp(response.offer());
    ASSERT_TRUE(offer.ok());
    one.places = offer->media.size();
    assign(one, come, *offer);
    one.peer.lines().resize(offer->media.size(), {.mid = "", .direction = "recvonly"});
    const auto answer = one.peer.answer_to(response.offer());
    ASSERT_TRUE(answer.ok());
    webrtc::v1::ProcessAnswerRequest answered;
    answered.set_answer(*answer);
    webrtc::v1::ProcessAnswerResponse done;
    ASSERT_EQ(ask(one.id, &Stub::ProcessAnswer, answered, &done), "OK") << client.last.message;
    one.follow(*offer);
    for (const auto& who : come) ASSERT_NO_FATAL_FAILURE(connect_to(one, who));
    play();
  }
  static void add_line(webrtc::v1::GenerateOfferRequest& request, webrtc::v1::OfferedLine::Kind kind,
                       webrtc::v1::MediaDirection direction, const std::string& mid = {}) {
    auto& line = *request.add_lines();
    line.set_kind(kind);
    line.set_direction(direction);
    line.set_mid(mid);
  }
  static void stop_lines(Participant& one, const std::string& who,
                         webrtc::v1::GenerateOfferRequest& request) {
    for (const bool video : {false, true}) {
      const auto line = one.lines.extract({who, video});
      add_line(request, video ? webrtc::v1::OfferedLine::KIND_VIDEO : webrtc::v1::OfferedLine::KIND_AUDIO,
               webrtc::v1::MEDIA_DIRECTION_STOPPED, line.mapped().mid);
    }
  }
  // New lines in the order in which they stand. The first of a kind is the port of that name.
  static void assign(Participant& one, const Names& come, const rtc::SessionDescription& offer) {
    size_t next[2] = {};
    for (size_t i = kOwnLines; i < offer.media.size(); ++i) {
      const auto& media = offer.media[i];
      const bool video = media.kind == rtc::MediaKind::kVideo;
      const auto uses = [&](std::string Participant::Line::*what, const std::string& word) {
        return std::ranges::any_of(one.lines, [&](const auto& each) { return each.second.*what == word; });
      };
      if (!media.is_active() || uses(&Participant::Line::mid, media.mid)) continue;
      const std::string kind = video ? "video" : "audio";
      const auto port = uses(&Participant::Line::port, kind) ? media.mid : kind;
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
      any.peer.receive_until([] { return false; }, std::chrono::milliseconds(20));
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

  const std::unique_ptr<Stub> stub_;
  std::map<std::string, std::unique_ptr<Participant>> people_;
};

}  // namespace kms::test
