// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/offer_numbers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kms-core/rtc/sdp/offerer.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"
#include "kms-core/rtc/sdp/test_offers.hpp"

namespace kms::rtc {
namespace {

using test::local_side;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(OfferNumbers, ArePerCodecAndConfigurationAndStatic) {
  OfferNumbers numbers;
  const auto vp8 = numbers.type_of({Codec::kVp8, ""});
  EXPECT_EQ(vp8, 96);
  EXPECT_EQ(numbers.rtx_of(vp8), 97);
  EXPECT_EQ(numbers.type_of({Codec::kVp9, "profile-id=0"}), 98);
  EXPECT_EQ(numbers.type_of({Codec::kVp9, "profile-id=2"}), 99);
  EXPECT_EQ(numbers.red_of(111), 63) << "as browsers number it";
  EXPECT_EQ(numbers.red_of(111), 63);
  EXPECT_EQ(numbers.red_of(112), 100) << "63 has a meaning already";
  EXPECT_EQ(numbers.type_of({Codec::kVp8, ""}), vp8);
  EXPECT_EQ(numbers.type_of({Codec::kPcma, ""}), 8);
  EXPECT_EQ(numbers.id_of(ExtensionKind::kMid), 1);
  EXPECT_EQ(numbers.id_of(ExtensionKind::kRid), 2);
  EXPECT_EQ(numbers.id_of(ExtensionKind::kMid), 1);
}

TEST(OfferNumbers, AreThePeersWhereItHasSaidThem) {
  OfferNumbers numbers;
  numbers.learn(*parse_sdp(test::chromium_offer("publish")));
  const auto offer = *parse_sdp(test::chromium_offer("publish"));
  const auto& video = offer.media.at(1);
  const auto vp8 = std::ranges::find(video.payloads, "VP8", &PayloadFormat::encoding);
  ASSERT_NE(vp8, video.payloads.end());
  EXPECT_EQ(numbers.type_of({Codec::kVp8, vp8->parameters}), vp8->type);
  EXPECT_EQ(numbers.rtx_of(vp8->type), (vp8 + 1)->type);
  const auto fresh = numbers.type_of({Codec::kH264, "profile-level-id=f4001f;nobody=knows"});
  EXPECT_EQ(std::ranges::find(video.payloads, fresh, &PayloadFormat::type), video.payloads.end());
}

// A peer that offers its own numbers later for lines of ours would change one that is in use.
TEST(OfferNumbers, AreThePeersForACodecWithoutProfilesWhateverItsReceiverLikes) {
  OfferNumbers numbers;
  auto offer = *parse_sdp(test::small_offer());
  offer.media[0].payloads = {{.type = 120,
                              .encoding = "opus",
                              .clock_rate = 48000,
                              .channels = 2,
                              .parameters = {},
                              .feedback = {}}};
  numbers.learn(offer);
  EXPECT_EQ(numbers.type_of({Codec::kOpus, "minptime=10;useinbandfec=1"}), 120);
  EXPECT_EQ(numbers.type_of({Codec::kOpus, "stereo=1"}), 120);
}

TEST(OfferNumbers, RunOutInsteadOfMeaningTwoThings) {
  OfferNumbers numbers;
  std::set<uint8_t> seen;
  for (int i = 0; i < 61; ++i) {
    const auto type = numbers.type_of({Codec::kVp9, "profile-id=" + std::to_string(i)});
    EXPECT_TRUE((type >= 96 && type <= 127) || (type >= 35 && type <= 63)) << int{type};
    EXPECT_TRUE(seen.insert(type).second) << int{type};
  }
  EXPECT_EQ(numbers.type_of({Codec::kVp9, "profile-id=61"}), 0);
  EXPECT_EQ(numbers.rtx_of(96), 0);

  const std::vector<OfferLine> lines{{.mid = "0", .codecs = {{Codec::kVp8, ""}}}};
  const auto offer = make_offer(local_side(), lines, numbers);
  EXPECT_EQ(offer.media[0].port, 0);
  EXPECT_TRUE(offer.bundle.empty());
}

TEST(OfferNumbers, WhatThePeerSaysLastCounts) {
  OfferNumbers numbers;
  numbers.learn(*parse_sdp(test::small_offer()));
  EXPECT_EQ(numbers.type_of({Codec::kVp8, ""}), 96);
  numbers.learn(*parse_sdp(test::replaced(test::small_offer(), "VP8/90000", "VP9/90000")));
  EXPECT_EQ(numbers.type_of({Codec::kVp9, ""}), 96);
  EXPECT_NE(numbers.type_of({Codec::kVp8, ""}), 96);
}

// A peer that uses one id for two things in two lines: the first one has it, in offers of ours.
TEST(OfferNumbers, AnIdOfTwoMeaningsKeepsTheFirst) {
  OfferNumbers numbers;
  auto offer = *parse_sdp(test::chromium_offer("publish"));
  const auto level = std::ranges::find_if(offer.media.at(0).extensions, [](const auto& extension) {
    return extension_of(extension.uri) == ExtensionKind::kAudioLevel;
  });
  ASSERT_NE(level, offer.media[0].extensions.end());
  auto& others = offer.media.at(1).extensions;
  std::erase_if(others, [&](const auto& extension) { return extension.id == level->id; });
  const auto rid = std::ranges::find_if(
      others, [](const auto& extension) { return extension_of(extension.uri) == ExtensionKind::kRid; });
  ASSERT_NE(rid, others.end());
  rid->id = level->id;

  numbers.learn(offer);

  EXPECT_EQ(numbers.id_of(ExtensionKind::kAudioLevel), level->id);
  EXPECT_NE(numbers.id_of(ExtensionKind::kRid), level->id);
}

TEST(Offerer, OffersALineAgainAsItWasAgreedOn) {
  NegotiatedLine agreed;
  agreed.accepted = true;
  agreed.kind = MediaKind::kVideo;
  agreed.mid = "v";
  agreed.direction = Direction::kSendRecv;
  agreed.codec = {Codec::kVp9, "profile-id=2"};
  agreed.payload_type = 102;
  agreed.rtx_payload_type = 103;
  agreed.nack = agreed.pli = true;
  agreed.extensions.set(ExtensionKind::kRid, 9);
  agreed.rids = {"h", "l"};
  OfferLine line{
      .mid = "v", .codecs = {{Codec::kVp8, ""}}, .send = SentTrack{"s", "t", "c", 71, 72}, .as = agreed};

  const auto offer = make_offer(local_side(), std::span(&line, 1));

  const auto& media = offer.media.at(0);
  EXPECT_THAT(media.formats, ElementsAre("102", "103"));
  EXPECT_THAT(media.simulcast_receive, ElementsAre("h", "l"));
  EXPECT_EQ(media.ssrc_groups.size(), 1u);
  EXPECT_EQ(media.extensions.at(0).id, 9);
  line.direction = Direction::kSendOnly;
  EXPECT_TRUE(make_offer(local_side(), std::span(&line, 1)).media[0].simulcast_receive.empty());
}

TEST(Offerer, SaysWhatItWantsAtMostOncePerLineOfPictures) {
  auto local = local_side();
  local.max_receive_bps = 1'000'000;
  const std::vector<OfferLine> lines{{.kind = MediaKind::kAudio, .mid = "a", .codecs = {{Codec::kOpus, ""}}},
                                     {.mid = "v", .codecs = {{Codec::kVp8, ""}}},
                                     {.mid = "w", .codecs = {{Codec::kVp8, ""}}}};
  const auto text = write_sdp(make_offer(local, lines));
  EXPECT_THAT(text, HasSubstr("c=IN IP4 0.0.0.0\r\nb=TIAS:500000\r\n"));
  EXPECT_TRUE(parse_sdp(text).ok());
  EXPECT_EQ(write_sdp(make_offer(local_side(), lines)).find("\nb="), std::string::npos);
}

TEST(Answerer, TakesWhatIsPreferredIfItIsOfferedAndElseThePeersFirst) {
  const auto offer = test::chromium_offer("publish");
  const LineWish audio;
  LineWish video{.preferred = {{Codec::kH265, "profile-id=77"}, {Codec::kVp9, "profile-id=0"}}};
  EXPECT_EQ(test::answer(offer, {audio, video})->lines[1].codec.codec, Codec::kVp9);
  video.preferred = {{Codec::kH265, "profile-id=77"}};
  EXPECT_EQ(test::answer(offer, {audio, video})->lines[1].codec.codec, Codec::kVp8);
  video.codecs = {{Codec::kH265, "profile-id=77"}};
  EXPECT_FALSE(test::answer(offer, {audio, video})->lines[1].accepted);
}

}  // namespace
}  // namespace kms::rtc
