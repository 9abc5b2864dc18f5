// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/ice_client.hpp"

#include <gtest/gtest.h>

#include <array>

#include "kms-core/rtc/ice/ice_agent.hpp"
#include "kms-core/rtc/ice/test_checks.hpp"

namespace kms::rtc::loadtest {
namespace {

using State = IceClient::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

const IceCredentials kOurs{"client12", "clientclientclientclient"};
const IceCredentials kTheirs{"server12", "serverserverserverserver"};

SocketAddress candidate(uint16_t port) { return *SocketAddress::parse("192.0.2.1", port); }

// A client whose datagrams are kept, and time that goes as the test says.
struct Rig {
  explicit Rig(std::vector<SocketAddress> candidates) {
    client.emplace(IceClient::Options{kOurs, kTheirs, std::move(candidates),
                                      [this](const SocketAddress& to, Bytes bytes) {
                                        sent.push_back({to, {bytes.begin(), bytes.end()}});
                                      }},
                   now);
  }
  bool advance(Duration by) {
    now += by;
    return client->on_time(now);
  }
  // Has kms's own lite agent answer what was sent last.
  bool answer_last() {
    const auto request = sent.back();
    std::array<uint8_t, IceAgent::kMaxReplySize> reply;
    const auto from = *TransportAddress::parse("192.0.2.9", 9);
    const auto outcome = agent.on_message(*StunMessage::parse(request.bytes), from, now, reply);
    return client->on_datagram(request.to, Bytes(reply).first(outcome.reply_size), now);
  }
  StunMessage last() const { return *StunMessage::parse(sent.back().bytes); }

  struct Sent {
    SocketAddress to;
    std::vector<uint8_t> bytes;
  };
  TimePoint now{seconds(100)};
  std::vector<Sent> sent;
  std::optional<IceClient> client;
  IceAgent agent{kTheirs, now};
};

TEST(IceClient, NominatesThePairThatAnswers) {
  Rig rig({candidate(1)});

  EXPECT_FALSE(rig.advance({}));
  ASSERT_EQ(rig.sent.size(), 1u);
  EXPECT_TRUE(rig.last().controlling());
  EXPECT_FALSE(rig.last().use_candidate());

  EXPECT_FALSE(rig.answer_last());
  ASSERT_EQ(rig.sent.size(), 2u);
  EXPECT_TRUE(rig.last().use_candidate());
  EXPECT_TRUE(rig.answer_last());
  EXPECT_EQ(rig.client->state(), State::kConnected);
  EXPECT_EQ(rig.client->selected(), candidate(1));
}

TEST(IceClient, ChecksCandidatesInTurnAndTakesTheFirstThatAnswers) {
  Rig rig({candidate(1), candidate(2)});

  rig.advance({});
  ASSERT_EQ(rig.sent.size(), 1u);
  rig.advance(milliseconds(20));
  ASSERT_EQ(rig.sent.size(), 2u);
  EXPECT_EQ(rig.sent[1].to, candidate(2));

  rig.answer_last();
  rig.answer_last();
  EXPECT_EQ(rig.client->selected(), candidate(2));
  rig.advance(seconds(1));
  EXPECT_EQ(rig.sent.back().to, candidate(2)) << "the other one is of no more interest";
}

TEST(IceClient, SendsALostCheckAgainAndGivesUpInTheEnd) {
  Rig rig({candidate(1)});

  rig.advance({});
  rig.advance(milliseconds(100));
  EXPECT_EQ(rig.sent.size(), 2u);
  while (rig.client->state() == State::kChecking) rig.advance(rig.client->deadline() - rig.now);

  EXPECT_EQ(rig.client->state(), State::kFailed);
  EXPECT_EQ(rig.now, TimePoint(seconds(100)) + IceClient::kPatience);
  EXPECT_LT(rig.sent.size(), 20u);
  EXPECT_EQ(rig.client->deadline(), TimePoint::max());
}

TEST(IceClient, FailsWhenConsentIsNotGivenAnyMore) {
  Rig rig({candidate(1)});
  rig.advance({});
  rig.answer_last();
  rig.answer_last();
  rig.advance(rig.client->deadline() - rig.now);
  EXPECT_FALSE(rig.answer_last());
  const auto last_consent = rig.now;

  while (rig.client->state() == State::kConnected) rig.advance(rig.client->deadline() - rig.now);

  EXPECT_EQ(rig.client->state(), State::kFailed);
  EXPECT_EQ(rig.now, last_consent + IceClient::kConsentEnds);
}

TEST(IceClient, TakesNoAnswerOfAStranger) {
  Rig rig({candidate(1)});
  rig.advance({});
  const auto right = rig.sent.back();
  std::array<uint8_t, 200> buffer;
  for (const auto* password : {"wrongwrongwrongwrongwrong", "serverserverserverserver"}) {
    StunWriter writer(buffer, StunClass::kSuccess, StunTransaction{});
    writer.add_integrity(password);
    rig.client->on_datagram(right.to, Bytes(buffer).first(writer.size()), rig.now);
  }
  StunWriter writer(buffer, StunClass::kSuccess, rig.last().transaction());
  writer.add_integrity(kTheirs.password);
  rig.client->on_datagram(candidate(7), Bytes(buffer).first(writer.size()), rig.now);

  EXPECT_EQ(rig.sent.size(), 1u) << "nothing was nominated";
}

TEST(IceClient, AnswersTheChecksOfAFullAgentThatKnowsThePassword) {
  Rig rig({candidate(1)});
  auto check = test::make_check({.to = kOurs, .from_ufrag = kTheirs.ufrag, .controlling = false});

  rig.client->on_datagram(candidate(1), check, rig.now);
  ASSERT_EQ(rig.sent.size(), 1u);
  EXPECT_EQ(rig.last().message_class(), StunClass::kSuccess);
  EXPECT_TRUE(rig.last().integrity_matches(kOurs.password));
  EXPECT_EQ(rig.last().mapped_address()->text(), "192.0.2.1:1");

  check = test::make_check({.to = kOurs, .password = "wrongwrongwrongwrongwrong"});
  rig.client->on_datagram(candidate(1), check, rig.now);
  EXPECT_EQ(rig.sent.size(), 1u);
}

}  // namespace
}  // namespace kms::rtc::loadtest
