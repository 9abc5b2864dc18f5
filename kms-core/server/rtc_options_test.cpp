// SPDX-License-Identifier: Apache-2.0
#include "kms-core/server/rtc_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kms::server {
namespace {

using namespace std::chrono_literals;
using rtc::SrtpEngineChoice;

rtc::ServerOptions options_of(const std::string& yaml) {
  const auto config = parse_config(yaml);
  EXPECT_TRUE(config.ok()) << config.status();
  const auto options = config.ok() ? rtc_options(config->rtc) : config.status();
  EXPECT_TRUE(options.ok()) << options.status();
  return options.value_or(rtc::ServerOptions{});
}

TEST(RtcOptions, OfAnEmptyFileAreThoseOfTheLibrary) {
  const auto given = options_of("");
  const rtc::ServerOptions wanted;

  EXPECT_EQ(given.threads, wanted.threads);
  EXPECT_EQ(given.port, wanted.port);
  EXPECT_EQ(given.announced, wanted.announced);
  EXPECT_EQ(given.engine, wanted.engine);
  EXPECT_EQ(given.hold.min_receivers, wanted.hold.min_receivers);
  EXPECT_EQ(given.hold.longest, wanted.hold.longest);
  EXPECT_EQ(given.hold.max_padding, wanted.hold.max_padding);
  EXPECT_EQ(given.segment, wanted.segment);
  EXPECT_EQ(given.silence.disconnected, wanted.silence.disconnected);
  EXPECT_EQ(given.silence.failed, wanted.silence.failed);
}

TEST(RtcOptions, CarryEveryKeyOfTheBatchingPolicyAndOfSilence) {
  const auto options = options_of(
      "rtc: { threads: 3, port: 4000, announced: [192.0.2.1], engine: openssl, hold_receivers: 4,\n"
      "       hold_longest: 7ms, max_padding: 9, segment: false, disconnected_after: 4s, failed_after: 9s }");

  EXPECT_EQ(options.threads, 3u);
  EXPECT_EQ(options.port, 4000);
  EXPECT_EQ(options.announced, std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(options.engine, SrtpEngineChoice::kOpenSsl);
  EXPECT_EQ(options.hold.min_receivers, 4u);
  EXPECT_EQ(options.hold.longest, 7ms);
  EXPECT_EQ(options.hold.max_padding, 9);
  EXPECT_FALSE(options.segment);
  EXPECT_EQ(options.silence.disconnected, 4s);
  EXPECT_EQ(options.silence.failed, 9s);
}

TEST(RtcOptions, ReadTheCertificateAndItsKey) {
  std::string folder = testing::TempDir() + "kms-rtc-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  folder += '/';
  std::ofstream(folder + "certificate.pem") << "the certificate";
  std::ofstream(folder + "key.pem") << "the key";
  const auto files = "rtc: { certificate: " + folder + "certificate.pem, key: " + folder;

  const auto options = options_of(files + "key.pem }");
  EXPECT_EQ(options.certificate, "the certificate");
  EXPECT_EQ(options.key, "the key");

  const auto missing = rtc_options(parse_config(files + "nowhere.pem }")->rtc);
  EXPECT_EQ(reason_of(missing.status()), "CERTIFICATE_UNREADABLE");
  EXPECT_THAT(message_of(missing.status()), testing::HasSubstr("nowhere.pem"));
  std::filesystem::remove_all(folder);
}

TEST(RtcOptions, NameEachEngine) {
  EXPECT_EQ(options_of("rtc: { engine: auto }").engine, SrtpEngineChoice::kBest);
  EXPECT_EQ(options_of("rtc: { engine: ipsec-mb }").engine, SrtpEngineChoice::kIpsecMb);
}

}  // namespace
}  // namespace kms::server
