// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/data_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/offerer.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"
#include "kms-core/rtc/sdp/test_offers.hpp"

namespace kms::rtc {
namespace {

using test::answer;
using test::chromium_offer;
using test::replaced;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

LocalSide with_data() {
  auto local = test::local_side();
  local.data = true;
  return local;
}

// An offer of data alone.
std::string data_offer() {
  return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE d\r\n"
         "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\n"
         "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:" +
         test::kFingerprintText + "\r\na=setup:actpass\r\na=sctp-port:5001\r\na=max-message-size:1000\r\n";
}

TEST(DataLine, IsAcceptedBesideMedia) {
  const auto result = answer(chromium_offer("simulcast"), {}, with_data());

  ASSERT_TRUE(result.ok());
  const auto& line = result->lines[2];
  EXPECT_TRUE(line.accepted);
  EXPECT_EQ(line.direction, Direction::kInactive);
  EXPECT_EQ(line.sctp_port, 5000);
  EXPECT_EQ(line.max_message_size, 262'144);
  const auto session = *parse_sdp(result->sdp);
  EXPECT_THAT(session.bundle, ElementsAre("0", "1", "2"));
  EXPECT_TRUE(is_data_line(session.media[2]));
  EXPECT_EQ(session.media[2].sctp_port, 5000);
  EXPECT_EQ(session.media[2].max_message_size, 256 * 1024);
  EXPECT_EQ(session.media[2].transport.setup, DtlsSetup::kPassive);
}

TEST(DataLine, IsEnoughForASession) {
  const auto result = answer(data_offer(), {}, with_data());

  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->has_transport);
  EXPECT_EQ(result->transport.ufrag, "abcd");
  EXPECT_EQ(result->lines[0].sctp_port, 5001);
  EXPECT_EQ(result->lines[0].max_message_size, 1000);
  EXPECT_THAT(result->sdp, HasSubstr("a=candidate:"));
  EXPECT_THAT(result->sdp, Not(HasSubstr("a=inactive")));
}

TEST(DataLine, IsRejectedWhereNobodyTakesData) {
  const auto result = answer(data_offer());

  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->lines[0].accepted);
  EXPECT_FALSE(result->has_transport);
  EXPECT_THAT(result->sdp, HasSubstr("m=application 0 UDP/DTLS/SCTP webrtc-datachannel"));
}

TEST(DataLine, TakesAMessageOf64KiBWhereThePeerSaysNothing) {
  const auto result = answer(replaced(data_offer(), "a=max-message-size:1000\r\n", ""), {}, with_data());

  EXPECT_EQ(result->lines[0].max_message_size, 64 * 1024);
}

TEST(DataLine, OfAnotherFormIsRejected) {
  const auto accepted = [](const std::string& from, const std::string& to) {
    return answer(replaced(data_offer(), from, to), {}, with_data())->lines[0].accepted;
  };
  EXPECT_TRUE(accepted("UDP/DTLS", "TCP/DTLS"));
  EXPECT_FALSE(accepted("UDP/DTLS/SCTP webrtc-datachannel", "DTLS/SCTP 5000"));
  EXPECT_FALSE(accepted(" webrtc-datachannel", " t38"));
  EXPECT_FALSE(accepted("a=sctp-port:5001\r\n", ""));
  EXPECT_FALSE(accepted("sctp-port:5001", "sctp-port:0"));
  EXPECT_FALSE(accepted("application 9", "application 0"));
}

TEST(DataLine, OneIsTakenOfSeveral) {
  auto offer = replaced(data_offer(), "BUNDLE d", "BUNDLE d e");
  const auto line = offer.substr(offer.find("m="));
  const auto result = answer(offer + replaced(line, "mid:d", "mid:e"), {}, with_data());

  EXPECT_TRUE(result->lines[0].accepted);
  EXPECT_FALSE(result->lines[1].accepted);
}

TEST(DataLine, WrongNumbersAreNamed) {
  const auto why = [](const std::string& from, const std::string& to) {
    return std::string(answer(replaced(data_offer(), from, to), {}, with_data()).status().message());
  };
  EXPECT_THAT(why("sctp-port:5001", "sctp-port:65536"), HasSubstr("a=sctp-port wants"));
  EXPECT_THAT(why("message-size:1000", "message-size:-1"), HasSubstr("a=max-message-size wants"));
}

TEST(DataLine, IsOfferedAndItsAnswerRead) {
  const std::vector<OfferLine> lines{{.kind = MediaKind::kApplication, .mid = "0"}};
  const auto offer = make_offer(with_data(), lines);
  EXPECT_THAT(write_sdp(offer), HasSubstr("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
  EXPECT_THAT(write_sdp(offer), HasSubstr("a=sctp-port:5000\r\na=max-message-size:262144\r\n"));
  EXPECT_THAT(write_sdp(offer), HasSubstr("a=setup:actpass"));

  auto theirs = offer;
  theirs.ice_lite = false;
  const auto answered = answer_offer(theirs, with_data(), {});
  const auto result = read_answer(offer, *parse_sdp(answered->sdp));

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->has_transport);
  EXPECT_TRUE(result->lines[0].accepted);
  EXPECT_EQ(result->lines[0].sctp_port, 5000);
}

TEST(DataLine, StaysInALaterOffer) {
  NegotiatedLine agreed;
  agreed.accepted = true;
  agreed.kind = MediaKind::kApplication;
  agreed.mid = "d";
  const std::vector<OfferLine> lines{{.kind = MediaKind::kApplication, .mid = "d", .as = agreed}};

  EXPECT_TRUE(is_data_line(make_offer(with_data(), lines).media[0]));
}

}  // namespace
}  // namespace kms::rtc
