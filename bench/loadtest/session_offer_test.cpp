// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/session_offer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/answerer.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"

namespace kms::rtc::loadtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

OfferOptions options(bool publishes) {
  OfferOptions options;
  options.publishes = publishes;
  options.ice = {"ufragufrag", "passwordpasswordpassword"};
  options.fingerprint.digest.fill(1);
  options.local = *SocketAddress::parse("127.0.0.1", 4000);
  options.audio_ssrc = 1;
  options.video_ssrc = 2;
  options.rtx_ssrc = 3;
  return options;
}

// What kms would answer, with the given candidates.
std::string answer_to(const SessionDescription& offer, std::vector<std::string> candidates) {
  LocalSide local;
  local.ufrag = "server12";
  local.password = "serverserverserverserver";
  local.fingerprint.digest.fill(2);
  local.candidates = std::move(candidates);
  const LineWish wish{.send = SentTrack{"s", "t", "c", 11, 12}};
  const std::vector<LineWish> wishes(offer.media.size(), wish);
  return answer_offer(*parse_sdp(write_sdp(offer)), local, wishes)->sdp;
}

const std::string kUdp = "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";

TEST(SessionOffer, OfAPublisherSendsSoundAndPictures) {
  const auto text = write_sdp(make_session_offer(options(true)));

  for (const auto* line : {"m=audio 9 UDP/TLS/RTP/SAVPF", "m=video 9 UDP/TLS/RTP/SAVPF", "a=sendonly",
                           "a=setup:actpass", "a=ssrc-group:FID 2 3", " rtx/90000", "127.0.0.1 4000 typ host",
                           "a=ice-ufrag:ufragufrag", "transport-wide-cc"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("ice-lite")));
  EXPECT_THAT(text, Not(HasSubstr("H264")));
}

TEST(SessionOffer, OfAViewerTakesWhateverIsPublished) {
  const auto text = write_sdp(make_session_offer(options(false)));

  EXPECT_THAT(text, HasSubstr("a=recvonly"));
  EXPECT_THAT(text, HasSubstr("H264"));
  EXPECT_THAT(text, Not(HasSubstr("a=ssrc")));
}

TEST(SessionOffer, NamesSimulcastLayersInPlaceOfSsrcs) {
  auto simulcast = options(true);
  simulcast.rids = {"q", "f"};
  const auto offer = make_session_offer(simulcast);
  const auto text = write_sdp(offer);

  EXPECT_THAT(text, HasSubstr("a=rid:q send"));
  EXPECT_THAT(text, HasSubstr("a=simulcast:send q;f"));
  EXPECT_THAT(text, Not(HasSubstr("a=ssrc:2")));
  const auto agreement = read_agreement(offer, answer_to(offer, {kUdp}), false);
  ASSERT_TRUE(agreement.ok()) << message_of(agreement.status());
  EXPECT_THAT(agreement->rids, ElementsAre("q", "f"));
}

TEST(SessionOffer, LeavesTransportCcOutWhenItIsNotWanted) {
  auto without = options(true);
  without.transport_cc = false;

  const auto text = write_sdp(make_session_offer(without));
  EXPECT_THAT(text, Not(HasSubstr("transport-cc")));
  EXPECT_THAT(text, Not(HasSubstr("transport-wide-cc")));
}

TEST(Agreement, SaysWhatTheServerTakesAndWhereItIs) {
  const auto offer = make_session_offer(options(true));

  const auto agreement = read_agreement(offer, answer_to(offer, {kUdp}), false);

  ASSERT_TRUE(agreement.ok()) << message_of(agreement.status());
  EXPECT_EQ(agreement->transport.ufrag, "server12");
  EXPECT_TRUE(agreement->transport.we_are_client);
  ASSERT_TRUE(agreement->video && agreement->audio);
  EXPECT_TRUE(sends(agreement->video->direction));
  EXPECT_NE(agreement->video->rtx_payload_type, 0);
  EXPECT_TRUE(agreement->video->transport_cc);
  EXPECT_THAT(agreement->candidates, ElementsAre(*SocketAddress::parse("192.0.2.1", 5000)));
}

TEST(Agreement, TakesUdpCandidatesOfOneFamilyByPriority) {
  const auto offer = make_session_offer(options(false));
  const auto answer = answer_to(offer, {"candidate:1 1 udp 5 192.0.2.1 5000 typ host",
                                        "candidate:2 1 tcp 9 192.0.2.2 5000 typ host tcptype passive",
                                        "candidate:3 1 udp 8 2001:db8::1 5000 typ host",
                                        "candidate:4 1 udp 7 192.0.2.3 5000 typ srflx raddr 0.0.0.0 rport 0",
                                        "candidate:5 1 udp 7 name.local 5000 typ host"});

  const auto v4 = *read_agreement(offer, answer, false);
  EXPECT_THAT(v4.candidates, ElementsAre(*SocketAddress::parse("192.0.2.3", 5000),
                                         *SocketAddress::parse("192.0.2.1", 5000)));
  const auto v6 = *read_agreement(offer, answer, true);
  EXPECT_THAT(v6.candidates, ElementsAre(*SocketAddress::parse("2001:db8::1", 5000)));
}

TEST(Agreement, SaysWhyThereIsNone) {
  const auto offer = make_session_offer(options(false));

  EXPECT_EQ(reason_of(read_agreement(offer, "nonsense", false).status()), "SDP_SYNTAX");
  EXPECT_EQ(reason_of(read_agreement(offer, answer_to(offer, {}), false).status()), "NO_CANDIDATE");
  auto other = offer;
  for (auto& media : other.media) media.payloads.clear(), media.formats = {"50"};
  EXPECT_EQ(reason_of(read_agreement(offer, answer_to(other, {kUdp}), false).status()), "ANSWER_EMPTY");
}

}  // namespace
}  // namespace kms::rtc::loadtest
