// SPDX-License-Identifier: Apache-2.0
// Clients of a WHIP and WHEP server that come and go, in whatever state they are: nothing may be left of
// them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>

#include "elements/webrtc_client/client.hpp"
#include "kms-core/graph/declare_all.hpp"
#include "kms-core/graph/session_store.hpp"
#include "kms-core/http/whip_door.hpp"
#include "tests/conformance/live_objects.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/rtc_plane.hpp"
#include "tests/support/test_elements.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using webrtc_client::HasClient;
using webrtc_client::v1::State;

// How many publishers and viewers come and go; KMS_CLIENT_CYCLES asks for more of them.
int visits() {
  const char* given = std::getenv("KMS_CLIENT_CYCLES");
  return given == nullptr ? 24 : std::atoi(given);
}
constexpr int kWarmUp = 6;  // each way to end, twice
constexpr uint64_t kSomeFrames = 3;

constexpr char kCamera[] =
    "video:VP8 videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1 ! vp8enc deadline=1 "
    "keyframe-max-dist=15";

// A server that a session's clients publish to and watch, in one process with them.
class Studio {
  // What a session's loop gives.
  template <typename Work>
  auto in(const std::string& session, Work work) {
    std::promise<std::invoke_result_t<Work, graph::Session&>> answer;
    EXPECT_TRUE(store_.with_session(session, [&](graph::Session& s) { answer.set_value(work(s)); }).ok());
    return answer.get_future().get();
  }
  template <typename Work>
  auto in_studio(Work work) {
    return in("sessions/studio", std::move(work));
  }

 public:
  Studio() {
    graph::declare_all(catalog_);
    declare_test_elements(catalog_);
    http::add_whip(*http_, store_, workers_, {.rooms = {.max_connecting = 100, .whep_waits = true}});
    for (const auto* id : {"studio", "hall"}) {
      v1::CreateSessionRequest request;
      request.set_session_id(id);
      EXPECT_TRUE(store_.create(request).ok());
      holds_.push_back(*store_.hold(std::string("sessions/") + id));
    }
    v1::ApplyGraphRequest request;
    *request.add_elements() = source("camera", kCamera);
    *request.add_elements() = sink("eye", "video:VP8");
    EXPECT_TRUE(in_studio([&](graph::Session& s) { return s.apply(request).status(); }).ok());
  }
  ~Studio() {
    http_.reset();
    std::promise<void> gone;
    store_.drain([&] { gone.set_value(); });
    gone.get_future().wait();
    loops_.flush();
  }
  Studio(const Studio&) = delete;
  Studio& operator=(const Studio&) = delete;

  // A publisher and a viewer, who are let go at once, or when they are connected, or when media flows.
  void visit() {
    const int way = ++visits_ % 3;
    const auto frames = frames_at_eye();
    v1::ApplyGraphRequest request;
    *request.add_elements() = client<webrtc_client::v1::WhipClientOptions>("publisher", "/whip/hall");
    *request.add_elements() = client<webrtc_client::v1::WhepClientOptions>("viewer", "/whep/hall");
    add_link(request, "camera", "publisher");
    add_link(request, "viewer", "eye");
    const auto made = in_studio([&](graph::Session& s) { return s.apply(request).status(); });
    ASSERT_TRUE(made.ok()) << made;
    if (way > 0) {
      for (const auto* id : {"publisher", "viewer"})
        EXPECT_TRUE(eventually([&] { return state_of(id) == webrtc_client::v1::STATE_CONNECTED; })) << id;
    }
    if (way > 1) {
      EXPECT_TRUE(eventually([&] { return frames_at_eye() >= frames + kSomeFrames; }));
    }
    for (const auto* id : {"publisher", "viewer"}) EXPECT_TRUE(remove(id).ok());
  }

  // Nobody is in the room any more, no bridge or transcoder works for anybody, and workers that were needed
  // at once for a while have ended.
  bool is_calm() {
    const auto elements = [](const graph::Session& s) { return s.list_elements().size(); };
    return in("sessions/hall", elements) <= 1 && in("sessions/studio", elements) == 2 &&
           workers_.threads() == kWorkers.kept;
  }

 private:
  template <typename Options>
  v1::ElementSpec client(const std::string& id, const std::string& path) {
    Options options;
    options.set_uri("http://" + http_->address() + path);
    options.set_autostart(true);
    options.add_codecs("VP8");
    options.mutable_connection()->mutable_reconnect()->mutable_initial()->set_nanos(50'000'000);
    v1::ElementSpec spec;
    spec.set_element_id(id);
    spec.mutable_options()->PackFrom(options);
    return spec;
  }
  static void add_link(v1::ApplyGraphRequest& request, const std::string& source, const std::string& sink) {
    auto& link = *request.add_links();
    link.set_source(source);
    link.set_sink(sink);
    link.set_kind(v1::MEDIA_KIND_VIDEO);
  }

  State state_of(const std::string& id) {
    return in_studio([&](const graph::Session& s) {
      const auto client = s.find<HasClient>(s.name() + "/elements/" + id);
      return client.ok() ? (*client)->client().state() : webrtc_client::v1::STATE_UNSPECIFIED;
    });
  }
  uint64_t frames_at_eye() {
    const auto stats = in_studio([](graph::Session& s) { return *s.stats(s.name()); });
    uint64_t frames = 0;
    for (const auto& link : stats.links()) {
      if (link.link().sink().ends_with("/eye")) frames += link.frames();
    }
    return frames;
  }
  Status remove(const std::string& id) {
    std::promise<Status> gone;
    const auto asked = store_.with_session("sessions/studio", [&](graph::Session& s) {
      s.delete_element(s.name() + "/elements/" + id, [&](const Status& status) { gone.set_value(status); });
    });
    return asked.ok() ? gone.get_future().get() : asked;
  }

  static Config config() {
    Config out;
    out.network.allow = {"127.0.0.0/8"};
    out.limits.creates_per_second = 1'000'000;
    return out;
  }
  static std::unique_ptr<http::HttpServer> start_http() {
    // libsoup notices late that a client has closed an idle connection, and counts it until then.
    auto started = http::HttpServer::start("127.0.0.1:0", {.to_ask = std::chrono::seconds(2)});
    EXPECT_TRUE(started.ok()) << started.status();
    return *std::move(started);
  }

  const Config config_ = config();
  graph::Catalog catalog_;
  LoopPool loops_{2};
  static constexpr WorkerPool::Limits kWorkers{
      .kept = 2, .most = 16, .idle_life = std::chrono::milliseconds(200)};
  WorkerPool workers_{kWorkers};
  const std::unique_ptr<rtc::Server> rtc_ = start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  graph::SessionStore store_{environment_};
  std::unique_ptr<http::HttpServer> http_ = start_http();
  std::vector<std::shared_ptr<void>> holds_;
  int visits_ = 0;
};

TEST(ClientSoak, PublishersAndViewersOfAServerThatComeAndGoLeaveNothing) {
  Studio studio;
  for (int i = 0; i < kWarmUp; ++i) studio.visit();
  ASSERT_TRUE(eventually([&] { return studio.is_calm(); }));
  const auto before = ProcessLevel::now();

  LiveObjects objects;
  for (int i = 0; i < visits() && !testing::Test::HasFailure(); ++i) studio.visit();
  ASSERT_TRUE(eventually([&] { return studio.is_calm(); }));

  EXPECT_TRUE(eventually([&] { return objects.left().empty(); })) << testing::PrintToString(objects.left());
  EXPECT_TRUE(came_back_to(before));
}

}  // namespace
}  // namespace kms::test
