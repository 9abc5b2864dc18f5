// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/peer_addresses.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/plain/test_descriptions.hpp"

namespace kms::rtc {
namespace {

using test::description;
using test::fixed_ports;

bool allows(const PeerAddresses& addresses, const char* peer, const char* own) {
  return addresses.allows(*SocketAddress::parse(peer, 4000), own);
}

TEST(PeerAddresses, AllowsUnicastAddressesPrivateOnesIncluded) {
  for (const auto* peer :
       {"8.8.8.8", "10.1.2.3", "172.16.0.9", "192.168.1.20", "100.64.0.1", "2001:db8::7", "fd00::7"})
    EXPECT_TRUE(allows({}, peer, "198.51.100.1")) << peer;
}

TEST(PeerAddresses, RefusesWhatIsNoUnicastAddressOrOfTheLinkOnly) {
  for (const auto* peer : {"0.1.2.3", "169.254.169.254", "224.0.0.1", "239.255.255.250", "255.255.255.255",
                           "::", "fe80::1", "ff02::1", "::ffff:169.254.169.254", "::ffff:224.0.0.1"}) {
    EXPECT_FALSE(allows({}, peer, "198.51.100.1")) << peer;
    EXPECT_FALSE(allows({}, peer, "127.0.0.1")) << peer;
  }
}

TEST(PeerAddresses, AllowsLoopbackOnlyWhereWeAreThereOurselves) {
  for (const auto* peer : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(allows({}, peer, "198.51.100.1")) << peer;
    EXPECT_TRUE(allows({}, peer, "127.0.0.1")) << peer;
    EXPECT_TRUE(allows({}, peer, "::1")) << peer;
  }
}

TEST(PeerAddresses, AllowsBesidesWhatTheOperatorLists) {
  const PeerAddresses some({*AddressRange::parse("239.1.0.0/16"), *AddressRange::parse("127.0.0.0/8")});
  EXPECT_TRUE(allows(some, "239.1.2.3", "198.51.100.1"));
  EXPECT_TRUE(allows(some, "127.0.0.1", "198.51.100.1"));
  EXPECT_FALSE(allows(some, "239.2.2.3", "198.51.100.1"));
}

constexpr const char* kMedia = "c=IN IP4 169.254.169.254\r\n";
constexpr const char* kReports = "a=rtcp:53 IN IP4 127.0.0.53\r\n";

TEST(PeerAddresses, CountInOffersForMediaAndForReports) {
  for (const auto* where : {kMedia, kReports}) {
    const auto offer = description(std::string("m=audio 4000 RTP/AVP 0\r\n") + where);
    EXPECT_EQ(reason_of(RtpNegotiation(9, {}, fixed_ports).answer(offer).status()), "SDP_ADDRESS") << where;
    const RtpPolicy policy{.peers = PeerAddresses({*AddressRange::parse("0.0.0.0/0")})};
    EXPECT_TRUE(RtpNegotiation(9, policy, fixed_ports).answer(offer).ok()) << where;
  }
}

TEST(PeerAddresses, CountInAnswers) {
  for (const auto* where : {kMedia, kReports}) {
    RtpNegotiation negotiation(9, {}, fixed_ports);
    ASSERT_TRUE(negotiation.offer({.video = false}).ok());
    const auto answer = description(std::string("m=audio 4000 RTP/AVP 0\r\n") + where);
    EXPECT_EQ(reason_of(negotiation.accept(answer).status()), "SDP_ADDRESS") << where;
  }
}

}  // namespace
}  // namespace kms::rtc
