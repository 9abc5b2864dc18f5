// SPDX-License-Identifier: Apache-2.0
// Clients that are slow, silent or too many.
#include <gtest/gtest.h>

#include <thread>

#include "kms-core/http/http_server.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/waiting.hpp"

namespace kms::http {
namespace {

using namespace std::chrono_literals;
using test::http_exchange;

class HttpLimitsTest : public testing::Test {
 protected:
  void start(const HttpServer::Limits& limits) {
    auto started = HttpServer::start("127.0.0.1:0", limits);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    server_->route("/", [this](const Request& request, HttpServer::Answer answer) {
      ++calls_;
      answer({.body = std::to_string(request.body.size())});
    });
  }
  // Reads until the server closes; the client itself never does.
  std::string send(const std::string& request) const { return http_exchange(server_->address(), request); }

  // Also to a client that was too slow before.
  bool answers() const {
    return test::eventually([&] {
      return send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200");
    });
  }

  std::atomic<int> calls_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpLimitsTest, ClosesConnectionsThatSayNothingOrNotAll) {
  start({.to_ask = 100ms});

  EXPECT_EQ(send(""), "");
  EXPECT_EQ(send("POST / HTTP/1.1\r\nHost: x\r\n"), "");
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nnot all"), "");
  EXPECT_EQ(calls_, 0);
}

TEST_F(HttpLimitsTest, AnAnswerEndsItsConnection) {
  start({});
  const auto before = test::ProcessLevel::now();

  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    const auto reply = send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200"));
    EXPECT_NE(reply.find("Connection: close\r\n"), std::string::npos) << reply;
  }

  EXPECT_LT(std::chrono::steady_clock::now() - began, 9s) << "after which a client gives up";
  EXPECT_EQ(calls_, 20);
  EXPECT_TRUE(test::came_back_to(before)) << "connections were kept";
}

TEST_F(HttpLimitsTest, GivesUpAnAnswerThatDoesNotCome) {
  start({.to_answer = 1s});
  HttpServer::Answer kept;
  server_->route("/never", [&](const Request&, HttpServer::Answer answer) { kept = std::move(answer); });

  EXPECT_EQ(send("GET /never HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "");

  kept({});
  EXPECT_TRUE(answers());
}

TEST_F(HttpLimitsTest, HasSoManyConnectionsAtATimeAndLaterOthers) {
  start({.connections = 2, .to_ask = 300ms});
  std::vector<std::thread> silent;
  for (int i = 0; i < 6; ++i) silent.emplace_back([&] { EXPECT_EQ(send(""), ""); });
  for (auto& thread : silent) thread.join();

  EXPECT_TRUE(answers());
}

TEST_F(HttpLimitsTest, ABodyOfTenMegabytesIsRefusedAndNotKept) {
  start({});
  const std::string large(10'000'000, 'x');

  EXPECT_TRUE(
      send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\nConnection: close\r\n\r\n" + large)
          .starts_with("HTTP/1.1 413"));
  EXPECT_EQ(calls_, 0);
}

TEST_F(HttpLimitsTest, HeadersWithoutEndAreRefused) {
  start({.to_ask = 2s});
  std::string endless = "GET / HTTP/1.1\r\nHost: x\r\n";
  while (endless.size() < 10'000'000) endless += "X-More: " + std::string(1000, 'x') + "\r\n";

  const auto reply = send(endless + "Connection: close\r\n\r\n");

  EXPECT_FALSE(reply.starts_with("HTTP/1.1 200")) << reply;
  EXPECT_EQ(calls_, 0);
}

}  // namespace
}  // namespace kms::http
