// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/http_server.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "kms-core/base/host_port.hpp"
#include "kms-core/http/health.hpp"
#include "tests/support/http_client.hpp"

namespace kms::http {
namespace {

using test::http_exchange;

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = HttpServer::start("127.0.0.1:0");
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  std::string send(const std::string& request) { return http_exchange(server_->address(), request); }
  std::string get(const std::string& path) {
    return send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, SaysWhetherItServes) {
  std::atomic<bool> serving = true;
  add_health(*server_, [&] { return serving.load(); });

  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200"));
  serving = false;
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 503"));
  EXPECT_TRUE(get("/healthz/x").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(send("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(get("/").starts_with("HTTP/1.1 404"));
}

TEST_F(HttpServerTest, GivesHandlersTheWholeRequestAndTakesAnswersFromOtherThreads) {
  Request seen;
  std::thread worker;
  server_->route("/echo", [&](Request request, HttpServer::Answer answer) {
    seen = std::move(request);
    worker = std::thread([answer = std::move(answer)]() mutable {
      answer({.status = 201, .type = "application/sdp", .body = "v=0", .headers = {{"Location", "/echo/1"}}});
    });
  });

  const auto reply = send(
      "POST /echo/a?b=c HTTP/1.1\r\nHost: x\r\nX-Thing: y\r\nContent-Length: 4\r\nConnection: "
      "close\r\n\r\nbody");

  worker.join();
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 201")) << reply;
  EXPECT_NE(reply.find("Location: /echo/1"), std::string::npos) << reply;
  EXPECT_TRUE(reply.ends_with("v=0")) << reply;
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/echo/a");
  EXPECT_EQ(seen.query, "b=c");
  EXPECT_EQ(seen.headers["x-thing"], "y");
  EXPECT_EQ(seen.body, "body");
}

TEST_F(HttpServerTest, ADroppedAnswerIsA500AndALateOneIsIgnored) {
  HttpServer::Answer kept;
  server_->route("/drop", [](const Request&, const HttpServer::Answer&) {});
  EXPECT_TRUE(get("/drop").starts_with("HTTP/1.1 500"));

  std::atomic<bool> asked = false;
  server_->route("/keep", [&](const Request&, HttpServer::Answer answer) {
    kept = std::move(answer);
    asked = true;
    asked.notify_all();
  });
  std::thread client([&] { get("/keep"); });
  asked.wait(false);
  server_.reset();
  kept({});
  client.join();
}

TEST_F(HttpServerTest, RefusesLargeBodiesWithoutKeepingThem) {
  std::atomic<int> calls = 0;
  server_->route("/", [&](const Request&, HttpServer::Answer answer) {
    ++calls;
    answer({});
  });
  const std::string large(2'000'000, 'x');
  EXPECT_TRUE(
      send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\nConnection: close\r\n\r\n" + large)
          .starts_with("HTTP/1.1 413"));
  std::string chunked =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunked += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  EXPECT_TRUE(send(chunked + "0\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(get("/").starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ATakenPortIsAnError) {
  const auto second = HttpServer::start(server_->address());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(reason_of(second.status()), "LISTEN_FAILED");
  EXPECT_EQ(reason_of(HttpServer::start("nowhere").status()), "INVALID_ADDRESS");
}

}  // namespace
}  // namespace kms::http
