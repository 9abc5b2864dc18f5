// SPDX-License-Identifier: Apache-2.0
#include <future>

#include "kms/pass_through/v1/pass_through.pb.h"
#include "tests/integration/fixture.hpp"

namespace kms::test {
namespace {

v1::CreateElementRequest pass_through(const std::string& request_id, const std::string& display_name = {}) {
  v1::CreateElementRequest request;
  request.set_parent("sessions/a");
  request.mutable_element()->mutable_options()->PackFrom(pass_through::v1::PassThroughOptions());
  request.mutable_element()->set_display_name(display_name);
  request.set_request_id(request_id);
  return request;
}

int elements(RpcClient& client) {
  v1::ListElementsRequest list;
  list.set_parent("sessions/a");
  v1::ListElementsResponse listed;
  EXPECT_EQ(client.call(*client.elements, &v1::ElementService::Stub::ListElements, list, &listed), "OK");
  return listed.elements_size();
}

TEST(Calls, CreateOnceHoweverOftenTheyAreRepeated) {
  Running kms;
  v1::CreateSessionRequest open;
  open.set_request_id("one");
  v1::Session first;
  v1::Session second;
  ASSERT_EQ(kms.client.create_session(open, &first), "OK");
  ASSERT_EQ(kms.client.create_session(open, &second), "OK");
  EXPECT_EQ(first.name(), second.name());
  open.set_display_name("other");
  EXPECT_EQ(kms.client.create_session(open), "INVALID_ARGUMENT/REQUEST_ID_REUSED");
  open.set_request_id(std::string(65, 'x'));
  EXPECT_EQ(kms.client.create_session(open), "INVALID_ARGUMENT/REQUEST_ID_TOO_LONG");

  ASSERT_EQ(kms.client.create_session("a"), "OK");
  v1::Element made;
  v1::Element again;
  ASSERT_EQ(kms.client.create_element(pass_through("one"), &made), "OK");
  ASSERT_EQ(kms.client.create_element(pass_through("one"), &again), "OK");
  EXPECT_EQ(made.name(), again.name());
  EXPECT_EQ(kms.client.create_element(pass_through("one", "x")), "INVALID_ARGUMENT/REQUEST_ID_REUSED");
  ASSERT_EQ(kms.client.create_element(pass_through("two")), "OK");
  EXPECT_EQ(elements(kms.client), 2);
}

TEST(Calls, ApplyAGraphOnceHoweverOftenTheyAreRepeated) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  v1::ApplyGraphRequest request;
  request.set_parent("sessions/a");
  request.set_request_id("graph");
  *request.add_elements() = pass_through("").element();
  v1::ApplyGraphResponse first;
  v1::ApplyGraphResponse second;
  ASSERT_EQ(kms.client.apply(request, &first), "OK");
  ASSERT_EQ(kms.client.apply(request, &second), "OK");
  EXPECT_EQ(first.elements(0).name(), second.elements(0).name());
  EXPECT_EQ(elements(kms.client), 1);
}

TEST(Calls, ForgetTheirIdsWithTheSessionAndAfterAFailure) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  v1::CreateElementRequest wrong = pass_through("one");
  wrong.mutable_element()->clear_options();
  ASSERT_EQ(kms.client.create_element(wrong), "INVALID_ARGUMENT/EMPTY_OPTIONS");
  ASSERT_EQ(kms.client.create_element(pass_through("one")), "OK");

  ASSERT_EQ(kms.client.delete_session("sessions/a"), "OK");
  ASSERT_EQ(kms.client.create_session("a"), "OK");

  ASSERT_EQ(kms.client.create_element(pass_through("one")), "OK");
  EXPECT_EQ(elements(kms.client), 1);
}

TEST(Calls, OfManyClientsAtOnceCreateOnce) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  std::vector<std::future<std::string>> names;
  for (int i = 0; i < 8; ++i) {
    names.push_back(std::async(std::launch::async, [&kms] {
      RpcClient client(kms.server.grpc());
      v1::Element made;
      EXPECT_EQ(client.create_element(pass_through("same"), &made), "OK");
      return made.name();
    }));
  }
  const auto first = names[0].get();
  for (size_t i = 1; i < names.size(); ++i) EXPECT_EQ(names[i].get(), first);
  EXPECT_EQ(elements(kms.client), 1);
}

TEST(Calls, ThatAreTooLargeAreRefusedAndTheServerGoesOn) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  auto request = pass_through("", std::string(10'000'000, 'x'));
  EXPECT_EQ(kms.client.create_element(request), "RESOURCE_EXHAUSTED");
  EXPECT_EQ(kms.client.create_element(pass_through("")), "OK");
}

TEST(Calls, WhoseDeadlineHasPassedOrThatAreCancelledEndAndHarmNobody) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  v1::CreateElementResponse response;
  grpc::ClientContext late;
  late.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  EXPECT_EQ(to_text(kms.client.elements->CreateElement(&late, pass_through(""), &response)),
            "DEADLINE_EXCEEDED");
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext cancelled;
    auto call = std::async(std::launch::async, [&] {
      v1::CreateElementResponse unused;
      return kms.client.elements->CreateElement(&cancelled, pass_through(""), &unused);
    });
    cancelled.TryCancel();
    const auto status = call.get();
    EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::CANCELLED) << to_text(status);
  }
  EXPECT_EQ(kms.client.create_element(pass_through("")), "OK");
}

TEST(Calls, WithTextThatIsNoTextAreAnsweredWithTextThatIs) {
  Running kms;
  EXPECT_EQ(kms.client.get_session("sessions/" + std::string(100'000, 'x')), "INVALID_ARGUMENT/INVALID_NAME");
  EXPECT_EQ(kms.client.get_session("sessions/\n\"\\\x01"), "INVALID_ARGUMENT/INVALID_NAME");
  EXPECT_EQ(kms.client.create_session("a"), "OK");
}

}  // namespace
}  // namespace kms::test
