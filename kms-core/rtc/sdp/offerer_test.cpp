// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/offerer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/sdp_writer.hpp"
#include "kms-core/rtc/sdp/test_offers.hpp"

namespace kms::rtc {
namespace {

using test::local_side;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<OfferLine> three_lines() {
  OfferLine audio{.kind = MediaKind::kAudio,
                  .mid = "a",
                  .codecs = {{Codec::kOpus, "useinbandfec=1"}, {Codec::kPcmu, ""}}};
  OfferLine video{
      .kind = MediaKind::kVideo,
      .mid = "v",
      .direction = Direction::kSendOnly,
      .codecs = {{Codec::kVp8, ""}, {Codec::kH264, "packetization-mode=1;profile-level-id=42e01f"}},
      .send = SentTrack{"s", "t", "c", 71, 72}};
  OfferLine ended{.kind = MediaKind::kVideo, .mid = "x", .codecs = {}, .ended = true};
  return {audio, video, ended};
}

// A peer that is no lite one and answers by our own answerer.
std::string answered(const SessionDescription& offer, const std::vector<LineWish>& wishes = {}) {
  auto theirs = offer;
  theirs.ice_lite = false;
  auto local = local_side();
  local.ufrag = "theirufrag";
  local.setup = DtlsSetup::kActive;
  const auto result = answer_offer(theirs, local, wishes);
  EXPECT_TRUE(result.ok()) << result.status();
  return result->sdp;
}

TEST(Offerer, OffersEverythingInOneBundle) {
  const auto lines = three_lines();

  const auto offer = make_offer(local_side(), lines);

  const auto session = parse_sdp(write_sdp(offer));
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_THAT(session->bundle, ElementsAre("a", "v"));
  EXPECT_EQ(session->media[0].formats, (std::vector<std::string>{"96", "63", "0"}));
  EXPECT_EQ(session->media[0].payloads[1].encoding, "red");
  EXPECT_EQ(session->media[0].payloads[1].parameters, "96/96");
  EXPECT_THAT(session->media[1].formats, ElementsAre("97", "98", "99", "100"));
  EXPECT_EQ(session->media[1].transport.setup, DtlsSetup::kActPass);
  EXPECT_EQ(session->media[1].ssrc_groups.size(), 1u);
  EXPECT_THAT(session->media[1].payloads[0].feedback, testing::Contains("nack"));
  EXPECT_THAT(session->media[0].payloads[0].feedback, ElementsAre("transport-cc"));
  EXPECT_EQ(session->media[2].port, 0);
  EXPECT_EQ(session->media[0].candidates.size(), 1u);
}

TEST(Offerer, ReadsWhatTheAnswerMadeOfIt) {
  const auto lines = three_lines();
  const auto offer = make_offer(local_side(), lines);
  const auto answer = parse_sdp(answered(offer));
  ASSERT_TRUE(answer.ok()) << answer.status();

  const auto result = read_answer(offer, *answer);

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->transport.ufrag, "theirufrag");
  EXPECT_FALSE(result->transport.we_are_client) << "they are active";
  ASSERT_EQ(result->lines.size(), 3u);
  EXPECT_EQ(result->lines[0].direction, Direction::kSendOnly) << "they take and have nothing to give";
  EXPECT_EQ(result->lines[0].codec.codec, Codec::kOpus);
  EXPECT_EQ(result->lines[1].direction, Direction::kSendOnly);
  EXPECT_EQ(result->lines[1].codec.codec, Codec::kVp8);
  EXPECT_EQ(result->lines[0].red_payload_type, 63);
  EXPECT_EQ(result->lines[1].rtx_payload_type, 98);
  EXPECT_TRUE(result->lines[1].nack && result->lines[1].transport_cc);
  EXPECT_FALSE(result->lines[2].accepted);
}

TEST(Offerer, NoticesALineThatWasRejected) {
  const auto lines = three_lines();
  const auto offer = make_offer(local_side(), lines);
  const auto answer = parse_sdp(answered(offer, {LineWish{}, LineWish{.accept = false}}));
  const auto result = read_answer(offer, *answer);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->lines[0].accepted);
  EXPECT_FALSE(result->lines[1].accepted);
}

TEST(Offerer, RefusesAnAnswerOfOtherLines) {
  const auto lines = three_lines();
  const auto offer = make_offer(local_side(), lines);
  auto answer = *parse_sdp(answered(offer));
  auto shorter = answer;
  shorter.media.pop_back();
  EXPECT_EQ(reason_of(read_answer(offer, shorter).status()), "SDP_ANSWER_MISMATCH");
  std::swap(answer.media[0], answer.media[1]);
  EXPECT_EQ(reason_of(read_answer(offer, answer).status()), "SDP_ANSWER_MISMATCH");
}

TEST(Offerer, RefusesAnOfferForAnAnswer) {
  const auto offer = make_offer(local_side(), three_lines());
  auto text = answered(offer);
  ASSERT_TRUE(read_answer(offer, *parse_sdp(text)).ok());
  for (size_t at = text.find("a=setup:"); at != std::string::npos; at = text.find("a=setup:", at + 1))
    text.replace(at, text.find('\r', at) - at, "a=setup:actpass");

  const auto status = read_answer(offer, *parse_sdp(text)).status();

  EXPECT_EQ(reason_of(status), "SDP_ANSWER_MISMATCH");
  EXPECT_THAT(message_of(status), HasSubstr("was an offer given?"));
}

TEST(Offerer, OffersToHearHowLoudSoundIs) {
  const auto offer = make_offer(local_side(), three_lines());
  const auto says_level = [](const MediaDescription& media) {
    return std::ranges::any_of(media.extensions, [](const auto& extension) {
      return extension_of(extension.uri) == ExtensionKind::kAudioLevel;
    });
  };

  EXPECT_TRUE(says_level(offer.media[0]));
  EXPECT_FALSE(says_level(offer.media[1]));
}

TEST(Offerer, GivesTheSameCodecTheSameTypeInEveryLine) {
  std::vector<OfferLine> lines(40, OfferLine{.codecs = {{Codec::kVp8, ""}}});
  for (size_t i = 0; i < lines.size(); ++i) lines[i].mid = std::to_string(i);
  const auto offer = make_offer(local_side(), lines);
  EXPECT_EQ(offer.media.front().formats, offer.media.back().formats);
  EXPECT_TRUE(answered(offer).find("m=video 9") != std::string::npos);
}

}  // namespace
}  // namespace kms::rtc
