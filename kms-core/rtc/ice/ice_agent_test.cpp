// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/ice_agent.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "kms-core/rtc/ice/test_checks.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using test::Check;

const IceCredentials kLocal{"ufrag123", "passwordpasswordpassword"};
const IceCredentials kRestarted{"newufrag", "drowssapdrowssapdrowssap"};
const auto kHome = *TransportAddress::parse("192.0.2.1", 1000);
const auto kMobile = *TransportAddress::parse("198.51.100.1", 2000);

class IceAgentTest : public testing::Test {
 protected:
  IceOutcome send(const Check& check, const TransportAddress& from = kHome) {
    const auto bytes = test::make_check(check);
    const auto message = StunMessage::parse(bytes);
    EXPECT_TRUE(message);
    reply_.assign(IceAgent::kMaxReplySize, 0);
    auto outcome = agent_.on_message(*message, from, now_, reply_);
    reply_.resize(outcome.reply_size);
    return outcome;
  }
  int error_in_reply() const {
    const auto message = StunMessage::parse(reply_);
    return message ? message->error_code().value_or(0) : -1;
  }

  TimePoint now_{1000s};
  IceAgent agent_{kLocal, now_};
  std::vector<uint8_t> reply_;
};

TEST_F(IceAgentTest, AnswersACheckWithTheAddressItCameFrom) {
  const auto outcome = send({.to = kLocal});

  EXPECT_EQ(outcome.verdict, IceVerdict::kAnswered);
  EXPECT_TRUE(outcome.path_added && outcome.path_selected && outcome.state_changed);
  EXPECT_EQ(agent_.state(), IceState::kConnected);
  const auto message = StunMessage::parse(reply_);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class(), StunClass::kSuccess);
  EXPECT_EQ(message->mapped_address(), kHome);
  EXPECT_EQ(message->transaction()[0], 1);
  EXPECT_TRUE(message->integrity_matches(kLocal.password));
}

TEST_F(IceAgentTest, RefusesAWrongPasswordAndLearnsNothingFromIt) {
  const auto outcome = send({.to = kLocal, .nominate = true, .password = "guess"});

  EXPECT_EQ(outcome.verdict, IceVerdict::kUnauthorized);
  EXPECT_EQ(error_in_reply(), 401);
  EXPECT_FALSE(StunMessage::parse(reply_)->has_integrity());
  EXPECT_FALSE(agent_.is_valid(kHome));
  EXPECT_FALSE(agent_.selected());
  EXPECT_EQ(agent_.state(), IceState::kNew);
}

TEST_F(IceAgentTest, RefusesAnotherUfrag) {
  EXPECT_EQ(send({.to = {"other", kLocal.password}}).verdict, IceVerdict::kUnauthorized);
}

TEST_F(IceAgentTest, RefusesChecksThatMissAnAttribute) {
  EXPECT_EQ(send({.to = kLocal, .integrity = false}).verdict, IceVerdict::kBadRequest);
  EXPECT_EQ(error_in_reply(), 400);
  EXPECT_EQ(send({.to = kLocal, .priority = false}).verdict, IceVerdict::kBadRequest);
}

TEST_F(IceAgentTest, NamesTheRequiredAttributesItDoesNotKnow) {
  const auto outcome =
      send({.to = kLocal, .damage = [](StunWriter& writer) { writer.add(0x7777, Bytes{}); }});

  EXPECT_EQ(outcome.verdict, IceVerdict::kUnknownAttribute);
  EXPECT_EQ(error_in_reply(), 420);
  EXPECT_TRUE(StunMessage::parse(reply_)->integrity_matches(kLocal.password));
  const std::vector<uint8_t> list{0x00, 0x0a, 0x00, 0x02, 0x77, 0x77};
  EXPECT_NE(std::ranges::search(reply_, list).begin(), reply_.end());
}

TEST_F(IceAgentTest, ToleratesOptionalAttributesItDoesNotKnow) {
  EXPECT_EQ(send({.to = kLocal, .damage = [](StunWriter& writer) { writer.add(0xc057, Bytes{}); }}).verdict,
            IceVerdict::kAnswered);
}

TEST_F(IceAgentTest, InsistsOnBeingControlled) {
  EXPECT_EQ(send({.to = kLocal, .controlling = false}).verdict, IceVerdict::kRoleConflict);
  EXPECT_EQ(error_in_reply(), 487);
}

TEST_F(IceAgentTest, IgnoresResponsesAndIndications) {
  for (const auto message_class : {StunClass::kSuccess, StunClass::kError, StunClass::kIndication}) {
    std::vector<uint8_t> out(100);
    StunWriter writer(out, message_class, {});
    writer.add_fingerprint();
    out.resize(writer.size());
    reply_.assign(IceAgent::kMaxReplySize, 0);
    const auto outcome = agent_.on_message(*StunMessage::parse(out), kHome, now_, reply_);
    EXPECT_EQ(outcome.verdict, IceVerdict::kIgnored);
    EXPECT_EQ(outcome.reply_size, 0u);
  }
}

TEST_F(IceAgentTest, ChangesPathOnlyWhenThePeerNominatesIt) {
  send({.to = kLocal, .nominate = true});

  const auto looked = send({.to = kLocal}, kMobile);
  EXPECT_TRUE(looked.path_added);
  EXPECT_FALSE(looked.path_selected);
  EXPECT_EQ(agent_.selected(), kHome);

  const auto moved = send({.to = kLocal, .nominate = true}, kMobile);
  EXPECT_FALSE(moved.path_added);
  EXPECT_TRUE(moved.path_selected);
  EXPECT_EQ(agent_.selected(), kMobile);
  EXPECT_TRUE(agent_.is_valid(kHome)) << "packets under way still count";
}

TEST_F(IceAgentTest, SpeaksWhereThePeerSpeaksUntilItNominates) {
  send({.to = kLocal});
  send({.to = kLocal}, kMobile);
  ASSERT_EQ(agent_.selected(), kHome);

  EXPECT_TRUE(agent_.follow(kMobile));
  EXPECT_FALSE(agent_.follow(kMobile)) << "nothing has changed";
  EXPECT_EQ(agent_.selected(), kMobile);
  EXPECT_FALSE(agent_.follow(*TransportAddress::parse("203.0.113.1", 3000))) << "not proved by a check";

  send({.to = kLocal, .nominate = true});
  EXPECT_FALSE(agent_.follow(kMobile));
  EXPECT_EQ(agent_.selected(), kHome);
}

TEST_F(IceAgentTest, StaysWithALiveUdpPathWhenThePeerNominatesTcpAsWell) {
  auto tcp = kHome;
  tcp.protocol = IpProtocol::kTcp;
  send({.to = kLocal, .nominate = true}, tcp);
  EXPECT_EQ(agent_.selected(), tcp) << "the first";
  EXPECT_TRUE(send({.to = kLocal, .nominate = true}).path_selected);
  now_ += 2s;
  EXPECT_FALSE(send({.to = kLocal, .nominate = true}, tcp).path_selected);
  EXPECT_EQ(agent_.selected(), kHome);
  now_ += 1s;
  EXPECT_TRUE(send({.to = kLocal, .nominate = true}, tcp).path_selected) << "UDP has fallen silent";
}

TEST_F(IceAgentTest, TakesALivePathWhenTheSelectedOneIsSilent) {
  send({.to = kLocal, .nominate = true});
  now_ += 10s;
  EXPECT_TRUE(send({.to = kLocal}, kMobile).path_selected);
}

TEST_F(IceAgentTest, KeepsABoundedNumberOfPathsAndTheSelectedOneAmongThem) {
  send({.to = kLocal, .nominate = true});
  size_t removed = 0;
  for (uint16_t port = 1; port <= 100; ++port) {
    now_ += 1ms;
    removed += send({.to = kLocal}, *TransportAddress::parse("203.0.113.1", port)).path_removed.has_value();
  }
  EXPECT_EQ(removed, 101 - IcePaths::kMax);
  EXPECT_TRUE(agent_.is_valid(kHome));
  EXPECT_EQ(agent_.selected(), kHome);
}

TEST_F(IceAgentTest, ForgetsAClosedConnection) {
  send({.to = kLocal});
  EXPECT_TRUE(agent_.remove_path(kHome, now_).state_changed);
  EXPECT_FALSE(agent_.selected());
  EXPECT_EQ(agent_.state(), IceState::kDisconnected) << "not only after ten seconds";
  const auto back = send({.to = kLocal}, kMobile);
  EXPECT_TRUE(back.path_selected && back.state_changed);
}

TEST_F(IceAgentTest, FallsBackToThePathThatWasCheckedLastWhenAConnectionCloses) {
  const auto third = *TransportAddress::parse("203.0.113.9", 3000);
  send({.to = kLocal}, third);
  now_ += 1s;
  send({.to = kLocal}, kMobile);
  send({.to = kLocal, .nominate = true});

  EXPECT_FALSE(agent_.remove_path(third, now_).path_selected) << "it was not in use";
  const auto outcome = agent_.remove_path(kHome, now_);

  EXPECT_TRUE(outcome.path_selected);
  EXPECT_FALSE(outcome.state_changed);
  EXPECT_EQ(agent_.selected(), kMobile);
}

TEST_F(IceAgentTest, DoesNotFallBackToAPathThatIsSilent) {
  send({.to = kLocal}, kMobile);
  now_ += 11s;
  send({.to = kLocal, .nominate = true});

  agent_.remove_path(kHome, now_);

  EXPECT_FALSE(agent_.selected());
  EXPECT_EQ(agent_.state(), IceState::kDisconnected);
}

TEST_F(IceAgentTest, IsDisconnectedBeforeTenSecondsAreOverAndFailedAfterThirty) {
  send({.to = kLocal});
  EXPECT_EQ(agent_.deadline(), now_ + 9500ms);
  EXPECT_FALSE(agent_.on_timer(now_ + 9499ms)) << "a check that was lost may come again";
  EXPECT_TRUE(agent_.on_timer(now_ + 9500ms));
  EXPECT_EQ(agent_.state(), IceState::kDisconnected);
  EXPECT_EQ(agent_.deadline(), now_ + 30s);
  EXPECT_FALSE(agent_.on_timer(now_ + 29s));
  EXPECT_TRUE(agent_.on_timer(now_ + 30s));
  EXPECT_EQ(agent_.state(), IceState::kFailed);
  EXPECT_EQ(agent_.deadline(), TimePoint::max());
  EXPECT_EQ(send({.to = kLocal}).verdict, IceVerdict::kIgnored);
}

// Ticks of 50 ms, each of them up to a quarter of a second late.
TEST_F(IceAgentTest, IsDisconnectedWithinTenSecondsWheneverItsLastCheckCameBetweenTwoTicks) {
  for (auto phase = 0ms; phase <= 50ms; phase += 1ms) {
    send({.to = kLocal});
    const auto last_check = now_;
    for (now_ += phase; !agent_.on_timer(now_); now_ += 50ms + 250ms) {
    }
    EXPECT_EQ(agent_.state(), IceState::kDisconnected);
    EXPECT_LE(now_ - last_check, 10s) << phase.count();
  }
}

TEST_F(IceAgentTest, ComesBackFromDisconnected) {
  send({.to = kLocal});
  now_ += 15s;
  agent_.on_timer(now_);
  EXPECT_TRUE(send({.to = kLocal}).state_changed);
  EXPECT_EQ(agent_.state(), IceState::kConnected);
}

TEST_F(IceAgentTest, FailsWhenNobodyEverComes) {
  EXPECT_EQ(agent_.deadline(), now_ + 30s);
  EXPECT_FALSE(agent_.on_timer(now_ + 10s));
  EXPECT_TRUE(agent_.on_timer(now_ + 30s));
  EXPECT_EQ(agent_.state(), IceState::kFailed);
}

TEST_F(IceAgentTest, RestartsWithoutLosingThePath) {
  send({.to = kLocal, .nominate = true});

  agent_.restart(kRestarted, now_);

  EXPECT_TRUE(agent_.answers_to(kLocal.ufrag));
  EXPECT_EQ(send({.to = kLocal}).verdict, IceVerdict::kAnswered) << "consent goes on meanwhile";
  EXPECT_EQ(agent_.selected(), kHome);
  EXPECT_TRUE(send({.to = kRestarted, .nominate = true}, kMobile).path_selected);
  EXPECT_TRUE(StunMessage::parse(reply_)->integrity_matches(kRestarted.password));
  EXPECT_FALSE(agent_.answers_to(kLocal.ufrag));
  EXPECT_EQ(send({.to = kLocal}).verdict, IceVerdict::kUnauthorized) << "the old credentials are over";
}

TEST_F(IceAgentTest, AnswersToAllCredentialsSinceThoseInUse) {
  const IceCredentials between{"between1", kRestarted.password};
  send({.to = kLocal, .nominate = true});

  agent_.restart(between, now_);
  agent_.restart(kRestarted, now_);

  EXPECT_EQ(send({.to = kLocal, .nominate = true}).verdict, IceVerdict::kAnswered)
      << "as long as it is in use";
  EXPECT_TRUE(send({.to = between, .nominate = true}, kMobile).path_selected);
  EXPECT_TRUE(StunMessage::parse(reply_)->integrity_matches(between.password));
  EXPECT_EQ(send({.to = kLocal}).verdict, IceVerdict::kUnauthorized) << "later ones were nominated";
  EXPECT_EQ(send({.to = between}).verdict, IceVerdict::kAnswered);
  EXPECT_EQ(send({.to = kRestarted, .nominate = true}).verdict, IceVerdict::kAnswered);
  EXPECT_FALSE(agent_.answers_to(between.ufrag));
}

TEST_F(IceAgentTest, KeepsThoseInUseAndTheLatestOfManyRestarts) {
  send({.to = kLocal, .nominate = true});
  const auto ufrag = [](size_t number) { return "restart" + std::to_string(number); };
  constexpr size_t kRestarts = 50;

  for (size_t i = 0; i < kRestarts; ++i) agent_.restart({ufrag(i), kRestarted.password}, now_);

  EXPECT_EQ(send({.to = kLocal}).verdict, IceVerdict::kAnswered);
  size_t answered = 0;
  for (size_t i = 0; i < kRestarts; ++i) answered += agent_.answers_to(ufrag(i)) ? 1 : 0;
  EXPECT_EQ(answered, IceAgent::kMaxEarlier) << "with those that count now, and those in use besides";
  EXPECT_TRUE(agent_.answers_to(ufrag(kRestarts - IceAgent::kMaxEarlier)));
}

TEST_F(IceAgentTest, AnswersToCredentialsThatAreOfferedUntilTheOfferIsOver) {
  send({.to = kLocal, .nominate = true});

  agent_.offer_restart(kRestarted);
  EXPECT_TRUE(send({.to = kRestarted, .nominate = true}, kMobile).path_selected)
      << "before its answer is here";
  EXPECT_EQ(send({.to = kLocal}).verdict, IceVerdict::kAnswered) << "it may still refuse the offer";
  EXPECT_EQ(agent_.local().ufrag, kLocal.ufrag);

  ASSERT_TRUE(agent_.take_offered());
  EXPECT_EQ(send({.to = kRestarted}).verdict, IceVerdict::kUnauthorized);
  EXPECT_EQ(send({.to = kLocal}).verdict, IceVerdict::kAnswered);
  EXPECT_FALSE(agent_.take_offered());
}

TEST_F(IceAgentTest, RestartRevivesAFailedAgent) {
  agent_.on_timer(now_ + 30s);
  now_ += 31s;
  agent_.restart(kRestarted, now_);
  EXPECT_EQ(agent_.state(), IceState::kNew);
  EXPECT_TRUE(send({.to = kRestarted}).state_changed);
}

TEST(IceCredentials, AreLongFreshAndOfIceChars) {
  const auto a = IceCredentials::make();
  const auto b = IceCredentials::make();
  EXPECT_EQ(a.ufrag.size(), 8u);
  EXPECT_EQ(a.password.size(), 24u);
  EXPECT_NE(a.ufrag, b.ufrag);
  EXPECT_NE(a.password, b.password);
  EXPECT_EQ(a.password.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
            std::string::npos);
}

}  // namespace
}  // namespace kms::rtc
