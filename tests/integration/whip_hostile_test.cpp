// SPDX-License-Identifier: Apache-2.0
// What the doors of WHIP and WHEP are asked to bear, while a publisher and a viewer go on undisturbed.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include "kms-core/base/host_port.hpp"
#include "kms-core/rtc/net/unique_fd.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/waiting.hpp"
#include "tests/support/whip_client.hpp"

namespace kms::test {
namespace {

using namespace std::chrono_literals;
using rtc::test::TestPeer;

constexpr char kWhip[] =
    "rtc: { announced: [127.0.0.1], threads: 1, whip: true, disconnected_after: 5s, failed_after: 15s }\n"
    "limits: { elements_per_session: 2000, links_per_session: 4000 }\n";
constexpr size_t kBody = 10'000'000;
// Longer than rtc.failed_after, by what a loaded machine needs.
constexpr std::chrono::seconds kLongEnd{40};
constexpr std::chrono::seconds kSilence{14};  // in which nobody has failed

// A publisher of a room and a viewer, on a thread of their own: each packet has to come, and once, before the
// next one is sent.
class Show {
 public:
  explicit Show(const WhipClient& door) {
    EXPECT_TRUE(door.join(publisher_, "/whip/hall"));
    EXPECT_TRUE(door.join(viewer_, "/whep/hall"));
    EXPECT_TRUE(eventually([&] { return show_one(kFirstPatience); }, kPatience)) << "the show does not begin";
    thread_ = std::jthread([this](const std::stop_token& stop) { go_on(stop); });
  }
  // Ends it. True when each of its packets came, once.
  bool went_well() {
    thread_ = {};
    return whole_;
  }
  size_t shown() const { return shown_; }
  // Until so many more were seen.
  bool goes_on(size_t more = 20) {
    const auto until = shown_ + more;
    return eventually([&] { return shown_ >= until || !whole_; }, kPatience) && whole_;
  }
  std::chrono::milliseconds longest() const { return std::chrono::milliseconds(longest_ms_); }

 private:
  static constexpr std::chrono::milliseconds kFirstPatience{100};
  static constexpr std::chrono::milliseconds kEvery{20};
  static constexpr size_t kSign = 50;  // each so many packets, a sign of life

  bool show_one(std::chrono::milliseconds patience) {
    ++sequence_;
    publisher_.send({.key_frame = true, .sequence = sequence_, .timestamp = sequence_ * 1800u});
    const bool came = viewer_.receive_until([&] { return viewer_.count(true) > 0; }, patience);
    const bool in_order =
        std::ranges::all_of(viewer_.rtp(), [&](const auto& packet) { return goes_on(packet); });
    viewer_.clear();
    return came && in_order;
  }
  // Each number comes once.
  bool goes_on(const rtc::test::Packet& packet) {
    const auto view = rtc::RtpView::parse(packet);
    if (view->payload_type() != TestPeer::kVideoType) return true;
    const bool next = !next_ || view->sequence() == *next_;
    next_ = static_cast<uint16_t>(view->sequence() + 1);
    return next;
  }
  void go_on(const std::stop_token& stop) {
    while (!stop.stop_requested() && whole_) {
      const auto began = std::chrono::steady_clock::now();
      whole_ = show_one(kPatience);
      const auto took = std::chrono::steady_clock::now() - began;
      longest_ms_ =
          std::max<int64_t>(longest_ms_, std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
      if (++shown_ % kSign == 0) {
        publisher_.send_check();
        viewer_.send_check();
      }
      publisher_.receive_until([] { return false; }, kEvery);
    }
  }

  TestPeer publisher_{{.publishes = true}};
  TestPeer viewer_{{.publishes = false}};
  uint16_t sequence_ = 0;
  std::optional<uint16_t> next_;  // that the viewer is to get
  std::atomic<bool> whole_ = true;
  std::atomic<size_t> shown_ = 0;
  std::atomic<int64_t> longest_ms_ = 0;
  std::jthread thread_;
};

// Resident.
size_t kilobytes_of(ServerProcess& server) {
  size_t kilobytes = 0;
  std::ifstream status("/proc/" + std::to_string(server.process().pid()) + "/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") status >> kilobytes;
  }
  return kilobytes;
}

size_t participants(Running& kms) {
  v1::ListElementsRequest request;
  request.set_parent("sessions/hall");
  v1::ListElementsResponse all;
  kms.client.call(*kms.client.elements, &v1::ElementService::Stub::ListElements, request, &all);
  return static_cast<size_t>(all.elements_size()) - 1;  // the stage
}

// A request that is begun and never ended.
rtc::UniqueFd begin_request(const std::string& address, const std::string& text) {
  const auto where = parse_host_port(address);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(where->port);
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  rtc::UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&target), sizeof(target)), 0);
  EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  return fd;
}

TEST(HostileWhip, LargeAndSlowBodiesDisturbNobody) {
  Running kms(kWhip);
  const WhipClient door(kms.server.http());
  Show show(door);
  ASSERT_EQ(participants(kms), 2U);
  const auto before = level_of(kms.server);
  const auto kilobytes = kilobytes_of(kms.server);
  std::vector<rtc::UniqueFd> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(begin_request(kms.server.http(),
                                 "POST /whep/hall HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\n"
                                 "Content-Length: 100000\r\n\r\nv=0\r\n"));
  }

  const std::string large(kBody, 'x');
  for (const auto* path : {"/whip/hall", "/whep/hall", "/whip/other", "/whip-session/nobody"}) {
    EXPECT_EQ(door.post(path, large).status, 413) << path;
    EXPECT_EQ(door.send("PATCH", path, large, {{"Content-Type", "application/trickle-ice-sdpfrag"}}).status,
              413)
        << path;
  }

  EXPECT_TRUE(show.goes_on());
  if (kMemoryTells) {
    EXPECT_LT(kilobytes_of(kms.server), kilobytes + kBody / 1024) << "what was refused was kept";
  }
  EXPECT_EQ(participants(kms), 2U);
  slow.clear();
  EXPECT_TRUE(came_back_to(
      before, [&] { return level_of(kms.server); }, kLongEnd));
  EXPECT_TRUE(show.went_well());
}

// Five hundred viewers who never come. True when all were there at once: on a machine that took longer the
// first have ended, and there is room again.
bool let_them_fail(Running& kms, const WhipClient& door) {
  const TestPeer absent({.publishes = false});
  const auto offer = absent.offer();
  const auto begin = std::chrono::steady_clock::now();
  using Outcomes = std::map<std::string, int>;
  std::vector<std::future<Outcomes>> askers;
  for (int asker = 0; asker < 4; ++asker) {
    askers.push_back(std::async(std::launch::async, [&] {
      Outcomes out;
      for (int i = 0; i < 125; ++i) ++out[door.post("/whep/hall", offer).outcome()];
      return out;
    }));
  }
  for (auto& asker : askers) EXPECT_EQ(asker.get(), (Outcomes{{"201", 125}}));
  const auto refused = door.post("/whep/hall", offer);
  const auto there = participants(kms);
  const bool at_once = std::chrono::steady_clock::now() - begin < kSilence;
  if (at_once) {
    EXPECT_EQ(refused.outcome(), "503 TOO_MANY_CONNECTING");
    EXPECT_EQ(refused.header("retry-after"), "5");
    EXPECT_EQ(there, 502U);
  }
  EXPECT_TRUE(eventually([&] { return participants(kms) == 2; }, kLongEnd)) << "they do not end";
  return at_once;
}

TEST(HostileWhip, FiveHundredViewersWhoNeverComeEndAndLeaveNothing) {
  Running kms(kWhip);
  const WhipClient door(kms.server.http());
  Show show(door);
  ASSERT_EQ(participants(kms), 2U);
  const auto before = level_of(kms.server);

  const auto kilobytes = static_cast<double>(kilobytes_of(kms.server));

  const bool all_were_there = let_them_fail(kms, door);
  const auto after_first = static_cast<double>(kilobytes_of(kms.server));
  let_them_fail(kms, door);
  const auto after_second = static_cast<double>(kilobytes_of(kms.server));

  EXPECT_TRUE(came_back_to(
      before, [&] { return level_of(kms.server); }, kLongEnd));
  // What the first five hundred needed is used again by the second.
  if (kMemoryTells && all_were_there) {
    EXPECT_LT(after_second - after_first, (after_first - kilobytes) / 2) << "of " << kilobytes << " KB";
  }
  TestPeer late({.publishes = false});
  EXPECT_TRUE(door.join(late, "/whep/hall"));
  EXPECT_TRUE(show.goes_on());
  EXPECT_TRUE(show.went_well());
  RecordProperty("longest_ms", static_cast<int>(show.longest().count()));
}

// As fast as they can be, which is far more than 300 a minute.
TEST(HostileWhip, ThreeHundredWhoComeAndGoLeaveNoGapForTheOthers) {
  Running kms(kWhip);
  const WhipClient door(kms.server.http());
  Show show(door);
  ASSERT_EQ(participants(kms), 2U);
  const auto before = level_of(kms.server);

  for (int i = 0; i < 300 && !testing::Test::HasFailure(); ++i) {
    TestPeer guest({.publishes = false});
    std::string location;
    ASSERT_TRUE(door.join(guest, "/whep/hall", &location)) << i;
    const bool watches = i % 10 != 0;  // the others leave at once
    EXPECT_TRUE(!watches || guest.receive_until([&] { return guest.count(true) > 0; }, kPatience)) << i;
    if (i % 2 == 0) {
      EXPECT_EQ(door.send("DELETE", location).status, 200) << i;
    } else {
      guest.say_goodbye();
    }
  }

  EXPECT_TRUE(eventually([&] { return participants(kms) == 2; }, kLongEnd));
  EXPECT_TRUE(came_back_to(
      before, [&] { return level_of(kms.server); }, kLongEnd));
  EXPECT_TRUE(show.goes_on());
  EXPECT_TRUE(show.went_well()) << "packets were lost, or came twice";
  RecordProperty("longest_ms", static_cast<int>(show.longest().count()));
}

TEST(HostileWhip, TagsThatAreOutOfDateAndSecondGoodbyesChangeNothing) {
  Running kms(kWhip);
  const WhipClient door(kms.server.http());
  Show show(door);
  TestPeer guest({.publishes = false});
  const auto joined = door.post("/whep/hall", guest.offer());
  ASSERT_EQ(joined.status, 201);
  const auto location = joined.header("location");
  const auto restart = [&](const std::string& ufrag, const std::string& tag) {
    return door.send("PATCH", location, "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:0123456789012345678901\r\n",
                     {{"Content-Type", "application/trickle-ice-sdpfrag"}, {"If-Match", tag}});
  };

  const auto restarted = restart("moved", joined.header("etag"));
  ASSERT_EQ(restarted.status, 200) << restarted.body;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(restart("again" + std::to_string(i), joined.header("etag")).status, 412);
    EXPECT_EQ(restart("again" + std::to_string(i), "\"nonsense").status, 412);
  }
  EXPECT_EQ(door.send("DELETE", location).status, 200);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(door.send("DELETE", location).outcome(), "404 PARTICIPANT_NOT_FOUND");
  EXPECT_EQ(restart("late", restarted.header("etag")).outcome(), "404 PARTICIPANT_NOT_FOUND");

  EXPECT_EQ(participants(kms), 2U);
  EXPECT_TRUE(show.goes_on());
  EXPECT_TRUE(show.went_well());
}

}  // namespace
}  // namespace kms::test
