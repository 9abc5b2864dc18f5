// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/words/whip_words.hpp"

#include <gtest/gtest.h>

namespace kms::http {
namespace {

TEST(OneWay, TurnsLinesThatGoBothWaysAndNoOthers) {
  const std::string offer =
      "v=0\r\nm=audio 9 x 0\r\na=sendrecv\r\nm=video 9 x 1\r\na=inactive\r\nm=video 9 x 2\r\na=mid:2\r\n"
      "m=application 9 y z\r\na=mid:3\r\n";

  EXPECT_EQ(
      one_way(offer, false),
      "v=0\r\nm=audio 9 x 0\r\na=recvonly\r\nm=video 9 x 1\r\na=inactive\r\nm=video 9 x 2\r\na=mid:2\r\n"
      "a=recvonly\r\nm=application 9 y z\r\na=mid:3\r\n");
  EXPECT_NE(one_way(offer, true).find("m=audio 9 x 0\r\na=sendonly\r\n"), std::string::npos);
}

TEST(OneWay, RespectsADirectionForAllLines) {
  EXPECT_EQ(one_way("v=0\na=sendonly\nm=audio 9 x 0\n", true), "v=0\na=sendonly\nm=audio 9 x 0\n");
  EXPECT_EQ(one_way("v=0\na=sendrecv\nm=audio 9 x 0\n", true), "v=0\na=sendonly\nm=audio 9 x 0\n");
}

TEST(OneWay, LeavesRubbishToTheParser) {
  EXPECT_EQ(one_way("", true), "");
  EXPECT_EQ(one_way("rubbish", true), "rubbish");
  EXPECT_EQ(one_way("\n\r\n", true), "\n\r\n");
  EXPECT_EQ(one_way("v=0\nm=audio", true), "v=0\nm=audio\r\na=sendonly\r\n");
}

TEST(LetsMediaGo, LooksAtLinesThatWereAccepted) {
  EXPECT_TRUE(lets_media_go("v=0\r\nm=audio 0 x 0\r\na=inactive\r\nm=video 9 x 1\r\na=recvonly\r\n", true));
  EXPECT_FALSE(lets_media_go("v=0\r\nm=audio 0 x 0\r\na=recvonly\r\n", true));
  EXPECT_FALSE(lets_media_go("v=0\r\nm=audio 9 x 0\r\na=recvonly\r\n", false));
  EXPECT_FALSE(lets_media_go("", true));
}

TEST(TakesAll, LooksAtWhatAPublisherWouldSend) {
  const std::string sound = "m=audio 9 x 0\r\na=sendonly\r\n";
  const std::string pictures = "m=video 9 x 1\r\na=sendonly\r\n";
  const std::string taken = "m=audio 9 x 0\r\na=recvonly\r\nm=video 9 x 1\r\na=recvonly\r\n";
  const std::string sound_alone = "m=audio 9 x 0\r\na=recvonly\r\nm=video 0 x 1\r\na=inactive\r\n";

  EXPECT_TRUE(takes_all("v=0\r\n" + sound + pictures, "v=0\r\n" + taken));
  EXPECT_FALSE(takes_all("v=0\r\n" + sound + pictures, "v=0\r\n" + sound_alone));
  EXPECT_FALSE(takes_all("v=0\r\n" + sound + sound, "v=0\r\n" + taken)) << "two of a kind";
  EXPECT_FALSE(takes_all("v=0\na=sendonly\nm=audio 9 x 0\nm=video 9 x 1\n", "v=0\r\n" + sound_alone));
  EXPECT_FALSE(
      takes_all("v=0\n" + sound + "m=video 0 x 1\na=bundle-only\na=sendonly\n", "v=0\n" + sound_alone));
}

TEST(TakesAll, MindsNoOtherLines) {
  const std::string answer = "v=0\nm=audio 9 x 0\na=recvonly\nm=video 0 x 1\na=inactive\n";
  for (const auto* other : {"m=video 9 x 1\na=recvonly\n", "m=video 9 x 1\na=inactive\n",
                            "m=video 0 x 1\na=sendonly\n", "m=application 9 y z\n"})
    EXPECT_TRUE(takes_all("v=0\nm=audio 9 x 0\na=sendonly\n" + std::string(other), answer)) << other;
}

TEST(MatchOf, ComparesTagsStrongly) {
  EXPECT_EQ(match_of("", "\"a\""), Match::kMissing);
  EXPECT_EQ(match_of("*", "\"a\""), Match::kAny);
  EXPECT_EQ(match_of("\"*\"", "\"a\""), Match::kAny);
  EXPECT_EQ(match_of("\"b\" , \"a\"", "\"a\""), Match::kSame);
  EXPECT_EQ(match_of("W/\"a\"", "\"a\""), Match::kOther);
  EXPECT_EQ(match_of("a", "\"a\""), Match::kOther);
}

TEST(Types, AreComparedWithoutCaseAndParameters) {
  EXPECT_TRUE(is_type("Application/SDP ; charset=utf-8", "application/sdp"));
  EXPECT_FALSE(is_type("application/sdpx", "application/sdp"));
  EXPECT_FALSE(is_type("", "application/sdp"));
  EXPECT_TRUE(accepts("", "application/sdp"));
  EXPECT_TRUE(accepts("text/html, application/*;q=0.5", "application/sdp"));
  EXPECT_FALSE(accepts("text/html, application/sdp;q=0", "application/sdp"));
  EXPECT_FALSE(accepts("text/html,*/*; q=0.000", "application/sdp"));
  EXPECT_TRUE(accepts("*/*;q=0.001", "application/sdp"));
}

TEST(LinkOf, NamesServersInOrder) {
  EXPECT_EQ(link_of({}), "");
  EXPECT_EQ(link_of({{"stun:a", "", ""}, {"stun:b", "", ""}}),
            "<stun:a>; rel=\"ice-server\", <stun:b>; rel=\"ice-server\"");
}

}  // namespace
}  // namespace kms::http
