// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

#include "kms-core/storage/deposit.hpp"
#include "kms-core/storage/uploads_rig.hpp"
#include "tests/support/own_ports.hpp"
#include "tests/support/put_server.hpp"
#include "tests/support/tcp_relay.hpp"

namespace kms::storage {
namespace {

using test::PutServer;
using testing::ElementsAre;

class HttpUploads : public UploadsRig {
 protected:
  HttpUploads() : server_(std::in_place, own_.first()) { config_.uploads.allow = {server_->uri("/in/")}; }

  const test::OwnPorts own_;
  std::optional<PutServer> server_;
};

TEST_F(HttpUploads, BringEveryByteAndItsType) {
  start();
  const auto content = random_bytes(3'000'000);

  ASSERT_TRUE(put(server_->uri("/in/a.webm"), content).ok());

  ASSERT_TRUE(wait_stored(server_->uri("/in/a.webm")));
  EXPECT_TRUE(server_->seen().files.at("/in/a.webm") == content);
  EXPECT_EQ(server_->seen().types.at("/in/a.webm"), "video/webm");
  EXPECT_EQ(spooled(), 0U);
  EXPECT_EQ(uploads_->waiting_bytes(), 0U);
}

TEST_F(HttpUploads, SurviveAServerThatIsStoppedAndStarted) {
  start();
  const auto port = server_->port();
  const auto uri = server_->uri("/in/a.webm");
  server_.reset();
  ASSERT_TRUE(put(uri, "content").ok());
  ASSERT_TRUE(wait_reason("STORAGE_UNREACHABLE"));

  server_.emplace(port);

  ASSERT_TRUE(wait_stored(uri));
  EXPECT_EQ(server_->seen().files.at("/in/a.webm"), "content");
}

TEST_F(HttpUploads, SurviveAConnectionThatBreaksInMidFile) {
  test::TcpRelay relay(static_cast<uint16_t>(server_->port()));
  const auto uri = "http://127.0.0.1:" + std::to_string(relay.port()) + "/in/a.webm";
  config_.uploads.allow = {uri.substr(0, uri.size() - 6)};
  start();
  const auto content = random_bytes(4'000'000);
  relay.cut_after(1'000'000);
  ASSERT_TRUE(put(uri, content).ok());
  ASSERT_TRUE(wait_reason("STORAGE_UNREACHABLE"));
  EXPECT_FALSE(server_->seen().files.contains("/in/a.webm"));

  relay.mend();

  ASSERT_TRUE(wait_stored(uri));
  EXPECT_TRUE(server_->seen().files.at("/in/a.webm") == content);
}

TEST_F(HttpUploads, AreDoneAfterARestartInTheOrderOfTheirComing) {
  start();
  const auto port = server_->port();
  server_.reset();
  const auto base = "http://127.0.0.1:" + std::to_string(port) + "/in/";
  for (const auto* name : {"1", "2", "3"}) ASSERT_TRUE(put(base + name, name).ok());
  ASSERT_TRUE(wait_reason("STORAGE_UNREACHABLE"));
  uploads_.reset();
  server_.emplace(port);

  start();

  ASSERT_TRUE(server_->wait([](const auto& seen) { return seen.files.size() == 3; }));
  EXPECT_THAT(server_->seen().order, ElementsAre("/in/1", "/in/2", "/in/3"));
  EXPECT_TRUE(test::eventually([&] { return spooled() == 0; }));
}

TEST_F(HttpUploads, TellWhyAStorageRefusesAndGiveUpInTheEnd) {
  config_.uploads.give_up = std::chrono::milliseconds(300);
  start();
  for (const auto& [code, reason] :
       {std::pair(403U, "STORAGE_REFUSED"), std::pair(404U, "STORAGE_REFUSED"),
        std::pair(507U, "STORAGE_FULL"), std::pair(503U, "STORAGE_UNREACHABLE")}) {
    news_.change([](auto& all) { all.clear(); });
    server_->answer_with(code);
    ASSERT_TRUE(put(server_->uri("/in/" + std::to_string(code)), "x").ok());
    EXPECT_TRUE(wait_reason(reason)) << code;
    EXPECT_TRUE(wait_reason(reason, true)) << code;
    EXPECT_THAT(message_of(news().at(0).status), testing::HasSubstr(std::to_string(code)));
  }
  EXPECT_GE(server_->seen().requests, 8U) << "each was tried again, as often as the time allowed";

  // Nothing is lost: the next start tries again.
  uploads_.reset();
  server_->answer_with(201);
  start();
  EXPECT_TRUE(server_->wait([](const auto& seen) { return seen.files.size() == 4; }));
}

TEST_F(HttpUploads, OfOneGroupDoNotHoldUpAnother) {
  PutServer other;
  config_.uploads.allow.push_back(other.uri("/in/"));
  start();
  server_->answer_with(503);
  ASSERT_TRUE(put(server_->uri("/in/a"), "x").ok());
  ASSERT_TRUE(wait_reason("STORAGE_UNREACHABLE"));

  const auto path = uploads_->begin({other.uri("/in/b"), "video/webm", "another group", false});
  ASSERT_TRUE(path.ok()) << path.status();
  std::ofstream(*path) << "y";
  ASSERT_TRUE(uploads_->finish(*path).ok());

  EXPECT_TRUE(other.wait([](const auto& seen) { return seen.files.contains("/in/b"); }));
}

TEST_F(HttpUploads, GoOnAsLongAsASlowStorageTakesBytes) {
  test::TcpRelay relay(static_cast<uint16_t>(server_->port()));
  const auto uri = "http://127.0.0.1:" + std::to_string(relay.port()) + "/in/a.webm";
  config_.uploads.allow = {uri.substr(0, uri.size() - 6)};
  config_.uploads.patience = std::chrono::seconds(2);
  start();
  const auto content = random_bytes(5'000'000);
  relay.slow(14'000);  // three and a half seconds

  ASSERT_TRUE(put(uri, content).ok());

  ASSERT_TRUE(wait_stored(uri));
  EXPECT_TRUE(server_->seen().files.at("/in/a.webm") == content);
  EXPECT_EQ(news().size(), 1U);
}

TEST_F(HttpUploads, FollowARedirectionOnlyToWhereTheConfigurationAllows) {
  config_.uploads.allow.push_back(server_->uri("/"));
  PutServer other;
  config_.uploads.allow.push_back(other.uri("/in/"));
  std::ofstream(folder_ + "/key") << "Bearer secret\n";
  config_.uploads.authorization[server_->uri("/to")] = folder_ + "/key";
  start();
  PutServer stranger;
  const auto good = server_->uri("/in/b");
  // The allowed beginning is the place that redirects.
  ASSERT_TRUE(put(server_->uri("/in/a"), "x").ok());
  ASSERT_TRUE(wait_stored(server_->uri("/in/a")));
  const auto policy = AddressPolicy::create(config_.network.allow);
  const Context context{config_, *policy, nullptr};
  std::ofstream(folder_ + "/f") << "y";
  GMainContext* own = g_main_context_new();
  g_main_context_push_thread_default(own);

  EXPECT_TRUE(deposit_http({server_->uri("/to?" + good)}, {folder_ + "/f", "video/webm", ""}, context).ok());
  const auto led_on =
      deposit_http({server_->uri("/to?" + other.uri("/in/c"))}, {folder_ + "/f", "video/webm", ""}, context);
  const auto led_away = deposit_http({server_->uri("/to?" + stranger.uri("/in/b"))},
                                     {folder_ + "/f", "video/webm", ""}, context);

  g_main_context_pop_thread_default(own);
  g_main_context_unref(own);
  EXPECT_EQ(server_->seen().files.at("/in/b"), "y");
  EXPECT_TRUE(led_on.ok()) << led_on;
  EXPECT_EQ(other.seen().files.at("/in/c"), "y");
  EXPECT_EQ(other.seen().authorization, "");  // what is for the one is not shown to the other
  EXPECT_EQ(reason_of(led_away), "STORAGE_REFUSED");
  EXPECT_EQ(stranger.seen().requests, 0U);
}

TEST_F(HttpUploads, GoToNoAddressThatTheNetworkRulesForbid) {
  config_.network.allow = {};
  config_.uploads.give_up = std::chrono::milliseconds(0);
  config_.uploads.allow.push_back("http://localhost:" + std::to_string(server_->port()) + "/");
  start();

  ASSERT_TRUE(put(server_->uri("/in/a"), "x").ok());
  EXPECT_TRUE(wait_reason("URI_NOT_ALLOWED", true));
  news_.change([](auto& all) { all.clear(); });
  ASSERT_TRUE(put("http://localhost:" + std::to_string(server_->port()) + "/a", "x").ok());  // by its name
  EXPECT_TRUE(wait_reason("URI_NOT_ALLOWED", true));
  EXPECT_EQ(server_->seen().requests, 0U);
}

TEST_F(HttpUploads, ShowWhatTheConfigurationHasForTheAddress) {
  std::ofstream(folder_ + "/key") << "Bearer secret\n";
  config_.uploads.allow.push_back(server_->uri("/open/"));
  config_.uploads.authorization[server_->uri("/in/")] = folder_ + "/key";
  start();

  ASSERT_TRUE(put(server_->uri("/in/a"), "x").ok());
  ASSERT_TRUE(wait_stored(server_->uri("/in/a")));
  EXPECT_EQ(server_->seen().authorization, "Bearer secret");
  ASSERT_TRUE(put(server_->uri("/open/a"), "x").ok());
  ASSERT_TRUE(wait_stored(server_->uri("/open/a")));
  EXPECT_EQ(server_->seen().authorization, "");
}

TEST_F(HttpUploads, AreNotSentWithoutTheKeyThatTheConfigurationNames) {
  config_.uploads.authorization[server_->uri("/in/")] = folder_ + "/none";
  start();
  ASSERT_TRUE(put(server_->uri("/in/a"), "x").ok());
  EXPECT_TRUE(wait_reason("STORAGE_REFUSED"));
  EXPECT_EQ(server_->seen().requests, 0U);

  std::ofstream(folder_ + "/none") << "Bearer secret\n";

  ASSERT_TRUE(wait_stored(server_->uri("/in/a")));
  EXPECT_EQ(server_->seen().authorization, "Bearer secret");
}

TEST_F(HttpUploads, NeedASpoolAndPermission) {
  start();
  EXPECT_EQ(reason_of(put(server_->uri("/out/a"), "x")), "URI_NOT_ALLOWED");
  config_.spool.folder.clear();
  start();
  EXPECT_EQ(reason_of(uploads_->check(server_->uri("/in/a"))), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason_of(put(server_->uri("/in/a"), "x")), "URI_NOT_ALLOWED");
  config_.spool.folder = folder_ + "/spool";
}

TEST_F(HttpUploads, TakeNoMoreThanTheSpoolHoldsUntilTheStorageHasSomeOfIt) {
  config_.spool.max_bytes = 1000;
  server_->answer_with(503);
  start();
  ASSERT_TRUE(put(server_->uri("/in/a"), std::string(900, 'a')).ok());
  const auto path = uploads_->begin({server_->uri("/in/b"), "video/webm", "group", false});
  ASSERT_TRUE(path.ok()) << path.status();
  std::ofstream(*path) << std::string(200, 'b');

  EXPECT_EQ(reason_of(uploads_->grow(*path, 200)), "SPOOL_FULL");
  EXPECT_TRUE(uploads_->finish(*path).ok());
  EXPECT_EQ(reason_of(put(server_->uri("/in/c"), "c")), "SPOOL_FULL");
  server_->answer_with(201);

  ASSERT_TRUE(wait_stored(server_->uri("/in/b")));
  EXPECT_EQ(server_->seen().files.at("/in/b"), std::string(200, 'b'));
  EXPECT_TRUE(put(server_->uri("/in/c"), "c").ok());
  EXPECT_TRUE(wait_stored(server_->uri("/in/c")));
}

TEST_F(HttpUploads, AFileThatWasBeingWrittenIsNamedAfterARestart) {
  start();
  const auto path = uploads_->begin({server_->uri("/in/a"), "video/webm", "group", false});
  ASSERT_TRUE(path.ok());
  std::ofstream(*path) << "half";
  start();

  ASSERT_THAT(uploads_->interrupted(), ElementsAre(*path));
  ASSERT_TRUE(uploads_->finish(*path).ok());

  EXPECT_TRUE(wait_stored(server_->uri("/in/a")));
  EXPECT_EQ(server_->seen().files.at("/in/a"), "half");
}

}  // namespace
}  // namespace kms::storage
