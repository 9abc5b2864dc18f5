// SPDX-License-Identifier: Apache-2.0
// What becomes of a message that usrsctp does not take: it is sent later, or its channel or the association
// ends.
#include <gmock/gmock.h>

#include <cerrno>

#include "kms-core/rtc/sctp/played_usrsctp.hpp"
#include "kms-core/rtc/sctp/test_pair.hpp"

namespace kms::rtc {
namespace {

using test::fail_sends;
using test::text;
using testing::ElementsAre;
using testing::IsEmpty;

struct SendFailures : testing::TestWithParam<int> {
  SendFailures() { pair.connect(); }
  ~SendFailures() override { fail_sends(nullptr); }

  // The next send fails, those after it do not.
  static void fail_once(int error) {
    fail_sends([error, done = false]() mutable { return std::exchange(done, true) ? 0 : error; });
  }
  ChannelRef open(const std::string& label) {
    const auto channel = pair.client.open({.label = label});
    pair.run();
    return channel;
  }

  test::AssociationPair pair;
};

struct PassingFailures : SendFailures {};
INSTANTIATE_TEST_SUITE_P(All, PassingFailures, testing::Values(EWOULDBLOCK, ENOBUFS, ENOMEM, EINTR));

TEST_P(PassingFailures, DelayTheOpeningAndItsAnswer) {
  fail_sends([] { return GetParam(); });
  const auto channel = open("data");
  EXPECT_EQ(channel->state, DataChannelState::kConnecting);
  fail_sends(nullptr);

  ASSERT_TRUE(pair.run_until([&] { return !pair.server.opened.empty(); },
                             [](const auto&) {
                               fail_sends([] { return GetParam(); });  // the answer is next
                               return true;
                             }));
  EXPECT_EQ(channel->state, DataChannelState::kConnecting);
  fail_sends(nullptr);

  EXPECT_TRUE(pair.run_until([&] { return channel->state == DataChannelState::kOpen; }));
}

struct LastingFailures : SendFailures {};
INSTANTIATE_TEST_SUITE_P(All, LastingFailures, testing::Values(EINVAL, EMSGSIZE));

TEST_P(LastingFailures, CloseAChannelWhoseOpeningCannotBeSent) {
  const auto other = open("other");
  fail_once(GetParam());
  const auto channel = pair.client.open({.label = "data"});
  ASSERT_TRUE(pair.client.send(channel, text("never")));
  pair.run();

  EXPECT_EQ(channel->state, DataChannelState::kClosed);
  EXPECT_EQ(pair.client.reason, "SCTP_FAILED");
  EXPECT_EQ(channel->buffered, 0);
  EXPECT_EQ(channel->room.taken(), 0);
  EXPECT_EQ(pair.server.opened.size(), 1);
  EXPECT_EQ(other->state, DataChannelState::kOpen);
  EXPECT_EQ(open("next")->state, DataChannelState::kOpen);
}

TEST_P(LastingFailures, CloseAChannelWhoseAnswerCannotBeSent) {
  const auto channel = pair.client.open({.label = "data"});
  pair.run_until([&] { return !pair.server.opened.empty(); },
                 [](const auto&) {
                   fail_once(GetParam());
                   return true;
                 });

  EXPECT_TRUE(pair.run_until([&] { return channel->state == DataChannelState::kClosed; }));
  EXPECT_EQ(pair.server.opened.front()->state, DataChannelState::kClosed);
  EXPECT_EQ(pair.server.closed_for, "SCTP_FAILED");
}

TEST_P(LastingFailures, CloseAChannelWhoseMessageCannotBeSent) {
  const auto channel = open("data"), other = open("other");
  fail_once(GetParam());
  pair.client.send(channel, text("never"));
  pair.client.send(channel, text("nor this in its place"));
  pair.client.send(other, text("hello"));

  EXPECT_TRUE(pair.run_until([&] { return channel->state == DataChannelState::kClosed; }));
  EXPECT_EQ(pair.client.closed_for, "SCTP_FAILED");
  EXPECT_EQ(pair.server.opened.front()->state, DataChannelState::kClosed);
  EXPECT_THAT(pair.server.messages, ElementsAre(text("hello")));
  EXPECT_EQ(channel->messages_sent, 0);
  EXPECT_EQ(channel->room.taken(), 0);
  EXPECT_EQ(other->state, DataChannelState::kOpen);
}

struct FailuresOfAll : SendFailures {};
INSTANTIATE_TEST_SUITE_P(All, FailuresOfAll, testing::Values(ENOENT, ENOTCONN, ECONNRESET, EPIPE, EFAULT));

TEST_P(FailuresOfAll, EndTheAssociation) {
  const auto channel = open("data"), other = open("other");
  fail_once(GetParam());
  pair.client.send(channel, text("never"));
  pair.run();

  EXPECT_EQ(pair.client.association->state(), SctpState::kClosed);
  EXPECT_EQ(pair.client.reason, "SCTP_CLOSED");
  EXPECT_EQ(channel->state, DataChannelState::kClosed);
  EXPECT_EQ(other->state, DataChannelState::kClosed);
  EXPECT_EQ(channel->room.taken(), 0);
}

// The end of an association is not sooner than the last of what it brought.
TEST_F(SendFailures, WaitForWhatIsNotReadYet) {
  const auto channel = open("data");
  pair.client.association->set_reading(false);
  pair.server.send(pair.server.opened.front(), text("last words"));
  pair.run();
  pair.server.association.reset();
  for (const auto& packet : std::exchange(pair.server.sent, {})) pair.client.association->input(packet);

  pair.client.send(channel, text("to nobody"));
  pair.stack.serve();
  EXPECT_EQ(channel->state, DataChannelState::kOpen);
  EXPECT_THAT(pair.client.messages, IsEmpty());
  pair.client.association->set_reading(true);
  pair.stack.serve();

  EXPECT_THAT(pair.client.messages, ElementsAre(text("last words")));
  EXPECT_EQ(channel->state, DataChannelState::kClosed);
  EXPECT_EQ(pair.client.reason, "SCTP_CLOSED");
}

}  // namespace
}  // namespace kms::rtc
