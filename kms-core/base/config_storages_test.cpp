// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/base/config.hpp"

namespace kms {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ConfigStorages, AreReadByName) {
  const auto config = parse_config(R"(
storages:
  main: {endpoint: "https://s3.example.org", region: eu-1, access_key: AK, secret_key_file: /etc/kms/key, buckets: [rec, a.b]}
  near: {endpoint: "http://127.0.0.1:9000", access_key: AK, secret_key_file: /k, buckets: [rec], style: host}
uploads:
  allow: ["https://media.example.org/recordings/"]
  authorization: {"https://media.example.org/": /etc/kms/media.key}
  parallel: 2
  part_bytes: 5MiB
  give_up: 2h
spool:
  folder: /var/spool/kms
  max_bytes: 20GiB
)");

  ASSERT_TRUE(config.ok()) << config.status();
  const auto& main = config->storages.at("main");
  EXPECT_EQ(main.endpoint, "https://s3.example.org");
  EXPECT_EQ(main.region, "eu-1");
  EXPECT_EQ(main.access_key, "AK");
  EXPECT_EQ(main.secret_key_file, "/etc/kms/key");
  EXPECT_THAT(main.buckets, ElementsAre("rec", "a.b"));
  EXPECT_TRUE(main.path_style);
  EXPECT_FALSE(config->storages.at("near").path_style);
  EXPECT_THAT(config->uploads.allow, ElementsAre("https://media.example.org/recordings/"));
  EXPECT_EQ(config->uploads.authorization.at("https://media.example.org/"), "/etc/kms/media.key");
  EXPECT_EQ(config->uploads.parallel, 2U);
  EXPECT_EQ(config->uploads.part_bytes, 5U << 20);
  EXPECT_EQ(config->uploads.give_up, std::chrono::hours(2));
  EXPECT_EQ(config->spool.folder, "/var/spool/kms");
  EXPECT_EQ(config->spool.max_bytes, uint64_t{20} << 30);
}

TEST(ConfigStorages, WhatIsIncompleteOrUnknownIsRefused) {
  const std::string whole = "endpoint: http://h, access_key: a, secret_key_file: /k, buckets: [b]";
  ASSERT_TRUE(parse_config("storages: {m: {" + whole + "}}").ok());
  for (const std::string& bad :
       {std::string("storages: [m]"), std::string("storages: {m: 1}"), "storages: {M: {" + whole + "}}",
        "storages: {m: {" + whole + ", colour: red}}", "storages: {m: {" + whole + ", style: other}}",
        std::string("storages: {m: {endpoint: http://h, access_key: a, buckets: [b]}}"),
        std::string("storages: {m: {endpoint: http://h/x, access_key: a, "
                    "secret_key_file: /k, buckets: [b]}}"),
        std::string("storages: {m: {endpoint: http://h, access_key: a, secret_key_file: "
                    "/k, buckets: []}}")}) {
    const auto config = parse_config(bad);
    EXPECT_EQ(reason_of(config.status()), "CONFIG_INVALID") << bad;
  }
}

TEST(ConfigStorages, AnUploadPrefixIsAWholePath) {
  for (const auto* bad : {"https://host", "ftp://host/a/", "https:///a/", "https://host/a",
                          "https://u@host/a/", "https://host/../a/", "https://host/a?b/"}) {
    const auto config = parse_config(std::string("uploads: {allow: [\"") + bad + "\"]}");
    EXPECT_THAT(message_of(config.status()), HasSubstr("uploads.allow")) << bad;
  }
  EXPECT_EQ(reason_of(parse_config("uploads: {authorization: {\"https://host/a/\": key}}").status()),
            "CONFIG_INVALID");
}

}  // namespace
}  // namespace kms
