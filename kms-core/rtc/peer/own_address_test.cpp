// SPDX-License-Identifier: Apache-2.0
// A server with several addresses. A TestPeer, as a browser, takes nothing from an address that it did not
// speak to.
#include <gtest/gtest.h>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

class SeveralAddresses : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.threads = 1;
    options.announced = {"127.0.0.1", "127.0.0.2", "::1"};
    server_ = std::move(*Server::start(options));
  }

  std::unique_ptr<Server> server_;
};

// The candidate that publisher and viewer speak to.
class EachAddress : public SeveralAddresses, public ::testing::WithParamInterface<size_t> {};

TEST_P(EachAddress, AnswersLeaveFromWhereTheyWereAskedFor) {
  TestPeer publisher({.publishes = true, .candidate = GetParam()});
  auto publishing = server_->create_peer({});
  const auto sources = publisher.join(*publishing)->sources;
  ASSERT_EQ(publisher.server().ip(), (std::array{"127.0.0.1", "127.0.0.2", "::1"}.at(GetParam())));
  ASSERT_TRUE(publisher.connect());
  TestPeer viewer({.candidate = GetParam()});
  auto viewing = server_->create_peer({});
  const auto sound = viewing->consume(sources.at(0));
  const auto pictures = viewing->consume(sources.at(1));
  ASSERT_TRUE(viewer.join(*viewing).ok());
  ASSERT_TRUE(viewer.connect());
  ASSERT_TRUE(publisher.receive_until([&] { return publisher.asked_for_key_frame(); }));

  constexpr uint16_t kPackets = 20;
  for (uint16_t i = 0; i < kPackets; ++i) {
    publisher.send({.key_frame = i == 0, .marker = i + 1 == kPackets, .sequence = i, .timestamp = 3000});
  }

  EXPECT_TRUE(viewer.receive_until([&] { return viewer.count(true) == kPackets; }));
  EXPECT_EQ(viewer.failed_to_open(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Candidates, EachAddress, ::testing::Values(0, 1, 2));

// A browser with one socket may check several of our addresses and choose in the end.
TEST_F(SeveralAddresses, MediaLeavesFromTheAddressThatWasNominatedLast) {
  TestPeer publisher({.publishes = true});
  auto publishing = server_->create_peer({});
  const auto sources = publisher.join(*publishing)->sources;
  ASSERT_TRUE(publisher.connect());
  TestPeer viewer({});
  auto viewing = server_->create_peer({});
  const auto pictures = viewing->consume(sources.at(1));
  ASSERT_TRUE(viewer.join(*viewing).ok());
  ASSERT_TRUE(viewer.connect());

  viewer.speak_to(1);
  viewer.send_check(true);
  kms::test::settle(*server_);
  publisher.send({.key_frame = true, .sequence = 1, .timestamp = 3000});

  EXPECT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 1; }));
}

}  // namespace
}  // namespace kms::rtc
