// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/command.hpp"

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>

#include "kms-core/rpc/server.hpp"
#include "kms/pass_through/v1/pass_through.pb.h"
#include "kms/player/v1/player.grpc.pb.h"
#include "kms/v1/element.grpc.pb.h"
#include "kms/v1/error.pb.h"
#include "tests/support/rtc_plane.hpp"
#include "tests/support/waiting.hpp"

namespace kms::rpc {
namespace {

using namespace std::chrono_literals;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

// An element whose answers the test gives.
class FakePlayer : public graph::Element {
 public:
  explicit FakePlayer(graph::ElementHost& element_host) : Element(element_host) {}
  ~FakePlayer() override { instance = nullptr; }
  std::deque<Done> waiting;
  int pauses = 0;
  static inline std::atomic<FakePlayer*> instance = nullptr;
};

class OtherElement : public graph::Element {
 public:
  explicit OtherElement(graph::ElementHost& element_host) : Element(element_host) {}
};

// One command in each of the forms.
class FakePlayerService final : public player::v1::PlayerService::CallbackService {
 public:
  explicit FakePlayerService(Context& context) : context_(context) {}

  ServerUnaryReactor* Play(CallbackServerContext* call, const player::v1::PlayRequest* request,
                           player::v1::PlayResponse* response) override {
    return command<FakePlayer>(context_, Incoming(call, request, response),
                               [](FakePlayer& player, const auto&, Reply<player::v1::PlayResponse> reply) {
                                 player.waiting.push_back(when_done(std::move(reply)));
                               });
  }
  ServerUnaryReactor* Pause(CallbackServerContext* call, const player::v1::PauseRequest* request,
                            player::v1::PauseResponse* response) override {
    return command<FakePlayer>(
        context_, Incoming(call, request, response), [](FakePlayer& player, const auto&) {
          return ++player.pauses < 100 ? ok() : error(StatusCode::kInternal, "TOO_MANY", "x");
        });
  }
  ServerUnaryReactor* GetPosition(CallbackServerContext* call, const player::v1::GetPositionRequest* request,
                                  player::v1::GetPositionResponse* response) override {
    return command<FakePlayer>(
        context_, Incoming(call, request, response),
        [](FakePlayer& player, const auto&) -> Result<player::v1::GetPositionResponse> {
          player::v1::GetPositionResponse position;
          position.mutable_position()->set_seconds(player.pauses);
          return position;
        });
  }

 private:
  Context& context_;
};

template <typename Made>
Result<std::unique_ptr<graph::Element>> make(graph::ElementHost& host) {
  auto made = std::make_unique<Made>(host);
  if constexpr (std::is_same_v<Made, FakePlayer>) FakePlayer::instance = made.get();
  return made;
}

graph::Catalog test_catalog() {
  graph::Catalog catalog;
  catalog.add(graph::define<player::v1::PlayerOptions>(
      {.title = "Fake", .summary = "", .ports = {}},
      +[](graph::ElementHost& host, const player::v1::PlayerOptions&) { return make<FakePlayer>(host); }));
  catalog.add(graph::define<pass_through::v1::PassThroughOptions>(
      {.title = "Other", .summary = "", .ports = {}},
      +[](graph::ElementHost& host, const pass_through::v1::PassThroughOptions&) {
        return make<OtherElement>(host);
      }));
  return catalog;
}

std::string reason_of_call(const grpc::Status& status) {
  v1::RpcStatus details;
  v1::ErrorDetail detail;
  details.ParseFromString(status.error_details());
  if (details.details_size() == 1) details.details(0).UnpackTo(&detail);
  return detail.reason();
}

class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    config_.grpc_listen = "127.0.0.1:0";
    std::vector<ServicePtr> services;
    services.push_back(std::make_unique<FakePlayerService>(context_));
    server_ = *Server::start(config_, context_, std::move(services));
    channel_ = grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials());
    player_ = player::v1::PlayerService::NewStub(channel_);
    v1::CreateSessionRequest request;
    request.set_session_id("s");
    EXPECT_TRUE(store_.create(request).ok());
    create<player::v1::PlayerOptions>("p");
    create<pass_through::v1::PassThroughOptions>("o");
  }
  ~CommandTest() override {
    std::promise<void> gone;
    store_.drain([&] { gone.set_value(); });
    gone.get_future().wait();
    server_.reset();
    loops_.flush();
  }
  template <typename Options>
  void create(const std::string& id) {
    run([&](graph::Session& session) {
      v1::ElementSpec spec;
      spec.set_element_id(id);
      spec.mutable_options()->PackFrom(Options());
      EXPECT_TRUE(session.create_element(spec).ok());
    });
  }
  // Runs on the session's loop and waits.
  void run(const std::function<void(graph::Session&)>& work) {
    std::promise<void> finished;
    ASSERT_TRUE(store_
                    .with_session("sessions/s",
                                  [&](graph::Session& session) {
                                    work(session);
                                    finished.set_value();
                                  })
                    .ok());
    finished.get_future().wait();
  }
  std::string pause(const std::string& name) {
    grpc::ClientContext call;
    player::v1::PauseRequest request;
    request.set_name(name);
    player::v1::PauseResponse response;
    const auto status = player_->Pause(&call, request, &response);
    return status.ok() ? "OK" : reason_of_call(status);
  }
  // A Play call under way on a thread of its own.
  std::future<grpc::Status> play(grpc::ClientContext& call) {
    return std::async(std::launch::async, [this, &call] {
      player::v1::PlayRequest request;
      request.set_name("sessions/s/elements/p");
      player::v1::PlayResponse response;
      return player_->Play(&call, request, &response);
    });
  }
  size_t waiting() {
    size_t count = 0;
    run([&](graph::Session&) { count = FakePlayer::instance.load()->waiting.size(); });
    return count;
  }
  void give_up_while_the_loop_stands() {
    std::promise<void> release;
    auto released = release.get_future().share();
    auto& loop = (*store_.find("sessions/s"))->loop();
    loop.post([released] { released.wait(); });
    grpc::ClientContext cancelled;
    grpc::ClientContext late;
    late.set_deadline(std::chrono::system_clock::now() + 50ms);
    auto first = play(cancelled);
    auto second = play(late);
    EXPECT_EQ(second.get().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
    cancelled.TryCancel();
    EXPECT_EQ(first.get().error_code(), grpc::StatusCode::CANCELLED);

    // Both calls have reached the server once a later one on the same channel is answered by it.
    for (int trip = 0; trip < 200; ++trip) {
      grpc::ClientContext after;
      v1::ListElementKindsResponse kinds;
      EXPECT_TRUE(v1::ElementService::NewStub(channel_)->ListElementKinds(&after, {}, &kinds).ok());
    }
    release.set_value();
  }
  void wait_for_calls(size_t count) {
    EXPECT_TRUE(test::eventually([&] { return waiting() >= count; }));
  }

  Config config_;
  graph::Catalog catalog_ = test_catalog();
  LoopPool loops_{1};
  WorkerPool workers_{{.kept = 1, .most = 2}};
  const std::unique_ptr<rtc::Server> rtc_ = test::start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  graph::SessionStore store_{environment_};
  Context context_{store_, catalog_};
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<player::v1::PlayerService::Stub> player_;
};

TEST_F(CommandTest, FindsTheElementAndAnswersInEachForm) {
  EXPECT_EQ(pause("sessions/s/elements/p"), "OK");

  grpc::ClientContext call;
  player::v1::GetPositionRequest request;
  request.set_name("sessions/s/elements/p");
  player::v1::GetPositionResponse response;
  EXPECT_TRUE(player_->GetPosition(&call, request, &response).ok());
  EXPECT_EQ(response.position().seconds(), 1);

  grpc::ClientContext play_call;
  auto played = play(play_call);
  wait_for_calls(1);
  run([](graph::Session&) { FakePlayer::instance.load()->waiting.front()(ok()); });
  EXPECT_TRUE(played.get().ok());
}

TEST_F(CommandTest, SaysWhyThereIsNoSuchElement) {
  EXPECT_EQ(pause("sessions/s/elements/none"), "ELEMENT_NOT_FOUND");
  EXPECT_EQ(pause("sessions/none/elements/p"), "SESSION_NOT_FOUND");
  EXPECT_EQ(pause("sessions/s/elements/o"), "WRONG_KIND");
  EXPECT_EQ(pause("sessions/s"), "INVALID_NAME");
  EXPECT_EQ(pause(""), "INVALID_NAME");
}

TEST_F(CommandTest, ACallWhoseElementGoesIsAnswered) {
  grpc::ClientContext call;
  auto played = play(call);
  wait_for_calls(1);

  run([](graph::Session& session) { session.delete_element("sessions/s/elements/p", [](const Status&) {}); });

  EXPECT_EQ(reason_of_call(played.get()), "CALL_DROPPED");
}

// The loop is held up; what its callers gave up meanwhile is not begun. That they did, the server hears on
// threads of its own, which a busy machine may keep from it for a while.
TEST_F(CommandTest, WorkNotYetBegunIsDroppedWhenNobodyWaitsAnyMore) {
  constexpr int kTries = 5;
  size_t begun = 1;
  for (int i = 0; i < kTries && begun > 0; ++i) {
    give_up_while_the_loop_stands();
    begun = waiting();
    run([](graph::Session&) { FakePlayer::instance.load()->waiting.clear(); });
  }
  EXPECT_EQ(begun, 0U);
}

TEST_F(CommandTest, ACallThatIsCancelledInTheMiddleDoesNoHarm) {
  grpc::ClientContext call;
  auto played = play(call);
  wait_for_calls(1);
  call.TryCancel();
  EXPECT_EQ(played.get().error_code(), grpc::StatusCode::CANCELLED);

  run([](graph::Session&) { FakePlayer::instance.load()->waiting.front()(ok()); });

  EXPECT_EQ(pause("sessions/s/elements/p"), "OK");
}

}  // namespace
}  // namespace kms::rpc
