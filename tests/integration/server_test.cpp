// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/integration/fixture.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/raw_stream.hpp"

namespace kms::test {
namespace {

// grpc.health.v1.HealthCheckResponse with its one field, in bytes.
constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

// A UDP port that something else has.
class TakenUdpPort {
 public:
  TakenUdpPort() : socket_(socket(AF_INET6, SOCK_DGRAM, 0)) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, any, size), 0);
    EXPECT_EQ(getsockname(socket_, any, &size), 0);
    port_ = ntohs(address.sin6_port);
  }
  ~TakenUdpPort() { close(socket_); }
  TakenUdpPort(const TakenUdpPort&) = delete;
  TakenUdpPort& operator=(const TakenUdpPort&) = delete;
  uint16_t port() const { return port_; }

 private:
  const int socket_;
  uint16_t port_ = 0;
};

std::string get(const std::string& address, const std::string& path) {
  return http_exchange(address, "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

TEST(Server, SaysOverBothDoorsThatItIsHealthy) {
  Running kms;
  RawStream health(kms.client.channel, "/grpc.health.v1.Health/Check", "");
  EXPECT_EQ(health.read(), kServing);
  EXPECT_TRUE(get(kms.server.http(), "/healthz").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(get(kms.server.http(), "/").starts_with("HTTP/1.1 404"));
}

TEST(Server, ListsEveryServiceByReflection) {
  Running kms;
  const std::string list_services = "\x3a\x01*";  // ServerReflectionRequest.list_services = "*"
  RawStream reflection(kms.client.channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                       list_services);
  const auto services = reflection.read();
  ASSERT_TRUE(services);
  for (const auto* name : {"kms.v1.SessionService", "kms.v1.ElementService", "kms.v1.GraphService",
                           "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}) {
    EXPECT_NE(services->find(name), std::string::npos) << name;
  }
  v1::ListElementKindsResponse kinds;
  ASSERT_EQ(kms.client.call(*kms.client.elements, &v1::ElementService::Stub::ListElementKinds, {}, &kinds),
            "OK");
  for (const auto& kind : kinds.kinds()) {
    EXPECT_NE(services->find(kind.service()), std::string::npos) << kind.service();
  }
}

TEST(Server, DrainsOnSigtermAndTellsEverybody) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  ASSERT_EQ(kms.client.create_pass_through("sessions/a", "x"), "OK");
  EventReader reader(kms.client, "sessions/a");
  reader.wait_until_subscribed();
  RawStream health(kms.client.channel, "/grpc.health.v1.Health/Watch", "");
  ASSERT_EQ(health.read(), kServing);

  kms.server.process().signal(SIGTERM);

  const auto events = reader.rest();
  EXPECT_EQ(reader.end(), "OK");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back().session_closed().reason(), "SERVER_DRAINING");
  EXPECT_EQ(health.read(), kNotServing);
  EXPECT_EQ(kms.server.process().wait(std::chrono::seconds(20)), 0);
}

TEST(Server, LeavesAtOnceWhenThereIsNothingToDrain) {
  ServerProcess server;
  server.process().signal(SIGINT);
  EXPECT_EQ(server.process().wait(std::chrono::seconds(20)), 0);
}

TEST(Server, LeavesAlthoughASubscriberNeverReads) {
  Running kms("limits: { elements_per_session: 100000, creates_per_second: 100000 }");
  ASSERT_EQ(kms.client.create_session("a", 600), "OK");
  EventReader lazy(kms.client, "sessions/a");
  lazy.wait_until_subscribed();
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(kms.client.create_pass_through("sessions/a", ""), "OK");
  EXPECT_EQ(kms.server.stop(), 0);
}

TEST(Server, RefusesAWrongConfigurationAndNamesTheKey) {
  ServerProcess server("limits:\n  sesions: 3\n");
  EXPECT_EQ(server.process().wait(std::chrono::seconds(20)), 2);
  EXPECT_NE(server.log().find("UNKNOWN_KEY"), std::string::npos);
  EXPECT_NE(server.log().find("line 2: \"limits.sesions\""), std::string::npos);
}

TEST(Server, RefusesAConfigurationThatIsNoneOrNotThere) {
  ServerProcess invalid("limits: { sessions: 0 }");
  EXPECT_EQ(invalid.process().wait(std::chrono::seconds(20)), 2);
  EXPECT_NE(invalid.log().find("CONFIG_INVALID"), std::string::npos);
  const auto log = testing::TempDir() + "no-configuration-" + std::to_string(getpid()) + ".log";
  ChildProcess missing({KMS_SERVER, "--config", "/nowhere/kms.yaml"}, log);
  EXPECT_EQ(missing.wait(std::chrono::seconds(20)), 2);
  std::string said;
  std::getline(std::ifstream(log), said);
  EXPECT_NE(said.find("CONFIG_UNREADABLE"), std::string::npos) << said;
}

TEST(Server, RefusesWrongFlags) {
  ServerProcess unknown("", {"--colour", "red"});
  EXPECT_EQ(unknown.process().wait(std::chrono::seconds(20)), 2);
  ServerProcess address("", {"--grpc", "somewhere"});
  EXPECT_EQ(address.process().wait(std::chrono::seconds(20)), 2);
  EXPECT_NE(address.log().find("INVALID_ADDRESS"), std::string::npos);
}

TEST(Server, DoesNotShareAPort) {
  ServerProcess first;
  ServerProcess same_grpc("", {"--grpc", first.grpc(), "--http", "127.0.0.1:0"});
  EXPECT_EQ(same_grpc.process().wait(std::chrono::seconds(20)), 3);
  EXPECT_NE(same_grpc.log().find("LISTEN_FAILED"), std::string::npos);
  ServerProcess same_http("", {"--grpc", "127.0.0.1:0", "--http", first.http()});
  EXPECT_EQ(same_http.process().wait(std::chrono::seconds(20)), 3);
}

TEST(Server, RefusesAnRtcPortThatIsTaken) {
  const TakenUdpPort taken;
  ServerProcess server("rtc: { threads: 1, port: " + std::to_string(taken.port()) + " }");
  EXPECT_EQ(server.process().wait(std::chrono::seconds(20)), 3);
  EXPECT_NE(server.log().find("PORT_UNAVAILABLE"), std::string::npos);
}

TEST(Server, RefusesACertificateThatCannotBeUsed) {
  ServerProcess missing("rtc: { certificate: /nowhere/cert.pem, key: /nowhere/key.pem }");
  EXPECT_EQ(missing.process().wait(std::chrono::seconds(20)), 2);
  EXPECT_NE(missing.log().find("CERTIFICATE_UNREADABLE"), std::string::npos);
  ServerProcess rubbish("rtc: { certificate: /etc/passwd, key: /etc/passwd }");
  EXPECT_EQ(rubbish.process().wait(std::chrono::seconds(20)), 2);
  EXPECT_NE(rubbish.log().find("CERTIFICATE_INVALID"), std::string::npos);
}

TEST(Server, ListensOutsideLoopbackOnlyWhenToldAndWarns) {
  ServerProcess inside;
  EXPECT_EQ(inside.log().find("outside loopback"), std::string::npos);
  ServerProcess outside("", {"--grpc", "0.0.0.0:0", "--http", "127.0.0.1:0"});
  EXPECT_TRUE(outside.grpc().starts_with("0.0.0.0:"));
  EXPECT_NE(outside.log().find("outside loopback"), std::string::npos);
}

TEST(Server, TellsItsVersion) {
  ChildProcess server({KMS_SERVER, "--version"}, "/dev/null");
  EXPECT_TRUE(server.read_line().starts_with("kms-server "));
  EXPECT_EQ(server.wait(std::chrono::seconds(20)), 0);
}

TEST(Server, NeedsNoThreadForASessionOrAStream) {
  Running kms;
  ASSERT_EQ(kms.client.create_session("warm"), "OK");
  EventReader warm(kms.client, "sessions/warm");
  warm.wait_until_subscribed();
  const auto before = level_of(kms.server);

  std::vector<std::unique_ptr<EventReader>> readers;
  for (int i = 0; i < 200; ++i) {
    const auto id = "s" + std::to_string(i);
    ASSERT_EQ(kms.client.create_session(id), "OK");
    readers.push_back(std::make_unique<EventReader>(kms.client, "sessions/" + id));
    readers.back()->wait_until_subscribed();
  }

  EXPECT_TRUE(came_back_to(before, [&] { return level_of(kms.server); }));
}

}  // namespace
}  // namespace kms::test
