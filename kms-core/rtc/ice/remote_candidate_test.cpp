// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/remote_candidate.hpp"

#include <gtest/gtest.h>

namespace kms::rtc {
namespace {

TEST(RemoteCandidate, IsReadAsBrowsersWriteIt) {
  const auto host = parse_candidate(
      "candidate:1467250027 1 udp 2122260223 0b9a7d32-7ee1-4b1c-9d2d.local 46243 typ host generation 0 ufrag "
      "AbCd "
      "network-id 1");
  ASSERT_TRUE(host.ok()) << host.status();
  EXPECT_EQ(host->foundation, "1467250027");
  EXPECT_EQ(host->component, 1);
  EXPECT_EQ(host->protocol, "udp");
  EXPECT_EQ(host->priority, 2122260223u);
  EXPECT_EQ(host->address, "0b9a7d32-7ee1-4b1c-9d2d.local");
  EXPECT_EQ(host->port, 46243);
  EXPECT_EQ(host->type, "host");
}

TEST(RemoteCandidate, MayHaveItsAttributeAndAnyAddress) {
  EXPECT_EQ(parse_candidate("a=candidate:0 1 UDP 1 2001:db8::1 9 typ host\r\n")->address, "2001:db8::1");
  EXPECT_EQ(
      parse_candidate("candidate:a+/b 2 tcp 5 198.51.100.7 9 typ srflx raddr 0.0.0.0 rport 0 tcptype active")
          ->type,
      "srflx");
  EXPECT_TRUE(parse_candidate("candidate:1 1 udp 1 fe80::1%eth0 1 typ relay").ok());
}

TEST(RemoteCandidate, IsRefusedWhenAnythingIsMissingOrWrong) {
  const std::string good = "candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host";
  ASSERT_TRUE(parse_candidate(good).ok());
  for (size_t size = 0; size < good.size() - 3; ++size) {
    const auto cut = parse_candidate(good.substr(0, size));
    EXPECT_EQ(reason_of(cut.status()), "CANDIDATE_INVALID") << good.substr(0, size);
  }
  for (const char* bad :
       {"", "candidate", "Candidate:1 1 udp 1 192.0.2.1 5000 typ host",
        "candidate:1 0 udp 1 192.0.2.1 5000 typ host", "candidate:1 257 udp 1 192.0.2.1 5000 typ host",
        "candidate:1 1 udp 4294967295 192.0.2.1 5000 typ host",
        "candidate:1 1 udp -1 192.0.2.1 5000 typ host", "candidate:1 1 udp 1 192.0.2.1 65536 typ host",
        "candidate:1 1 udp 1 192.0.2.1  5000 typ host", "candidate:1 1 udp 1 192.0.2.1\n 5000 typ host",
        "candidate:1 1 udp 1 192.0.2.1 5000 type host", "candidate:1 1 udp 1 192.0.2.1 5e3 typ host"}) {
    EXPECT_EQ(reason_of(parse_candidate(bad).status()), "CANDIDATE_INVALID") << bad;
  }
  EXPECT_FALSE(parse_candidate(good + std::string(2000, ' ')).ok());
}

}  // namespace
}  // namespace kms::rtc
