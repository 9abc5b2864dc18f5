// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "elements/player/rtsp_session.hpp"
#include "kms-core/gst/init.hpp"
#include "tests/support/hostile/raw_server.hpp"

namespace kms::player {
namespace {

using test::hostile::RawServer;

constexpr char kSdp[] =
    "v=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=control:stream=0\r\n";

// What a well-behaved server answers to a method, without the first line and CSeq.
std::map<std::string, std::string> good_answers() {
  return {{"OPTIONS", "\r\n"},
          {"DESCRIBE", fmt::format("Content-Length: {}\r\n\r\n{}", sizeof kSdp - 1, kSdp)},
          {"SETUP", "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"},
          {"PLAY", "Session: 1\r\n\r\n"}};
}

std::string number_of(const std::string& request) {
  const auto at = request.find("CSeq: ");
  return at == std::string::npos ? "0" : request.substr(at + 6, request.find('\r', at) - at - 6);
}

// Answers as told; `firsts`: other first lines than "200 OK".
std::function<void(const RawServer::Connection&)> answering(std::map<std::string, std::string> answers,
                                                            std::map<std::string, std::string> firsts = {}) {
  return [answers = std::move(answers), firsts = std::move(firsts)](const RawServer::Connection& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      const auto method = request.substr(0, request.find(' '));
      const auto answer = answers.find(method);
      if (answer == answers.end()) return peer.wait_until_closed();
      const auto first = firsts.contains(method) ? firsts.at(method) : "200 OK";
      if (!peer.send(
              fmt::format("RTSP/1.0 {}\r\nCSeq: {}\r\n{}", first, number_of(request), answer->second))) {
        return;
      }
    }
  };
}

// A session on a thread's own context, as the player has it.
class HostileRtsp : public testing::Test {
 protected:
  HostileRtsp() {
    gst::init();
    g_main_context_push_thread_default(context_);
  }
  ~HostileRtsp() override {
    g_main_context_pop_thread_default(context_);
    g_main_context_unref(context_);
  }

  // Why it cannot be opened; at once, or soon after its patience of a second.
  std::string refusal_by(std::function<void(const RawServer::Connection&)> script) {
    const RawServer server(std::move(script));
    return refusal_of("rtsp://user:S3cret@" + server.address() + "/cam");
  }
  std::string refusal_of(const std::string& uri) {
    const auto begun = std::chrono::steady_clock::now();
    auto session = session_to(uri);
    const auto status = session->open();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
    EXPECT_EQ(message_of(status).find("S3cret"), std::string::npos) << message_of(status);
    return reason_of(status);
  }
  std::unique_ptr<RtspSession> session_to(const std::string& uri) {
    return std::make_unique<RtspSession>(
        RtspSession::Setup{.uri = parse_live_uri(uri).value(),
                           .policy = AddressPolicy::create({"127.0.0.1"}).value(),
                           .patience_s = 1,
                           .stall = std::chrono::milliseconds(500),
                           .cancellable = cancellable_.get()});
  }

  GMainContext* context_ = g_main_context_new();
  const Object<GCancellable> cancellable_{g_cancellable_new()};
};

TEST_F(HostileRtsp, AServerThatSaysNothing) {
  EXPECT_EQ(refusal_by([](const RawServer::Connection& peer) { peer.wait_until_closed(); }), "UNREADABLE");
}

TEST_F(HostileRtsp, AServerThatHangsUp) {
  EXPECT_EQ(refusal_by([](const RawServer::Connection&) {}), "UNREADABLE");
}

TEST_F(HostileRtsp, AHeadWithoutAnEnd) {
  EXPECT_EQ(refusal_by([](const RawServer::Connection& peer) {
              peer.send("RTSP/1.0 200 OK\r\n");
              while (peer.send("X-More: and more\r\n")) continue;
            }),
            "NOT_MEDIA");
}

TEST_F(HostileRtsp, WhatIsNoRtsp) {
  EXPECT_EQ(refusal_by([](const RawServer::Connection& peer) { peer.send("HTTP/1.1 200 OK\r\n\r\n"); }),
            "NOT_MEDIA");
  EXPECT_EQ(refusal_by([](const RawServer::Connection& peer) { peer.send(std::string(100'000, '\x01')); }),
            "NOT_MEDIA");
}

TEST_F(HostileRtsp, PacketsWithoutAnEndInsteadOfAnAnswer) {
  EXPECT_EQ(refusal_by([](const RawServer::Connection& peer) {
              while (peer.send(std::string("$\0\0\x04", 4) + "abcd")) continue;
            }),
            "UNREADABLE");
}

TEST_F(HostileRtsp, BodiesThatAreTooLongOrNeverCome) {
  auto answers = good_answers();
  for (const auto& [length, reason] : std::map<std::string, std::string>{
           {"1000000000000", "NOT_MEDIA"}, {"-5", "NOT_MEDIA"}, {"x", "NOT_MEDIA"}, {"5000", "UNREADABLE"}}) {
    answers["DESCRIBE"] = fmt::format("Content-Length: {}\r\n\r\nv=0\r\n", length);
    EXPECT_EQ(refusal_by(answering(answers)), reason) << length;
  }
}

TEST_F(HostileRtsp, DescriptionsWithNothingToPlay) {
  auto answers = good_answers();
  const auto describe = [&](const std::string& sdp) {
    answers["DESCRIBE"] = fmt::format("Content-Length: {}\r\n\r\n{}", sdp.size(), sdp);
    return refusal_by(answering(answers));
  };
  EXPECT_EQ(describe(""), "NOT_MEDIA");
  EXPECT_EQ(describe("v=0\r\n"), "NO_TRACKS");
  EXPECT_EQ(describe("v=0\r\nm=application 0 RTP/AVP 107\r\n"), "NO_TRACKS");
  EXPECT_EQ(describe("v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 X-SECRET/90000\r\n"), "CODEC_UNSUPPORTED");
}

TEST_F(HostileRtsp, RedirectionsAreCheckedAsTheFirstAddressWas) {
  auto answers = good_answers();
  const auto redirect = [&](const std::string& to) {
    answers["DESCRIBE"] = "Location: " + to + "\r\n\r\n";
    return refusal_by(answering(answers, {{"DESCRIBE", "302 Found"}}));
  };
  EXPECT_EQ(redirect("rtsp://127.0.0.2/cam"), "URI_NOT_ALLOWED");
  EXPECT_EQ(redirect("rtsp://169.254.169.254/latest"), "URI_NOT_ALLOWED");
  EXPECT_EQ(redirect("rtsp://[::1]/cam"), "URI_NOT_ALLOWED");
  EXPECT_EQ(redirect("file:///etc/passwd"), "UNREADABLE");
  EXPECT_EQ(redirect("http://127.0.0.1/x"), "UNREADABLE");
}

TEST_F(HostileRtsp, ACircleOfRedirectionsEnds) {
  std::string self;
  const RawServer server([&](const RawServer::Connection& peer) {
    auto answers = good_answers();
    answers["OPTIONS"] = "Location: " + self + "\r\n\r\n";
    answering(answers, {{"OPTIONS", "301 Moved"}})(peer);
  });
  self = "rtsp://" + server.address() + "/cam";

  EXPECT_EQ(refusal_of(self), "UNREADABLE");
  EXPECT_EQ(server.connections(), 6U);
}

TEST_F(HostileRtsp, CredentialsAreNotToldToAnotherHostOfARedirection) {
  std::string asked;
  const RawServer other([&](const RawServer::Connection& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      asked += request;
      peer.send("RTSP/1.0 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nCSeq: " + number_of(request) +
                "\r\n\r\n");
    }
  });
  auto answers = good_answers();
  answers["DESCRIBE"] = "Location: rtsp://localhost:" + other.address().substr(10) + "/cam\r\n\r\n";
  const RawServer server(answering(answers, {{"DESCRIBE", "302 Found"}}));
  auto session = std::make_unique<RtspSession>(
      RtspSession::Setup{.uri = parse_live_uri("rtsp://user:S3cret@" + server.address() + "/cam").value(),
                         .policy = AddressPolicy::create({"127.0.0.1", "::1"}).value(),
                         .patience_s = 1,
                         .cancellable = cancellable_.get()});

  EXPECT_EQ(reason_of(session->open()), "UNAUTHORIZED");
  EXPECT_NE(asked.find("OPTIONS"), std::string::npos);
  EXPECT_EQ(asked.find("Authorization"), std::string::npos);
}

TEST_F(HostileRtsp, AServerThatIsNeverSatisfied) {
  auto answers = good_answers();
  answers["DESCRIBE"] = "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\", stale=true\r\n\r\n";
  EXPECT_EQ(refusal_by(answering(answers, {{"DESCRIBE", "401 Unauthorized"}})), "UNAUTHORIZED");
}

TEST_F(HostileRtsp, AServerThatSendsElsewhereThanAsked) {
  auto answers = good_answers();
  answers["SETUP"] =
      "Session: 1\r\nTransport: RTP/AVP;multicast;destination=224.1.1.1;port=5000-5001\r\n\r\n";
  EXPECT_EQ(refusal_by(answering(answers)), "NOT_MEDIA");
}

TEST_F(HostileRtsp, AnnouncedMediaThatDoesNotCome) {
  const RawServer server(answering(good_answers()));
  auto session = session_to("rtsp://" + server.address() + "/cam");
  ASSERT_TRUE(session->open().ok());
  const auto fan_out = std::make_shared<gst::FanOut>();
  const auto outlet = gst::Outlet::create("video", nullptr, fan_out);
  const auto receiver = gst::RtpReceiver::create(
      "rtsp", {.streams = {{.caps = gst::Ref<GstCaps>::adopt(gst_caps_new_empty_simple("application/x-rtp")),
                            .chain = session->streams()[0].chain,
                            .outlet = outlet,
                            .video = true}},
               .send = {}});
  ASSERT_TRUE(receiver.ok());

  EXPECT_EQ(reason_of(session->play(*receiver)), "UNREADABLE");
}

}  // namespace
}  // namespace kms::player
