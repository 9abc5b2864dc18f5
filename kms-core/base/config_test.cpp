// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace kms {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

void expect_refused(const std::string& yaml, const std::string& reason, const std::string& words) {
  const auto parsed = parse_config(yaml);
  ASSERT_FALSE(parsed.ok()) << yaml;
  EXPECT_EQ(reason_of(parsed.status()), reason) << yaml;
  EXPECT_THAT(message_of(parsed.status()), HasSubstr(words)) << yaml;
}

TEST(Config, AnEmptyFileGivesTheDefaults) {
  const auto config = parse_config("");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->grpc_listen, "127.0.0.1:50051");
  EXPECT_EQ(config->limits.sessions, 2000U);
}

TEST(Config, ReadsEveryFormOfValue) {
  const auto config = parse_config(R"(
grpc_listen: "[::1]:0"
log_level: warn
drain_deadline: 500ms
limits:
  sessions: 7
  message_bytes: 2MiB
  request_id_life: 10m
keepalive: { time: 1s }
files:
  read: [/srv/media, /usr/share]
  state: /var/lib/kms
network:
  allow: [127.0.0.0/8, "fd00::/8"]
gstreamer_filter:
  allow: [videobalance]
rtc:
  max_connecting: 20
  engine: openssl
  hold_receivers: 3
  hold_longest: 5ms
  max_padding: 0
  segment: false
  disconnected_after: 6s
rtp:
  bind: 192.0.2.1
  announced: "2001:db8::1"
  ports: 4000-4999
  allow: [239.1.0.0/16]
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->grpc_listen, "[::1]:0");
  EXPECT_EQ(config->log_level, "warn");
  EXPECT_EQ(config->drain_deadline, 500ms);
  EXPECT_EQ(config->limits.sessions, 7U);
  EXPECT_EQ(config->limits.message_bytes, 2U << 20);
  EXPECT_EQ(config->limits.request_id_life, 600s);
  EXPECT_EQ(config->keepalive.time, 1s);
  EXPECT_THAT(config->files.read, ElementsAre("/srv/media", "/usr/share"));
  EXPECT_EQ(config->files.state, "/var/lib/kms");
  EXPECT_THAT(config->network.allow, ElementsAre("127.0.0.0/8", "fd00::/8"));
  EXPECT_EQ(config->rtc.max_connecting, 20U);
  EXPECT_EQ(config->rtc.engine, "openssl");
  EXPECT_EQ(config->rtc.hold_receivers, 3U);
  EXPECT_EQ(config->rtc.hold_longest, 5ms);
  EXPECT_EQ(config->rtc.max_padding, 0U);
  EXPECT_FALSE(config->rtc.segment);
  EXPECT_EQ(config->rtc.disconnected_after, 6s);
  EXPECT_EQ(config->rtp.bind, "192.0.2.1");
  EXPECT_EQ(config->rtp.announced, "2001:db8::1");
  EXPECT_EQ(config->rtp.first_port, 4000U);
  EXPECT_EQ(config->rtp.last_port, 4999U);
  EXPECT_THAT(config->rtp.allow, ElementsAre("239.1.0.0/16"));
}

TEST(Config, NamesAnUnknownKeyItsLineAndTheKnownOnes) {
  expect_refused("log_level: info\nlimits:\n  sesions: 3\n", "UNKNOWN_KEY", "line 3: \"limits.sesions\"");
  expect_refused("limits:\n  sesions: 3\n", "UNKNOWN_KEY", "request_ids, sessions");
  expect_refused("colour: red\n", "UNKNOWN_KEY", "drain_deadline");
}

TEST(Config, RefusesValuesOutOfRange) {
  expect_refused("limits: { sessions: 0 }", "CONFIG_INVALID", "from 1 to");
  expect_refused("limits: { sessions: -1 }", "CONFIG_INVALID", "\"limits.sessions\" is \"-1\"");
  expect_refused("limits: { sessions: 3.5 }", "CONFIG_INVALID", "whole number");
  expect_refused("limits: { sessions: 99999999999999999999999 }", "CONFIG_INVALID", "whole number");
  expect_refused("limits: { message_bytes: 2TB }", "CONFIG_INVALID", "size");
  expect_refused("drain_deadline: 30", "CONFIG_INVALID", "duration");
  expect_refused("log_level: loud", "CONFIG_INVALID", "one of debug, info");
  expect_refused("grpc_listen: 50051", "CONFIG_INVALID", "address");
  expect_refused("http_listen: example.org:80", "CONFIG_INVALID", "address");
  expect_refused("files: { read: srv }", "CONFIG_INVALID", "list");
  expect_refused("files: { read: [srv] }", "CONFIG_INVALID", "absolute");
  expect_refused("files: { write: [/srv/../etc] }", "CONFIG_INVALID", "absolute");
  expect_refused("files: { state: here }", "CONFIG_INVALID", "absolute");
  expect_refused("network: { allow: [127.0.0.1] }", "CONFIG_INVALID", "CIDR");
  expect_refused("network: { allow: [127.0.0.1/33] }", "CONFIG_INVALID", "CIDR");
  expect_refused("rtc: { engine: fast }", "CONFIG_INVALID", "one of auto, openssl, ipsec-mb");
  expect_refused("rtc: { max_connecting: 0 }", "CONFIG_INVALID", "from 1 to");
  expect_refused("rtc: { hold_receivers: 0 }", "CONFIG_INVALID", "from 1 to");
  expect_refused("rtc: { hold_longest: 2s }", "CONFIG_INVALID", "from 0ms to 1000ms");
  expect_refused("rtc: { max_padding: 256 }", "CONFIG_INVALID", "from 0 to 255");
  expect_refused("rtc: { segment: yes }", "CONFIG_INVALID", "true or false");
  expect_refused("rtc: { failed_after: 999ms }", "CONFIG_INVALID", "from 1000ms to 3600000ms");
  expect_refused("rtp: { bind: localhost }", "CONFIG_INVALID", "an IP address");
  expect_refused("rtp: { allow: [239.1.0.1] }", "CONFIG_INVALID", "CIDR");
  expect_refused("rtp: { ports: 4000 }", "CONFIG_INVALID", "two ports");
  expect_refused("rtp: { ports: 5000-4000 }", "CONFIG_INVALID", "two ports");
  expect_refused("rtp: { ports: 80-4000 }", "CONFIG_INVALID", "two ports");
}

TEST(Config, RefusesWhatIsNoMapping) {
  expect_refused("- a\n- b\n", "CONFIG_INVALID", "keys and values");
  expect_refused("limits: 3\n", "CONFIG_INVALID", "must have keys under it");
  expect_refused("limits: [3\n", "CONFIG_INVALID", "line");
  expect_refused("log_level: info\nlog_level: warn\n", "CONFIG_INVALID",
                 "line 2: \"log_level\" stands twice");
}

TEST(Config, SaysWhichFileCannotBeRead) {
  const auto loaded = load_config("/nowhere/kms.yaml");
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(reason_of(loaded.status()), "CONFIG_UNREADABLE");
  EXPECT_THAT(message_of(loaded.status()), HasSubstr("/nowhere/kms.yaml"));
}

TEST(Config, EveryKeyIsInTheDocumentation) {
  std::ifstream file(KMS_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << file.rdbuf();
  const auto keys = config_keys();
  ASSERT_GT(keys.size(), 20U);
  for (const auto& key : keys) EXPECT_THAT(text.str(), HasSubstr("| `" + key + "` |"));
}

}  // namespace
}  // namespace kms
