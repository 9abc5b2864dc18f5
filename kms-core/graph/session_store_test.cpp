// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/session_store.hpp"

#include <gtest/gtest.h>

#include <future>

#include "tests/support/rtc_plane.hpp"
#include "tests/support/waiting.hpp"

namespace kms::graph {
namespace {

using namespace std::chrono_literals;

// A store with its own threads; sessions without elements.
class SessionStoreTest : public testing::Test {
 protected:
  SessionStoreTest() {
    config_.limits.sessions = 3;
    config_.limits.creates_per_second = 1000;
  }
  void TearDown() override {
    if (!store_) return;
    std::promise<void> gone;
    store_->drain([&] { gone.set_value(); });
    ASSERT_EQ(gone.get_future().wait_for(20s), std::future_status::ready);
    loops_.flush();
  }

  SessionStore& store() {
    if (!store_) store_ = std::make_unique<SessionStore>(environment_);
    return *store_;
  }
  static v1::CreateSessionRequest named(const std::string& id) {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    return request;
  }
  std::string reason(const v1::CreateSessionRequest& request) {
    return reason_of(store().create(request).status());
  }
  std::string reason_for_lease(int64_t seconds, int32_t nanos) {
    v1::CreateSessionRequest request;
    request.mutable_lease()->set_seconds(seconds);
    request.mutable_lease()->set_nanos(nanos);
    return reason(request);
  }
  // Closes and waits until that is answered.
  Status close(const std::string& name) {
    std::promise<void> gone;
    auto status = store().close(name, "CLIENT_DELETED", [&](const Status&) { gone.set_value(); });
    if (status.ok()) gone.get_future().wait();
    return status;
  }

  Config config_;
  Catalog catalog_;
  LoopPool loops_{2};
  WorkerPool workers_{{.kept = 1, .most = 2}};
  const std::unique_ptr<rtc::Server> rtc_ = test::start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  std::unique_ptr<SessionStore> store_;
};

TEST_F(SessionStoreTest, OpensSessionsUnderTheIdAskedForOrAMadeOne) {
  const auto asked = store().create(named("mine"));
  const auto made = store().create({});

  EXPECT_EQ(asked->name(), "sessions/mine");
  EXPECT_EQ(asked->lease().seconds(), 30);
  EXPECT_GT(asked->create_time().seconds(), 0);
  EXPECT_EQ(store().names().size(), 2U);
  EXPECT_TRUE(made->name().starts_with("sessions/"));
  EXPECT_EQ(reason(named("mine")), "SESSION_EXISTS");
}

TEST_F(SessionStoreTest, RefusesWhatIsOutOfRange) {
  EXPECT_EQ(reason(named("Mine")), "INVALID_ID");
  EXPECT_EQ(reason_for_lease(0, 999'999'999), "INVALID_LEASE");
  EXPECT_EQ(reason_for_lease(-1, 0), "INVALID_LEASE");
  EXPECT_EQ(reason_for_lease(86400, 1), "INVALID_LEASE");
  EXPECT_EQ(reason_for_lease(1, -1), "INVALID_LEASE");
  EXPECT_EQ(reason_for_lease(INT64_MAX, 0), "INVALID_LEASE");
  auto request = named("a");
  request.set_display_name(std::string(257, 'x'));
  EXPECT_EQ(reason(request), "INVALID_LABELS");
  request = named("a");
  (*request.mutable_tags())[""] = "x";
  EXPECT_EQ(reason(request), "INVALID_LABELS");
  request = named("a");
  for (int i = 0; i < 65; ++i) (*request.mutable_tags())[std::to_string(i)] = "x";
  EXPECT_EQ(reason(request), "INVALID_LABELS");
  EXPECT_TRUE(store().names().empty());
}

TEST_F(SessionStoreTest, HasAQuotaThatASessionsEndFrees) {
  for (const auto* id : {"a", "b", "c"}) EXPECT_TRUE(store().create(named(id)).ok());
  const auto refused = store().create(named("d")).status();
  EXPECT_EQ(reason_of(refused), "SESSION_QUOTA");
  EXPECT_EQ(info_of(refused).metadata.at("quota"), "3");

  EXPECT_TRUE(close("sessions/a").ok());

  EXPECT_TRUE(store().create(named("d")).ok());
}

TEST_F(SessionStoreTest, LimitsTheRateOfCreates) {
  config_.limits.creates_per_second = 1;
  config_.limits.sessions = 1000;
  EXPECT_TRUE(store().create(named("a")).ok());
  EXPECT_TRUE(store().admit(1).ok());
  const auto both_are_refused = [&] {  // unless a second has passed meanwhile
    return reason({}) == "CREATE_RATE_QUOTA" && reason_of(store().admit(1)) == "CREATE_RATE_QUOTA";
  };
  EXPECT_TRUE(test::eventually(both_are_refused));
}

TEST_F(SessionStoreTest, RunsWorkOnTheSessionsLoop) {
  ASSERT_TRUE(store().create(named("a")).ok());
  for (const auto* name : {"sessions/a", "sessions/a/elements/x"}) {
    std::promise<bool> on_loop;
    ASSERT_TRUE(
        store()
            .with_session(name, [&](Session& session) { on_loop.set_value(session.loop().is_current()); })
            .ok());
    EXPECT_TRUE(on_loop.get_future().get());
  }
  const auto never = [](Session&) { FAIL(); };
  EXPECT_EQ(reason_of(store().with_session("sessions/b", never)), "SESSION_NOT_FOUND");
  EXPECT_EQ(reason_of(store().with_session("b", never)), "INVALID_NAME");
}

TEST_F(SessionStoreTest, FindsNothingForWorkOnceASessionIsClosing) {
  ASSERT_TRUE(store().create(named("a")).ok());
  auto session = *store().find("sessions/a");
  std::promise<void> release;
  session->loop().post([&] { release.get_future().wait(); });
  std::promise<void> first;
  std::promise<void> second;

  EXPECT_TRUE(store().close("sessions/a", "X", [&](const Status&) { first.set_value(); }).ok());

  EXPECT_EQ(reason_of(store().with_session("sessions/a", [](Session&) { FAIL(); })), "SESSION_NOT_FOUND");
  EXPECT_EQ(reason_of(store().keep_alive("sessions/a").status()), "SESSION_NOT_FOUND");
  EXPECT_EQ(reason_of(store().hold("sessions/a").status()), "SESSION_NOT_FOUND");
  EXPECT_TRUE(store().find("sessions/a").ok());
  EXPECT_TRUE(store().close("sessions/a", "Y", [&](const Status&) { second.set_value(); }).ok());
  release.set_value();
  EXPECT_EQ(first.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(second.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(reason_of(store().find("sessions/a").status()), "SESSION_NOT_FOUND");
}

TEST_F(SessionStoreTest, ALapsedLeaseClosesTheSessionAndSaysSo) {
  auto request = named("a");
  request.mutable_lease()->set_seconds(2);
  ASSERT_TRUE(store().create(request).ok());
  auto session = *store().find("sessions/a");
  std::promise<void> woken;
  std::once_flag first;  // the event wakes, and so does the end of the log behind it
  auto reader = *session->events().subscribe(0, [&] { std::call_once(first, [&] { woken.set_value(); }); });
  ASSERT_FALSE(reader->next().event);

  ASSERT_EQ(woken.get_future().wait_for(20s), std::future_status::ready);

  const auto last = reader->next();
  ASSERT_TRUE(last.event);
  EXPECT_EQ(last.event->session_closed().reason(), "LEASE_EXPIRED");
}

TEST_F(SessionStoreTest, DrainingClosesAllAndOpensNoMore) {
  ASSERT_TRUE(store().create(named("a")).ok());
  ASSERT_TRUE(store().create(named("b")).ok());
  std::promise<void> gone;

  store().drain([&] { gone.set_value(); });

  EXPECT_EQ(reason(named("c")), "DRAINING");
  ASSERT_EQ(gone.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_TRUE(store().names().empty());
  EXPECT_TRUE(store().draining());
}

TEST_F(SessionStoreTest, ForgetsTheRequestIdsOfASessionThatEnded) {
  const RequestLog::Key key{"sessions/a", "CreateElement", "1"};
  const auto never = [](const RequestLog::Answer&) { FAIL(); };
  ASSERT_TRUE(store().create(named("a")).ok());
  ASSERT_TRUE(*store().requests().begin(key, "body", never));
  store().requests().finish(key, std::string("made"));

  ASSERT_TRUE(close("sessions/a").ok());

  EXPECT_TRUE(*store().requests().begin(key, "body", never));
}

}  // namespace
}  // namespace kms::graph
