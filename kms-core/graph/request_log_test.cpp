// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/request_log.hpp"

#include <gtest/gtest.h>

namespace kms::graph {
namespace {

using namespace std::chrono_literals;
using Answers = std::vector<std::string>;

class RequestLogTest : public testing::Test {
 protected:
  static RequestLog::Key key(const std::string& id) { return {"sessions/a", "CreateElement", id}; }

  // What becomes of a call: "first", the reason of an error, or "joined".
  std::string call(const std::string& id, const std::string& body = "body") {
    const auto keep = [this](const RequestLog::Answer& answer) {
      answers_.push_back(answer.ok() ? *answer : reason_of(answer.status()));
    };
    const auto first = log_.begin(key(id), body, keep, now_);
    if (!first.ok()) return reason_of(first.status());
    return *first ? "first" : "joined";
  }
  void finish(const std::string& id, const RequestLog::Answer& answer) { log_.finish(key(id), answer, now_); }

  RequestLog log_{{.requests = 3, .life = 10s, .bytes = 100}};
  RequestLog::Clock::time_point now_ = RequestLog::Clock::now();
  Answers answers_;
};

TEST_F(RequestLogTest, ARepeatedCallGetsTheFirstAnswer) {
  EXPECT_EQ(call("1"), "first");
  finish("1", std::string("made"));

  EXPECT_EQ(call("1"), "joined");

  EXPECT_EQ(answers_, Answers{"made"});
}

TEST_F(RequestLogTest, CallsAtTheSameTimeWaitForTheFirst) {
  EXPECT_EQ(call("1"), "first");
  EXPECT_EQ(call("1"), "joined");
  EXPECT_EQ(call("1"), "joined");
  EXPECT_EQ(answers_, Answers{});

  finish("1", std::string("made"));

  EXPECT_EQ(answers_, (Answers{"made", "made"}));
}

TEST_F(RequestLogTest, AFailureIsToldToWaitersAndForgotten) {
  EXPECT_EQ(call("1"), "first");
  EXPECT_EQ(call("1"), "joined");

  finish("1", error(StatusCode::kResourceExhausted, "ELEMENT_QUOTA", "full"));

  EXPECT_EQ(answers_, Answers{"ELEMENT_QUOTA"});
  EXPECT_EQ(call("1"), "first");
}

TEST_F(RequestLogTest, AnotherBodyUnderTheSameIdIsRefused) {
  EXPECT_EQ(call("1", "body"), "first");
  EXPECT_EQ(call("1", "other"), "REQUEST_ID_REUSED");
  finish("1", std::string("made"));
  EXPECT_EQ(call("1", "other"), "REQUEST_ID_REUSED");
}

TEST_F(RequestLogTest, MethodsAndParentsHaveTheirOwnIds) {
  EXPECT_EQ(call("1"), "first");
  EXPECT_TRUE(*log_.begin({"Connect", "sessions/a", "1"}, "x", [](const auto&) {}));
  EXPECT_TRUE(*log_.begin({"CreateElement", "sessions/b", "1"}, "y", [](const auto&) {}));
}

TEST_F(RequestLogTest, IdsHaveALength) {
  EXPECT_EQ(call(std::string(64, 'x')), "first");
  EXPECT_EQ(call(std::string(65, 'x')), "REQUEST_ID_TOO_LONG");
}

TEST_F(RequestLogTest, ForgetsAfterItsLife) {
  EXPECT_EQ(call("1"), "first");
  finish("1", std::string("made"));
  now_ += 9s;
  EXPECT_EQ(call("1"), "joined");
  now_ += 1s;
  EXPECT_EQ(call("1"), "first");
}

TEST_F(RequestLogTest, ForgetsTheOldestBeyondItsNumberAndItsBytes) {
  for (const auto* id : {"1", "2", "3", "4"}) {
    EXPECT_EQ(call(id), "first");
    finish(id, std::string("made"));
  }
  EXPECT_EQ(log_.size(), 3U);
  EXPECT_EQ(call("1"), "first");
  EXPECT_EQ(call("4"), "joined");

  finish("1", std::string(99, 'x'));

  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(RequestLogTest, ForgetsASessionThatEnded) {
  EXPECT_EQ(call("1"), "first");
  finish("1", std::string("made"));
  log_.forget("sessions/a");
  EXPECT_EQ(call("1"), "first");
}

TEST_F(RequestLogTest, RemembersOtherSessionsAndWhatIsUnderWay) {
  EXPECT_EQ(call("1"), "first");
  finish("1", std::string("made"));
  EXPECT_EQ(call("2"), "first");
  for (const auto* other : {"", "sessions", "sessions/", "sessions/aa", "sessions/b"}) log_.forget(other);
  EXPECT_EQ(call("1"), "joined");
  log_.forget("sessions/a");
  EXPECT_EQ(call("2"), "joined");
}

}  // namespace
}  // namespace kms::graph
