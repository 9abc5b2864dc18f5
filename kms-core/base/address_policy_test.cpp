// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/address_policy.hpp"

#include <gtest/gtest.h>

namespace kms {
namespace {

AddressPolicy policy(const std::vector<std::string>& allowed = {}) {
  return AddressPolicy::create(allowed).value();
}

TEST(AddressPolicy, AllowsPublicUnicastAddresses) {
  for (const auto* address : {"8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1",
                              "223.255.255.255", "2600::1", "2a00:1450::1", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(policy().allows(address)) << address;
  }
}

TEST(AddressPolicy, RefusesWhatIsNotPublic) {
  for (const auto* address :
       {"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"}) {
    EXPECT_FALSE(policy().allows(address)) << address;
  }
}

TEST(AddressPolicy, RefusesIpv6ThatIsNotPublicOrHidesAnIpv4Address) {
  for (const auto* address :
       {"::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
        "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1"}) {
    EXPECT_FALSE(policy().allows(address)) << address;
  }
}

TEST(AddressPolicy, RefusesTextThatIsNoAddress) {
  for (const auto* address :
       {"", "localhost", "127.1", "0x7f000001", "2130706433", "fe80::1%lo", "8.8.8.8 "}) {
    EXPECT_FALSE(policy({"0.0.0.0/0", "::/0"}).allows(address)) << address;
  }
}

TEST(AddressPolicy, AllowsBesidesWhatTheOperatorLists) {
  const auto some = policy({"127.0.0.0/8", "10.1.2.3", "fd00::/8", "192.168.4.0/22"});
  for (const auto* address :
       {"127.0.0.1", "::ffff:127.3.4.5", "10.1.2.3", "fd12::1", "192.168.7.255", "8.8.8.8"}) {
    EXPECT_TRUE(some.allows(address)) << address;
  }
  for (const auto* address : {"10.1.2.4", "192.168.8.0", "192.168.3.255", "::1", "fc00::1"}) {
    EXPECT_FALSE(some.allows(address)) << address;
  }
}

TEST(AddressPolicy, SaysWhichRangeOfTheConfigurationIsWrong) {
  for (const auto* text :
       {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8", "fd00::/129", "all", "1.2.3.4/8x"}) {
    const auto refused = AddressPolicy::create({"127.0.0.0/8", text});
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(reason_of(refused.status()), "CONFIG_INVALID");
    EXPECT_NE(message_of(refused.status()).find(std::string("\"") + text + "\""), std::string::npos);
  }
}

}  // namespace
}  // namespace kms
