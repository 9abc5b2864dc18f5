// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/event_stream.hpp"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "kms-core/rpc/server.hpp"
#include "kms/v1/session.grpc.pb.h"
#include "tests/support/rtc_plane.hpp"
#include "tests/support/waiting.hpp"

namespace kms::rpc {
namespace {

// A session without elements, whose events the test makes, behind a server in this process.
class EventStreamTest : public testing::Test {
 protected:
  EventStreamTest() {
    config_.grpc_listen = "127.0.0.1:0";
    config_.limits.event_ring = 100000;
    config_.limits.subscriber_queue = 100000;
    server_ = *Server::start(config_, context_, {});
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    stub_ = v1::SessionService::NewStub(channel_);
    v1::CreateSessionRequest request;
    request.set_session_id("s");
    EXPECT_TRUE(store_.create(request).ok());
    session_ = *store_.find("sessions/s");
  }
  ~EventStreamTest() override {
    session_.reset();
    drain();
    server_.reset();
    loops_.flush();
  }
  void drain() {
    std::promise<void> gone;
    store_.drain([&] { gone.set_value(); });
    gone.get_future().wait();
  }
  void append(int count) {
    for (int i = 0; i < count; ++i) session_->events().append(v1::Event());
  }
  std::unique_ptr<grpc::ClientReader<v1::Event>> subscribe(grpc::ClientContext& call) {
    v1::SubscribeEventsRequest request;
    request.set_name("sessions/s");
    auto reader = stub_->SubscribeEvents(&call, request);
    reader->WaitForInitialMetadata();
    return reader;
  }
  bool no_subscribers() {
    return test::eventually([&] { return session_->events().subscribers() == 0; });
  }

  Config config_;
  graph::Catalog catalog_;
  LoopPool loops_{1};
  WorkerPool workers_{{.kept = 1, .most = 2}};
  const std::unique_ptr<rtc::Server> rtc_ = test::start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  graph::SessionStore store_{environment_};
  Context context_{store_, catalog_};
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::SessionService::Stub> stub_;
  std::shared_ptr<graph::Session> session_;
};

TEST_F(EventStreamTest, LosesNothingWhileWriterAndReaderRun) {
  constexpr int kEvents = 5000;
  grpc::ClientContext call;
  auto reader = subscribe(call);
  std::thread writer([&] { append(kEvents); });
  v1::Event event;
  for (uint64_t sequence = 1; sequence <= kEvents; ++sequence) {
    ASSERT_TRUE(reader->Read(&event));
    ASSERT_EQ(event.sequence(), sequence);
  }
  writer.join();
  drain();
  ASSERT_TRUE(reader->Read(&event));
  EXPECT_EQ(event.session_closed().reason(), "SERVER_DRAINING");
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(EventStreamTest, EndsWithItsClientWhateverIsUnderWay) {
  for (int i = 0; i < 30; ++i) {
    grpc::ClientContext call;
    auto reader = subscribe(call);
    std::thread writer([&] { append(200); });
    v1::Event event;
    for (int read = 0; read < i; ++read) ASSERT_TRUE(reader->Read(&event));
    call.TryCancel();
    writer.join();
    while (reader->Read(&event)) continue;
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_TRUE(no_subscribers());
}

}  // namespace
}  // namespace kms::rpc
