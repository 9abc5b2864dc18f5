// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "kms-core/storage/uploads.hpp"
#include "tests/support/waiting.hpp"

namespace kms::storage {

// For tests: uploads of a configuration that is quick to try again, and what they tell. The test's thread.
class UploadsRig : public testing::Test {
 protected:
  UploadsRig() {
    std::string pattern = testing::TempDir() + "kms-uploads-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    config_.network.allow = {"127.0.0.0/8", "::1/128"};
    config_.spool.folder = folder_ + "/spool";
    config_.uploads.first_pause = std::chrono::milliseconds(20);
    config_.uploads.longest_pause = std::chrono::milliseconds(100);
    config_.uploads.patience = std::chrono::seconds(5);
  }
  ~UploadsRig() override {
    uploads_.reset();
    std::filesystem::remove_all(folder_);
  }

  // A server's start, after its end.
  void start() {
    uploads_.reset();
    auto started = Uploads::start(config_);
    ASSERT_TRUE(started.ok()) << started.status();
    uploads_ = *std::move(started);
    uploads_->listen("group", [this](const Uploads::News& news) {
      news_.change([&](auto& all) { all.push_back(news); });
    });
  }

  static std::string random_bytes(size_t size, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::string out(size, '\0');
    for (auto& byte : out) byte = static_cast<char>(random());
    return out;
  }
  static std::string content_of(const std::string& path) {
    std::stringstream all;
    all << std::ifstream(path, std::ios::binary).rdbuf();
    return all.str();
  }

  // Hands over a file; why not.
  Status put(const std::string& uri, const std::string& content, bool replaces = false) {
    const auto path = uploads_->begin({uri, "video/webm", "group", replaces});
    if (!path.ok()) return path.status();
    std::ofstream(*path, std::ios::binary) << content;
    return uploads_->finish(*path);
  }

  template <typename Predicate>
  bool wait_news(Predicate predicate) const {
    return news_.wait([&](const auto& all) { return std::any_of(all.begin(), all.end(), predicate); });
  }
  bool wait_stored(const std::string& uri) const {
    return wait_news([&](const auto& news) { return news.uri == uri && news.status.ok(); });
  }
  bool wait_reason(const std::string& reason, bool given_up = false) const {
    return wait_news([&](const auto& news) {
      return reason_of(news.status) == reason && news.given_up == given_up && !news.status.ok();
    });
  }
  std::vector<Uploads::News> news() const { return news_.copy(); }
  size_t spooled() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(config_.spool.folder), {})) -
           1;
  }

  std::string folder_;
  Config config_;
  test::Watched<std::vector<Uploads::News>> news_;
  std::unique_ptr<Uploads> uploads_;
};

}  // namespace kms::storage
