// SPDX-License-Identifier: Apache-2.0
#include "kms/pass_through/v1/pass_through.pb.h"
#include "tests/integration/fixture.hpp"

namespace kms::test {
namespace {

// A session "a", and a way to make its events.
struct Session : Running {
  explicit Session(const std::string& config = {}) : Running(config) {
    EXPECT_EQ(client.create_session("a"), "OK");
  }
  void make_events(int count) {
    for (int i = 0; i < count; ++i) ASSERT_EQ(client.create_pass_through("sessions/a", ""), "OK");
  }
  // Many at once.
  void make_graph(int elements) {
    v1::ApplyGraphRequest request;
    request.set_parent("sessions/a");
    for (int i = 0; i < elements; ++i) {
      request.add_elements()->mutable_options()->PackFrom(pass_through::v1::PassThroughOptions());
    }
    v1::ApplyGraphResponse response;
    ASSERT_EQ(client.apply(request, &response), "OK");
  }
};

std::vector<uint64_t> sequences(const std::vector<v1::Event>& events) {
  std::vector<uint64_t> numbers;
  for (const auto& event : events) numbers.push_back(event.sequence());
  return numbers;
}
using Sequences = std::vector<uint64_t>;

TEST(Events, TellTheStoryOfASessionUntilItsEnd) {
  Session kms;
  EventReader reader(kms.client, "sessions/a");
  reader.wait_until_subscribed();
  ASSERT_EQ(kms.client.create_pass_through("sessions/a", "x"), "OK");
  ASSERT_EQ(kms.client.create_pass_through("sessions/a", "y"), "OK");
  ASSERT_EQ(kms.client.connect("sessions/a", "x", "y"), "OK");
  ASSERT_EQ(kms.client.delete_element("sessions/a/elements/x"), "OK");
  ASSERT_EQ(kms.client.delete_session("sessions/a"), "OK");

  const auto events = reader.rest();

  EXPECT_EQ(reader.end(), "OK");
  ASSERT_EQ(events.size(), 9U);
  EXPECT_EQ(events[0].element_created().kind(), "kms.pass_through.v1.PassThroughOptions");
  EXPECT_EQ(events[0].source(), "sessions/a/elements/x");
  EXPECT_TRUE(events[2].has_link_connected());
  EXPECT_TRUE(events[3].has_link_connected());
  EXPECT_EQ(events[4].link_disconnected().reason(), "ELEMENT_DELETED");
  EXPECT_TRUE(events[6].has_element_deleted());
  EXPECT_EQ(events.back().session_closed().reason(), "CLIENT_DELETED");
  EXPECT_EQ(sequences(events), (Sequences{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(Events, AreResumedAfterTheLastOneSeen) {
  Session kms("limits: { event_ring: 3 }");
  kms.make_events(5);
  ASSERT_EQ(kms.client.create_session("other"), "OK");
  v1::Event event;
  {
    EventReader all(kms.client, "sessions/a");
    ASSERT_TRUE(all.next(event));
    EXPECT_EQ(event.sequence(), 3U);
  }
  EventReader resumed(kms.client, "sessions/a", 4);
  ASSERT_TRUE(resumed.next(event));
  EXPECT_EQ(event.sequence(), 5U);
  kms.make_events(1);
  ASSERT_TRUE(resumed.next(event));
  EXPECT_EQ(event.sequence(), 6U);

  EventReader lost(kms.client, "sessions/a", 1);
  EXPECT_FALSE(lost.next(event));
  EXPECT_EQ(lost.end(), "OUT_OF_RANGE/EVENTS_LOST");
  EventReader ahead(kms.client, "sessions/a", 100);
  EXPECT_EQ(ahead.end(), "OUT_OF_RANGE/NO_SUCH_EVENT");
  EventReader nowhere(kms.client, "sessions/b");
  EXPECT_EQ(nowhere.end(), "NOT_FOUND/SESSION_NOT_FOUND");
  EventReader unnamed(kms.client, "b");
  EXPECT_EQ(unnamed.end(), "INVALID_ARGUMENT/INVALID_NAME");
}

TEST(Events, HaveAQuotaOfStreamsThatAGoneReaderFrees) {
  Session kms("limits: { subscribers_per_session: 1 }");
  {
    EventReader first(kms.client, "sessions/a");
    first.wait_until_subscribed();
    EventReader second(kms.client, "sessions/a");
    EXPECT_EQ(second.end(), "RESOURCE_EXHAUSTED/SUBSCRIBER_QUOTA");
  }
  kms.make_events(1);
  v1::Event event;
  EXPECT_TRUE(eventually([&] { return EventReader(kms.client, "sessions/a").next(event); }));
}

// gRPC's own buffers take some hundred events; then the server's queue is full. Nobody else notices, and
// nothing is lost: what was not read is still in the ring.
TEST(Events, EndAReaderThatIsTooSlow) {
  constexpr int kBatches = 30;
  constexpr int kBatch = 200;
  Session kms(
      "limits: { event_ring: 100000, subscriber_queue: 200, elements_per_session: 100000, "
      "creates_per_second: 100000 }");
  RpcClient lazy_client(kms.server.grpc(), 10'000);
  EventReader lazy(lazy_client, "sessions/a");
  lazy.wait_until_subscribed();
  EventReader keen(kms.client, "sessions/a");
  uint64_t seen = 0;
  v1::Event event;
  for (int batch = 0; batch < kBatches; ++batch) {
    kms.make_graph(kBatch);
    for (int i = 0; i < kBatch && keen.next(event); ++i) ASSERT_EQ(event.sequence(), ++seen);
  }
  ASSERT_EQ(seen, static_cast<uint64_t>(kBatches * kBatch));

  const auto read = sequences(lazy.rest());

  EXPECT_EQ(lazy.end(), "RESOURCE_EXHAUSTED/SUBSCRIBER_TOO_SLOW");
  ASSERT_FALSE(read.empty());
  EXPECT_LT(read.back(), seen);
  EventReader again(lazy_client, "sessions/a", read.back());
  for (auto sequence = read.back(); sequence < seen;) {
    ASSERT_TRUE(again.next(event));
    ASSERT_EQ(event.sequence(), ++sequence);
  }
}

// Seconds of a lease that ends soon, but not before the reader is there, and not before all is made that it
// does not read.
constexpr int kShort = 3;

// Long names, so that a few hundred events are more than the connection takes unread.
v1::ApplyGraphRequest chain(const std::string& session, char letter) {
  constexpr int kElements = 100;
  v1::ApplyGraphRequest request;
  request.set_parent(session);
  const auto id = [letter](int i) { return std::string(60, letter) + std::to_string(i); };
  for (int i = 0; i < kElements; ++i) {
    auto* element = request.add_elements();
    element->set_element_id(id(i));
    element->mutable_options()->PackFrom(pass_through::v1::PassThroughOptions());
    if (i == 0) continue;
    auto* link = request.add_links();
    link->set_source(id(i - 1));
    link->set_sink(id(i));
  }
  return request;
}

// Neither a reader that has been ended nor one that just does not read keeps a session alive. Both are cut
// off in the middle of a message.
TEST(Events, ThatNobodyReadsHoldNoLease) {
  for (const auto* queue : {"300", "100000"}) {
    Running kms(std::string("limits: { subscriber_grace: 1ms, subscriber_queue: ") + queue + " }");
    RpcClient lazy_client(kms.server.grpc(), 10'000);
    const auto session = "sessions/" + std::string(60, 's');
    ASSERT_EQ(kms.client.create_session(std::string(60, 's'), kShort), "OK");
    EventReader lazy(lazy_client, session);
    lazy.wait_until_subscribed();
    v1::ApplyGraphResponse response;
    ASSERT_EQ(kms.client.apply(chain(session, 'a'), &response), "OK");
    ASSERT_EQ(kms.client.apply(chain(session, 'b'), &response), "OK");

    EXPECT_TRUE(eventually([&] { return kms.server.log().find("LEASE_EXPIRED") != std::string::npos; }));

    lazy.rest();
    const auto end = lazy.outcome();
    EXPECT_EQ(to_text(end), "RESOURCE_EXHAUSTED");
    EXPECT_TRUE(end.message.starts_with("SUBSCRIBER_TOO_SLOW")) << end.message;
  }
}

// It comes back within the grace: nothing is lost, and it reads how the session ended.
TEST(Events, TellAReaderThatRestedForTooLongThatTheLeaseIsOver) {
  Running kms("limits: { subscriber_queue: 100000 }");
  RpcClient lazy_client(kms.server.grpc(), 10'000);
  const auto session = "sessions/" + std::string(60, 's');
  ASSERT_EQ(kms.client.create_session(std::string(60, 's'), kShort), "OK");
  EventReader lazy(lazy_client, session);
  lazy.wait_until_subscribed();
  v1::ApplyGraphResponse response;
  ASSERT_EQ(kms.client.apply(chain(session, 'a'), &response), "OK");
  ASSERT_EQ(kms.client.apply(chain(session, 'b'), &response), "OK");
  ASSERT_TRUE(eventually([&] { return kms.client.get_session(session) == "NOT_FOUND/SESSION_NOT_FOUND"; }));

  const auto events = lazy.rest();

  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().session_closed().reason(), "LEASE_EXPIRED");
  EXPECT_EQ(events.back().sequence(), events.size()) << "none is missing";
  EXPECT_EQ(lazy.end(), "OK");
}

TEST(Events, OfOneSessionAreNotAnothers) {
  Session kms;
  ASSERT_EQ(kms.client.create_session("b"), "OK");
  ASSERT_EQ(kms.client.create_pass_through("sessions/b", "x"), "OK");
  kms.make_events(1);
  EventReader reader(kms.client, "sessions/b");
  reader.wait_until_subscribed();
  ASSERT_EQ(kms.client.delete_session("sessions/b"), "OK");
  const auto events = reader.rest();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].source(), "sessions/b/elements/x");
}

}  // namespace
}  // namespace kms::test
