// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <csignal>
#include <optional>

#include "kms-core/storage/uploads_rig.hpp"
#include "tests/support/own_ports.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/tcp_relay.hpp"

namespace kms::storage {
namespace {

using testing::HasSubstr;

constexpr size_t kUploadPart = 5U << 20;

// Uploads to a real S3-compatible server, by way of a relay.
class S3Uploads : public UploadsRig {
 protected:
  S3Uploads() {
    serve();
    relay_.emplace(port_);
    std::ofstream(folder_ + "/secret") << "S3RVER\n";
    config_.uploads.part_bytes = kUploadPart;
    config_.storages["main"] = {.endpoint = "http://127.0.0.1:" + std::to_string(relay_->port()),
                                .access_key = "S3RVER",
                                .secret_key_file = folder_ + "/secret",
                                .buckets = {"rec", "none"}};
  }

  void serve() {
    server_.reset();
    server_.emplace(std::vector<std::string>{KMS_NODE, KMS_TEST_TOOLS "/s3-server.mjs", folder_ + "/s3",
                                             std::to_string(port_), "rec"},
                    folder_ + "/s3.log");
    ASSERT_THAT(server_->read_line(), HasSubstr("s3=")) << content_of(folder_ + "/s3.log");
  }
  void kill_server() { server_.reset(); }

  // What the storage has under a key, as it keeps it.
  std::string stored(const std::string& key) const {
    return content_of(folder_ + "/s3/rec/" + key + "._S3rver_object");
  }
  bool has(const std::string& key) const {
    return std::filesystem::exists(folder_ + "/s3/rec/" + key + "._S3rver_object");
  }

  const test::OwnPorts own_;
  const uint16_t port_ = own_.first();
  std::optional<test::ChildProcess> server_;
  std::optional<test::TcpRelay> relay_;
};

TEST_F(S3Uploads, BringAFileInOnePiece) {
  start();
  const auto content = random_bytes(1'000'000);

  ASSERT_TRUE(put("s3://main/rec/2026/a b+ä.webm", content).ok());

  ASSERT_TRUE(wait_stored("s3://main/rec/2026/a b+ä.webm"));
  EXPECT_TRUE(stored("2026/a b+ä.webm") == content);
  EXPECT_EQ(spooled(), 0U);
}

TEST_F(S3Uploads, BringALargeFileInParts) {
  start();
  const auto content = random_bytes(2 * kUploadPart + 12345);

  ASSERT_TRUE(put("s3://main/rec/large.webm", content).ok());

  ASSERT_TRUE(wait_stored("s3://main/rec/large.webm"));
  EXPECT_TRUE(stored("large.webm") == content);
  EXPECT_EQ(spooled(), 0U);
}

TEST_F(S3Uploads, WorkWithTheBucketInTheNameOfTheHost) {
  config_.storages["main"].endpoint = "http://s3.localhost:" + std::to_string(port_);
  config_.storages["main"].path_style = false;
  start();

  ASSERT_TRUE(put("s3://main/rec/host.webm", "content").ok());

  ASSERT_TRUE(wait_stored("s3://main/rec/host.webm"));
  EXPECT_EQ(stored("host.webm"), "content");
}

TEST_F(S3Uploads, GoOnWithTheNextPartWhenTheConnectionBrokeInBetween) {
  start();
  const auto content = random_bytes(3 * kUploadPart);
  relay_->cut_after(kUploadPart + kUploadPart / 2);
  ASSERT_TRUE(put("s3://main/rec/large.webm", content).ok());
  ASSERT_TRUE(wait_reason("STORAGE_UNREACHABLE"));
  const auto before = relay_->carried();

  relay_->mend();

  ASSERT_TRUE(wait_stored("s3://main/rec/large.webm"));
  EXPECT_TRUE(stored("large.webm") == content);
  EXPECT_LT(relay_->carried() - before, 2 * kUploadPart + 100'000);  // the first part was not sent again
}

TEST_F(S3Uploads, SurviveAStorageThatIsKilledInMidFile) {
  start();
  const auto content = random_bytes(3 * kUploadPart);
  relay_->slow(kUploadPart / 50);
  ASSERT_TRUE(put("s3://main/rec/large.webm", content).ok());
  ASSERT_TRUE(test::eventually([&] { return relay_->carried() > kUploadPart + kUploadPart / 2; }));
  kill_server();
  ASSERT_TRUE(wait_reason("STORAGE_UNREACHABLE"));

  relay_->slow(0);
  serve();

  ASSERT_TRUE(wait_stored("s3://main/rec/large.webm"));
  EXPECT_TRUE(stored("large.webm") == content);
}

TEST_F(S3Uploads, GoOnAfterARestartOfOursWhereTheyWere) {
  start();
  const auto content = random_bytes(3 * kUploadPart);
  relay_->cut_after(kUploadPart + kUploadPart / 2);
  ASSERT_TRUE(put("s3://main/rec/large.webm", content).ok());
  ASSERT_TRUE(wait_reason("STORAGE_UNREACHABLE"));
  uploads_.reset();
  relay_->mend();
  const auto before = relay_->carried();

  start();

  ASSERT_TRUE(test::eventually([&] { return spooled() == 0; }));
  EXPECT_TRUE(stored("large.webm") == content);
  EXPECT_LT(relay_->carried() - before, 2 * kUploadPart + 100'000);
}

// The server knows access keys; signatures of version 4 it takes as they are (s3_signature_test.cpp has
// those).
TEST_F(S3Uploads, SayWhatTheStorageRefusesAndKeepTheFile) {
  config_.uploads.give_up = std::chrono::milliseconds(0);
  start();
  ASSERT_TRUE(put("s3://main/none/a.webm", "content").ok());
  ASSERT_TRUE(wait_reason("STORAGE_REFUSED", true));
  EXPECT_THAT(message_of(news().at(0).status), HasSubstr("NoSuchBucket"));

  config_.storages["main"].access_key = "ANOTHER";
  start();
  news_.change([](auto& all) { all.clear(); });
  ASSERT_TRUE(put("s3://main/rec/b.webm", "content").ok());
  ASSERT_TRUE(wait_news([](const auto& news) { return news.uri.ends_with("b.webm") && news.given_up; }));
  EXPECT_THAT(message_of(news().back().status), HasSubstr("InvalidAccessKeyId"));
  EXPECT_FALSE(has("b.webm"));

  config_.storages["main"].access_key = "S3RVER";
  start();
  EXPECT_TRUE(test::eventually([&] { return has("b.webm") && stored("b.webm") == "content"; }));
}

}  // namespace
}  // namespace kms::storage
