// SPDX-License-Identifier: Apache-2.0
// Graphs that come, change and go a thousand times: nothing may be left of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <iostream>
#include <random>
#include <tuple>

#include "elements/composite/composite_element.hpp"
#include "kms-core/graph/declare_all.hpp"
#include "kms-core/graph/session_store.hpp"
#include "kms/pass_through/v1/pass_through.pb.h"
#include "tests/conformance/live_objects.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/rtc_plane.hpp"
#include "tests/support/test_elements.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

constexpr int kWarmUp = 100;
constexpr int kCycles = 1000;
constexpr int kMeasured = 500;  // the last of them
constexpr int kTraced = 100;    // further ones, with every object counted
constexpr int kInFlow = 4;
constexpr double kMostBytesPerCycle = 1024;

constexpr char kPicture[] =
    "video:raw videotestsrc is-live=true ! video/x-raw,width=32,height=32,framerate=100/1 ! identity";
constexpr char kEncoded[] =
    "video:VP8 videotestsrc is-live=true ! video/x-raw,width=32,height=32,framerate=100/1 ! vp8enc "
    "deadline=1";

using Links = std::vector<std::pair<std::string, std::string>>;

v1::ElementSpec pass_through(const std::string& id) {
  v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(pass_through::v1::PassThroughOptions());
  return spec;
}

v1::LinkSpec link(const std::string& source, const std::string& sink) {
  v1::LinkSpec out;
  out.set_source(source);
  out.set_sink(sink);
  return out;
}

// What a server is made of, without its doors. The event rings are small: they are full at once.
class Sessions {
 public:
  Sessions() {
    graph::declare_all(catalog_);
    declare_test_elements(catalog_);
  }

  std::string open() {
    const auto session = store_.create(v1::CreateSessionRequest());
    EXPECT_TRUE(session.ok()) << session.status();
    return session->name();
  }

  // Runs `work` on the session's control loop and gives back what it gives.
  template <typename Work>
  auto in(const std::string& session, Work work) {
    std::promise<std::invoke_result_t<Work, graph::Session&>> answer;
    EXPECT_TRUE(store_.with_session(session, [&](graph::Session& s) { answer.set_value(work(s)); }).ok());
    return answer.get_future().get();
  }

  Status apply(const std::string& session, const std::vector<v1::ElementSpec>& elements, const Links& links) {
    v1::ApplyGraphRequest request;
    for (const auto& spec : elements) *request.add_elements() = spec;
    for (const auto& [from, to] : links) *request.add_links() = link(from, to);
    return in(session, [&](graph::Session& s) { return s.apply(request).status(); });
  }

  // As long as it lives, the session does.
  std::shared_ptr<void> hold(const std::string& session) { return *store_.hold(session); }

  uint64_t frames_at(const std::string& session, const std::string& sink) {
    const auto stats = in(session, [](graph::Session& s) { return *s.stats(s.name()); });
    for (const auto& each : stats.links()) {
      if (each.link().sink() == session + "/elements/" + sink) return each.frames();
    }
    return 0;
  }

  // Workers that were needed at once for a while have ended.
  bool rest() {
    return eventually([this] { return workers_.threads() == kWorkers.kept; });
  }

  void close(const std::string& session) {
    std::promise<Status> closed;
    EXPECT_TRUE(store_.close(session, "CLIENT_DELETED", [&](const Status& s) { closed.set_value(s); }).ok());
    EXPECT_TRUE(closed.get_future().get().ok());
  }

 private:
  static constexpr WorkerPool::Limits kWorkers{
      .kept = 2, .most = 16, .idle_life = std::chrono::milliseconds(200)};
  static Config small() {
    Config config;
    config.limits.event_ring = 16;
    config.limits.creates_per_second = 1'000'000;
    return config;
  }

  const Config config_ = small();
  graph::Catalog catalog_;
  LoopPool loops_{2};
  WorkerPool workers_{kWorkers};
  const std::unique_ptr<rtc::Server> rtc_ = test::start_rtc();
  graph::Environment environment_{config_, catalog_, loops_, workers_, *rtc_};
  graph::SessionStore store_{environment_};
};

// The least of some looks: what is on its way is not counted.
size_t quiet_bytes() {
  size_t least = SIZE_MAX;
  int looks = 0;
  eventually([&] {
    least = std::min(least, allocated_bytes());
    return ++looks == 10;
  });
  return least;
}

// Runs cycles, and says how many bytes each of the last ones left behind; `calm` brings all to the same
// state.
double bytes_left_per_cycle(const std::function<void()>& cycle, const std::function<void()>& calm) {
  for (int i = 0; i < kCycles - kMeasured; ++i) cycle();
  calm();
  const auto before = static_cast<double>(quiet_bytes());
  for (int i = 0; i < kMeasured; ++i) cycle();
  calm();
  const auto left = (static_cast<double>(quiet_bytes()) - before) / kMeasured;
  std::cout << left << " bytes left per cycle\n";
  return left;
}

// `in_flow`: buffers that media which goes on may have on its way beyond those at the beginning, because an
// input that fell behind once keeps its distance. What a cycle loses is there kTraced times.
void expect_no_object_left(const std::function<void()>& cycle, const std::function<void()>& calm,
                           int in_flow) {
  LiveObjects objects;
  for (int i = 0; i < kTraced; ++i) cycle();
  calm();
  const auto left = [&] {
    auto counts = objects.more();
    std::erase_if(counts, [&](const auto& entry) {
      return (entry.first == "GstBuffer" || entry.first == "GstMemory") && entry.second <= in_flow;
    });
    return counts;
  };
  EXPECT_TRUE(eventually([&] { return left().empty(); })) << testing::PrintToString(left());
}

TEST(GraphSoak, AThousandSessionsLeaveNothing) {
  Sessions sessions;
  int opened = 0;
  const auto cycle = [&] {
    const auto session = sessions.open();
    ASSERT_TRUE(sessions
                    .apply(session,
                           {source("a", kPicture), source("b", kPicture), pass_through("p"),
                            sink("c", "video:raw"), sink("d", "video:raw")},
                           {{"a", "p"}, {"p", "c"}, {"b", "d"}})
                    .ok());
    const bool at_once = ++opened % 4 != 0;  // the others while media flows
    EXPECT_TRUE(at_once || eventually([&] { return sessions.frames_at(session, "c") > 0; }));
    sessions.close(session);
  };
  const auto calm = [] {};
  const auto cold = ProcessLevel::now();
  for (int i = 0; i < kWarmUp; ++i) cycle();
  ASSERT_TRUE(came_back_to(cold, [] { return ProcessLevel::now().without_descriptors(); }));
  const auto before = ProcessLevel::now();

  EXPECT_LT(bytes_left_per_cycle(cycle, calm), kMostBytesPerCycle);
  expect_no_object_left(cycle, calm, 0);

  EXPECT_TRUE(came_back_to(before));
}

// Sources and sinks that are connected at random while one link, which nothing may disturb, carries media.
class Churn {
 public:
  explicit Churn(Sessions& sessions) : sessions_(sessions), session_(sessions.open()) {
    EXPECT_TRUE(sessions_
                    .apply(session_,
                           {source("raw", kPicture), source("vp8", kEncoded), pass_through("fixed"),
                            sink("steady", "video:raw"), sink("any", "video:raw,VP8"),
                            sink("raw-only", "video:raw"), sink("vp8-only", "video:VP8")},
                           {{"raw", "steady"}})
                    .ok());
    expect_media_at("steady");
  }
  ~Churn() { sessions_.close(session_); }
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;

  // Connects something, or disconnects it when it is connected; now and then media must have arrived.
  void step() {
    const auto& [from, to] = kChoices.at(random_() % kChoices.size());
    if (disconnect(from, to).ok()) return;
    const auto connected =
        sessions_.in(session_, [spec = link(from, to)](auto& s) { return s.connect(spec).status(); });
    EXPECT_TRUE(connected.ok()) << connected;
    if (++connects_ % 10 == 0 && to != "fixed" && from != "fixed") expect_media_at(to);
  }

  // Only the steady link is left. A sink keeps the caps that it got last, so each gets known ones before.
  void calm() {
    for (const auto& [from, to] : kChoices) std::ignore = disconnect(from, to);
    for (const auto& [from, to] : Links{{"raw", "any"}, {"raw", "raw-only"}, {"vp8", "vp8-only"}}) {
      const auto connected =
          sessions_.in(session_, [spec = link(from, to)](auto& s) { return s.connect(spec).status(); });
      EXPECT_TRUE(connected.ok()) << connected;
      expect_media_at(to);
      EXPECT_TRUE(disconnect(from, to).ok());
    }
    expect_media_at("steady");
  }

 private:
  Status disconnect(const std::string& from, const std::string& to) {
    return sessions_.in(session_, [spec = link(from, to)](auto& s) { return s.disconnect(spec).status(); });
  }

  void expect_media_at(const std::string& sink) {
    const auto before = sessions_.frames_at(session_, sink);
    EXPECT_TRUE(eventually([&] { return sessions_.frames_at(session_, sink) > before; })) << sink;
  }

  inline static const Links kChoices{{"raw", "any"},        {"vp8", "any"},       {"raw", "raw-only"},
                                     {"vp8", "raw-only"},   {"raw", "vp8-only"},  {"vp8", "vp8-only"},
                                     {"raw", "fixed"},      {"vp8", "fixed"},     {"fixed", "any"},
                                     {"fixed", "raw-only"}, {"fixed", "vp8-only"}};
  Sessions& sessions_;
  const std::string session_;
  const std::shared_ptr<void> hold_ = sessions_.hold(session_);
  std::minstd_rand random_{1};  // the same steps in every run
  int connects_ = 0;
};

TEST(GraphSoak, AThousandChangesWhileMediaFlowsLeaveNothing) {
  Sessions sessions;
  Churn churn(sessions);
  const auto cycle = [&] { churn.step(); };
  const auto calm = [&] { churn.calm(); };
  for (int i = 0; i < kWarmUp; ++i) cycle();
  calm();
  ASSERT_TRUE(sessions.rest());
  const auto before = ProcessLevel::now();

  EXPECT_LT(bytes_left_per_cycle(cycle, calm), kMostBytesPerCycle);
  expect_no_object_left(cycle, calm, kInFlow);

  EXPECT_TRUE(came_back_to(before));
}

// A Composite that is seen and heard by one who stays, while guests come and go.
class Room {
 public:
  explicit Room(Sessions& sessions) : sessions_(sessions), session_(sessions.open()) {
    composite::v1::CompositeOptions options;
    options.set_width(64);
    options.set_height(48);
    options.set_frames_per_second(60);
    options.add_ports()->set_port_id("host");
    v1::ElementSpec room;
    room.set_element_id("room");
    room.mutable_options()->PackFrom(options);
    EXPECT_TRUE(
        sessions_
            .apply(session_,
                   {source("camera", kPicture), source("voice", kVoice), room, sink("eye", "video:raw"),
                    sink("ear", "audio:OPUS"), sink("guest-ear", "audio:OPUS")},
                   {{"room", "eye"}, {"room", "ear"}})
            .ok());
    join("host");
    expect_media();
  }
  ~Room() { sessions_.close(session_); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // Some stay for long enough to be seen and heard, and to hear.
  void visit() {
    const auto made = on_room([](composite::CompositeElement& room) {
      composite::v1::CreateHubPortRequest request;
      request.set_port_id("guest");
      return room.create_hub_port(request).status();
    });
    EXPECT_TRUE(made.ok()) << made;
    join("guest");
    connect("room", "guest-ear", "guest", "");
    if (++visits_ % 10 == 0) expect_media();
    EXPECT_TRUE(
        on_room([](composite::CompositeElement& room) { return room.delete_hub_port("guest"); }).ok());
  }
  void expect_media() {
    for (const auto* taker : {"eye", "ear"}) {
      const auto before = sessions_.frames_at(session_, taker);
      EXPECT_TRUE(eventually([&] { return sessions_.frames_at(session_, taker) > before + 2; })) << taker;
    }
  }

 private:
  Status on_room(const std::function<Status(composite::CompositeElement&)>& work) {
    return sessions_.in(session_, [&](graph::Session& s) {
      return work(**s.find<composite::CompositeElement>(session_ + "/elements/room"));
    });
  }

  static constexpr char kVoice[] =
      "audio:raw audiotestsrc is-live=true samplesperbuffer=480 volume=0.1 ! "
      "audio/x-raw,format=S16LE,rate=48000,channels=1 ! identity";

  void join(const std::string& port_id) {
    connect("camera", "room", "", port_id);
    connect("voice", "room", "", port_id);
  }
  void connect(const std::string& from, const std::string& to, const std::string& from_port,
               const std::string& to_port) {
    auto spec = link(from, to);
    spec.set_source_port(from_port);
    spec.set_sink_port(to_port);
    const auto connected = sessions_.in(session_, [&](auto& s) { return s.connect(spec).status(); });
    EXPECT_TRUE(connected.ok()) << connected;
  }

  Sessions& sessions_;
  const std::string session_;
  const std::shared_ptr<void> hold_ = sessions_.hold(session_);
  int visits_ = 0;
};

TEST(GraphSoak, AThousandGuestsOfACompositeLeaveNothing) {
  Sessions sessions;
  Room room(sessions);
  const auto cycle = [&] { room.visit(); };
  const auto calm = [&] { room.expect_media(); };
  for (int i = 0; i < kWarmUp; ++i) cycle();
  calm();
  ASSERT_TRUE(sessions.rest());
  const auto before = ProcessLevel::now();

  EXPECT_LT(bytes_left_per_cycle(cycle, calm), kMostBytesPerCycle);
  expect_no_object_left(cycle, calm, kInFlow);

  EXPECT_TRUE(came_back_to(before));
}

}  // namespace
}  // namespace kms::test
