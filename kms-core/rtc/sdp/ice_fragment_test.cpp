// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/ice_fragment.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/small_offer.hpp"

namespace kms::rtc {
namespace {

const std::string kFragment =
    "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\n"
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag EsAw network-id "
    "1\r\n"
    "a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0\r\n"
    "a=end-of-candidates\r\n";

std::string reason(const std::string& text) { return reason_of(parse_ice_fragment(text).status()); }

TEST(IceFragment, HasCredentialsAndCandidates) {
  const auto fragment = parse_ice_fragment(kFragment);

  ASSERT_TRUE(fragment.ok()) << fragment.status();
  EXPECT_EQ(fragment->credentials, (IceCredentials{"EsAw", "P2uYro0UCOQ4zxjKXaWCBui1"}));
  ASSERT_EQ(fragment->candidates.size(), 2U);
  EXPECT_EQ(fragment->candidates[0].port, 61764);
  EXPECT_TRUE(fragment->complete);
}

TEST(IceFragment, MayHaveCandidatesAlone) {
  const auto fragment = parse_ice_fragment("a=candidate:1 1 udp 1 x.local 5 typ host\n");

  ASSERT_TRUE(fragment.ok()) << fragment.status();
  EXPECT_FALSE(fragment->credentials);
  EXPECT_FALSE(fragment->complete);
}

TEST(IceFragment, TakesTheCredentialsOfItsFirstLine) {
  const auto twice = parse_ice_fragment(
      kFragment +
      "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:other\r\na=ice-pwd:0123456789012345678901\r\n");

  ASSERT_TRUE(twice.ok()) << twice.status();
  EXPECT_EQ(twice->credentials->ufrag, "EsAw");
}

TEST(IceFragment, IsRefusedWithTheReason) {
  using test::replaced;
  EXPECT_EQ(reason(""), "SDP_EMPTY");
  EXPECT_EQ(reason("a=mid:0\r\n"), "SDP_EMPTY");
  EXPECT_EQ(reason("nonsense"), "SDP_SYNTAX");
  EXPECT_EQ(reason(replaced(kFragment, "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n", "")), "SDP_NO_CREDENTIALS");
  EXPECT_EQ(reason(replaced(kFragment, "ufrag:EsAw", "ufrag:a b")), "SDP_BAD_ATTRIBUTE");
  EXPECT_EQ(reason(replaced(kFragment, "1 udp", "one udp")), "CANDIDATE_INVALID");
  EXPECT_EQ(reason(std::string(IceFragment::kLargest + 1, 'a')), "SDP_TOO_LARGE");
}

TEST(IceFragment, KeepsABoundedNumberOfCandidates) {
  std::string many;
  for (int i = 0; i < 500; ++i) many += "a=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\n";

  EXPECT_EQ(parse_ice_fragment(many)->candidates.size(), 64U);
}

TEST(IceFragment, OfOursStandsOnTheFirstLineInUse) {
  const auto answer = test::replaced(test::small_offer(), "m=audio 9", "m=audio 0");

  EXPECT_EQ(write_ice_fragment(ice_fragment_head(answer), {"abcd", "secret"},
                               {"candidate:1 1 udp 1 192.0.2.1 5 typ host"}),
            "a=ice-lite\r\na=group:BUNDLE 0 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\n"
            "a=ice-ufrag:abcd\r\na=ice-pwd:secret\r\na=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\n"
            "a=end-of-candidates\r\n");
}

}  // namespace
}  // namespace kms::rtc
