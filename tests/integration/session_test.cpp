// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <memory>

#include "tests/integration/fixture.hpp"

namespace kms::test {
namespace {

using v1::SessionService;

std::vector<std::string> names_of(const v1::ListSessionsResponse& page) {
  std::vector<std::string> names;
  for (const auto& session : page.sessions()) names.push_back(session.name());
  return names;
}

std::string list(RpcClient& client, v1::ListSessionsResponse& page, uint32_t size, const std::string& token) {
  v1::ListSessionsRequest request;
  request.set_page_size(size);
  request.set_page_token(token);
  return client.call(*client.sessions, &SessionService::Stub::ListSessions, request, &page);
}

TEST(Sessions, AreOpenedShownListedAndClosed) {
  Running kms;
  v1::CreateSessionRequest request;
  request.set_session_id("a");
  request.set_display_name("Room 1");
  (*request.mutable_tags())["floor"] = "2";
  request.set_refuse_transcoding(true);
  v1::Session made;
  ASSERT_EQ(kms.client.create_session(request, &made), "OK");
  EXPECT_EQ(made.name(), "sessions/a");
  EXPECT_EQ(made.display_name(), "Room 1");
  EXPECT_EQ(made.tags().at("floor"), "2");
  EXPECT_TRUE(made.refuse_transcoding());

  ASSERT_EQ(kms.client.create_pass_through("sessions/a", "x"), "OK");
  v1::GetSessionRequest get;
  get.set_name("sessions/a");
  v1::GetSessionResponse got;
  ASSERT_EQ(kms.client.call(*kms.client.sessions, &SessionService::Stub::GetSession, get, &got), "OK");
  EXPECT_EQ(got.session().element_count(), 1U);

  EXPECT_EQ(kms.client.delete_session("sessions/a"), "OK");
  EXPECT_EQ(kms.client.get_session("sessions/a"), "NOT_FOUND/SESSION_NOT_FOUND");
  EXPECT_EQ(kms.client.create_session("a"), "OK");
}

TEST(Sessions, AreListedInPages) {
  Running kms;
  v1::ListSessionsResponse page;
  ASSERT_EQ(list(kms.client, page, 2, ""), "OK");
  EXPECT_TRUE(page.sessions().empty());
  for (const auto* id : {"c", "a", "e", "b", "d"}) ASSERT_EQ(kms.client.create_session(id), "OK");

  ASSERT_EQ(list(kms.client, page, 2, ""), "OK");
  EXPECT_EQ(names_of(page), (std::vector<std::string>{"sessions/a", "sessions/b"}));
  ASSERT_EQ(kms.client.delete_session("sessions/b"), "OK");
  ASSERT_EQ(list(kms.client, page, 2, page.next_page_token()), "OK");
  EXPECT_EQ(names_of(page), (std::vector<std::string>{"sessions/c", "sessions/d"}));
  ASSERT_EQ(list(kms.client, page, 2, page.next_page_token()), "OK");
  EXPECT_EQ(names_of(page), (std::vector<std::string>{"sessions/e"}));
  EXPECT_EQ(page.next_page_token(), "");
  EXPECT_EQ(list(kms.client, page, 2, "2"), "INVALID_ARGUMENT/INVALID_PAGE_TOKEN");
}

TEST(Sessions, EndWhenTheirLeaseIsNotRenewed) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("short", 1), "OK");
  ASSERT_EQ(kms.client.create_session("long", 3600), "OK");

  EXPECT_TRUE(
      eventually([&] { return kms.client.get_session("sessions/short") == "NOT_FOUND/SESSION_NOT_FOUND"; }));
  EXPECT_EQ(kms.client.get_session("sessions/long"), "OK");
  EXPECT_TRUE(eventually([&] { return kms.server.log().find("LEASE_EXPIRED") != std::string::npos; }));
}

TEST(Sessions, LiveOnKeepAliveAndOnAnOpenEventStream) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("streamed", 3), "OK");
  EventReader stream(kms.client, "sessions/streamed");
  stream.wait_until_subscribed();
  ASSERT_EQ(kms.client.create_session("renewed", 3), "OK");
  ASSERT_EQ(kms.client.create_session("clock", 4), "OK");

  v1::KeepAliveRequest renew;
  renew.set_name("sessions/renewed");
  v1::KeepAliveResponse renewed;
  const auto clock_is_gone = [&] {
    EXPECT_EQ(kms.client.call(*kms.client.sessions, &SessionService::Stub::KeepAlive, renew, &renewed), "OK");
    return kms.client.get_session("sessions/clock") != "OK";
  };
  EXPECT_TRUE(eventually(clock_is_gone));

  EXPECT_EQ(kms.client.get_session("sessions/streamed"), "OK");
  EXPECT_EQ(kms.client.get_session("sessions/renewed"), "OK");
  EXPECT_GT(renewed.lease_expire_time().seconds(), time(nullptr) - 1);
}

// A client of the session "a", whose lease begins with the end of that client's stream.
std::unique_ptr<ChildProcess> subscriber(Running& kms) {
  EXPECT_EQ(kms.client.create_session("a", 3), "OK");
  EventReader meanwhile(kms.client, "sessions/a");
  meanwhile.wait_until_subscribed();
  const std::vector<std::string> command{KMS_EVENT_CLIENT, kms.server.grpc(), "sessions/a"};
  auto child = std::make_unique<ChildProcess>(command, "/dev/null");
  EXPECT_EQ(child->read_line(), "subscribed");
  return child;
}

bool has_ended(Running& kms) {
  return eventually([&] { return kms.client.get_session("sessions/a") == "NOT_FOUND/SESSION_NOT_FOUND"; });
}

// The client's process ends without a word; its stream ends with the connection, and then the lease.
TEST(Sessions, EndWithAClientThatWasKilled) {
  Running kms;
  const auto child = subscriber(kms);
  child->signal(SIGKILL);

  EXPECT_TRUE(has_ended(kms));
}

// The client's connection stays, but nobody is there: keepalive finds out. It asks the test's own client as
// well, which may be a while in answering.
TEST(Sessions, EndWithAClientThatNoLongerAnswers) {
  Running kms("keepalive: { time: 1s, timeout: 5s }");
  const auto child = subscriber(kms);
  child->signal(SIGSTOP);

  EXPECT_TRUE(has_ended(kms));
  child->signal(SIGCONT);
}

TEST(Sessions, SayWhatIsWrongWithARequest) {
  Running kms("limits: { sessions: 2 }");
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  EXPECT_EQ(kms.client.create_session("a"), "ALREADY_EXISTS/SESSION_EXISTS");
  EXPECT_EQ(kms.client.last.resource, "sessions/a");
  EXPECT_EQ(kms.client.create_session("A"), "INVALID_ARGUMENT/INVALID_ID");
  EXPECT_NE(kms.client.last.message.find("\"A\""), std::string::npos);
  EXPECT_EQ(kms.client.create_session("b", 0), "INVALID_ARGUMENT/INVALID_LEASE");
  v1::CreateSessionRequest request;
  request.set_display_name(std::string(257, 'x'));
  EXPECT_EQ(kms.client.create_session(request), "INVALID_ARGUMENT/INVALID_LABELS");
  EXPECT_EQ(kms.client.get_session("a"), "INVALID_ARGUMENT/INVALID_NAME");
  EXPECT_EQ(kms.client.get_session("sessions/b"), "NOT_FOUND/SESSION_NOT_FOUND");
  EXPECT_EQ(kms.client.delete_session("sessions/a/elements/b"), "INVALID_ARGUMENT/INVALID_NAME");
  EXPECT_EQ(kms.client.delete_session("sessions/b"), "NOT_FOUND/SESSION_NOT_FOUND");
  EXPECT_EQ(kms.client.create_session("b"), "OK");
  EXPECT_EQ(kms.client.create_session("c"), "RESOURCE_EXHAUSTED/SESSION_QUOTA");
  EXPECT_EQ(kms.client.last.metadata["quota"], "2");
}

TEST(Sessions, AreMadeOnlySoFast) {
  Running kms("limits: { creates_per_second: 1 }");
  const auto begin = std::chrono::steady_clock::now();
  constexpr char kTooFast[] = "RESOURCE_EXHAUSTED/CREATE_RATE_QUOTA";
  EXPECT_EQ(kms.client.create_session("a"), "OK");
  EXPECT_EQ(kms.client.create_pass_through("sessions/a", "x"), "OK");
  int made = 1;  // a test that is held up for a second may make another one
  EXPECT_TRUE(eventually([&] {
    const auto answer = kms.client.create_session("");
    made += answer == "OK" ? 1 : 0;
    return answer == kTooFast;
  }));
  EXPECT_LE(made, 1 + (std::chrono::steady_clock::now() - begin) / std::chrono::seconds(1));
  EXPECT_TRUE(eventually([&] { return kms.client.create_pass_through("sessions/a", "") == kTooFast; }));
  EXPECT_TRUE(eventually([&] { return kms.client.create_session("b") == "OK"; }));
}

}  // namespace
}  // namespace kms::test
