// SPDX-License-Identifier: Apache-2.0
// What a server costs and leaves behind: threads, descriptors, memory.
#include <gtest/gtest.h>
#include <malloc.h>

#include "kms-core/rtc/dtls/dtls_certificate.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using kms::test::came_back_to;
using kms::test::ProcessLevel;
using test::TestPeer;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHeapIsLibcs = false;
#else
constexpr bool kHeapIsLibcs = true;
#endif

// Of all threads, in small and large blocks.
int64_t heap() {
  const auto info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd);
}

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = kms::test::start_rtc();
    publisher_ = server_->create_peer({});
    sources_ = browser_.join(*publisher_)->sources;
    ASSERT_TRUE(browser_.connect());
  }

  struct Viewer {
    std::unique_ptr<TestPeer> browser = std::make_unique<TestPeer>(TestPeer::Options{});
    std::unique_ptr<Peer> peer;
    std::vector<std::unique_ptr<Consumer>> consumers;
  };
  std::unique_ptr<Viewer> join() {
    auto viewer = std::make_unique<Viewer>();
    viewer->peer = server_->create_peer({});
    for (const auto& source : sources_) viewer->consumers.push_back(viewer->peer->consume(source));
    EXPECT_TRUE(viewer->browser->join(*viewer->peer).ok());
    EXPECT_TRUE(viewer->browser->connect());
    return viewer;
  }

  std::unique_ptr<Server> server_;
  TestPeer browser_{{.publishes = true}};
  std::unique_ptr<Peer> publisher_;
  std::vector<SourceRef> sources_;
};

TEST_F(ServerTest, HasNoMoreThreadsAndDescriptorsWithAHundredPeers) {
  const auto before = ProcessLevel::now();
  std::vector<std::unique_ptr<Viewer>> viewers;
  for (int i = 0; i < 100; ++i) viewers.push_back(join());

  EXPECT_EQ(server_->statistics().peers, 101u);
  const auto now = ProcessLevel::now();
  EXPECT_LE(now.threads.size(), before.threads.size()) << compare(before, now);
  EXPECT_EQ(now.descriptors.size(), before.descriptors.size() + viewers.size())  // the test's own sockets
      << compare(before, now);
}

TEST_F(ServerTest, TakesLessThan64KilobytesForEachOfAHundredViewers) {
  if (!kHeapIsLibcs) GTEST_SKIP() << "a sanitizer has a heap of its own";
  constexpr size_t kViewers = 100;
  auto first = join();  // what all viewers share is there
  server_->statistics();
  const auto before = heap();
  std::vector<std::unique_ptr<Viewer>> viewers;
  for (size_t i = 0; i < kViewers; ++i) viewers.push_back(join());
  browser_.send({.key_frame = true});
  browser_.send({.video = false});
  for (auto& viewer : viewers) {
    ASSERT_TRUE(viewer->browser->receive_until([&] { return viewer->browser->rtp().size() == 2; }));
  }
  for (auto& viewer : viewers) viewer->browser.reset();  // the test's own part
  server_->statistics();

  const auto each = (heap() - before) / static_cast<int64_t>(kViewers);
  RecordProperty("bytes_per_viewer", std::to_string(each));
  EXPECT_LT(each, 64 * 1024);
  EXPECT_EQ(server_->statistics().peers, kViewers + 2);
}

TEST_F(ServerTest, IsAsBeforeAfterThreeHundredJoinsAndLeaves) {
  for (int warm_up = 0; warm_up < 50; ++warm_up) join();
  server_->statistics();
  const auto before = ProcessLevel::now();
  const auto heap_before = heap();

  for (int cycle = 0; cycle < 300; ++cycle) join();

  EXPECT_EQ(server_->statistics().peers, 1u);
  EXPECT_TRUE(came_back_to(before));
  EXPECT_LT(heap(), heap_before + 300 * 1024);
}

TEST_F(ServerTest, EndsWhileItsPeersAreStillThere) {
  auto viewer = join();
  viewer->consumers.clear();
  viewer->peer.reset();
  publisher_.reset();
  server_.reset();
  SUCCEED();
}

TEST(ServerEnd, LetsGoOfWhatItsThreadsGaveEachOther) {
  ServerOptions options;
  options.threads = 2;
  options.announced = {"127.0.0.1"};
  auto server = std::move(*Server::start(options));
  TestPeer browser({.publishes = true});
  auto publisher = server->create_peer({{}, nullptr, 1});
  const auto sources = browser.join(*publisher)->sources;
  ASSERT_TRUE(browser.connect());
  TestPeer watching({});
  auto viewer = server->create_peer({{}, nullptr, 0});
  std::vector<std::unique_ptr<Consumer>> consumers;
  for (const auto& source : sources) consumers.push_back(viewer->consume(source));
  ASSERT_TRUE(watching.join(*viewer).ok());
  ASSERT_TRUE(watching.connect());
  for (int trip = 0; trip < 2; ++trip)
    server->statistics();  // to the viewer's thread, and on to the publisher's
  browser.send({true, true, true, 1, 3000});
  ASSERT_TRUE(watching.receive_until([&] { return watching.count(true) == 1; }));

  publisher.reset();
  consumers.clear();
  viewer.reset();
  server.reset();

  EXPECT_TRUE(watching.receive_until([&] { return watching.dtls().state() == DtlsState::kClosed; }))
      << "the server did not say goodbye";
}

TEST(ServerOptions, AreCheckedBeforeAnythingIsMade) {
  ServerOptions bad_address;
  bad_address.announced = {"media.example"};
  EXPECT_EQ(reason_of(Server::start(bad_address).status()), "BAD_ADDRESS");

  ServerOptions bad_certificate;
  bad_certificate.certificate = "rubbish";
  EXPECT_EQ(reason_of(Server::start(bad_certificate).status()), "CERTIFICATE_INVALID");
}

// PEM of something that OpenSSL writes.
template <typename Write>
std::string pem(Write write) {
  const openssl::Ptr<BIO> bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(write(bio.get()), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

TEST(ServerOptions, PeersAreShownTheConfiguredCertificate) {
  const auto made = DtlsCertificate::make();
  ASSERT_TRUE(made.ok());
  ServerOptions options;
  options.threads = 1;
  options.announced = {"127.0.0.1"};
  options.certificate = pem([&](BIO* out) { return PEM_write_bio_X509(out, made->x509()); });
  options.key = pem([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, made->key(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  auto server = Server::start(options);
  ASSERT_TRUE(server.ok()) << server.status();

  const auto peer = (*server)->create_peer({});
  TestPeer browser({.publishes = true});
  const auto answer = browser.join(*peer);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_NE(answer->sdp.find("a=fingerprint:" + made->fingerprint().text()), std::string::npos)
      << answer->sdp;
  EXPECT_TRUE(browser.connect()) << "it has another certificate";
}

}  // namespace
}  // namespace kms::rtc
