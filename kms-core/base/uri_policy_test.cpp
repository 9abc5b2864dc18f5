// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/uri_policy.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace kms {
namespace {

namespace fs = std::filesystem;

// A folder that may be read and written, and one beside it that may not.
class UriPolicyTest : public testing::Test {
 protected:
  UriPolicyTest() {
    std::string pattern = (fs::temp_directory_path() / "kms-uri-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    fs::create_directories(root_ / "media/sub");
    fs::create_directories(root_ / "media-private");
    for (const auto* name : {"media/clip.webm", "media/sub/a b.webm", "media-private/secret.webm"}) {
      std::ofstream(root_ / name) << "x";
    }
    config_.files.read = {(root_ / "media").string()};
    config_.files.write = {(root_ / "media").string() + "/"};
  }
  ~UriPolicyTest() override { fs::remove_all(root_); }

  std::string uri(const std::string& path) const { return "file://" + (root_ / path).string(); }
  std::string read(const std::string& text) const { return answer(UriPolicy(config_).readable_file(text)); }
  std::string write(const std::string& text) const { return answer(UriPolicy(config_).writable_file(text)); }
  std::string at(const std::string& path) const { return (fs::canonical(root_) / path).string(); }

  static std::string answer(const Result<std::string>& result) {
    return result.ok() ? *result : reason_of(result.status());
  }

  fs::path root_;
  Config config_;
};

TEST_F(UriPolicyTest, AnswersThePathOfAFileInAListedFolder) {
  EXPECT_EQ(read(uri("media/clip.webm")), at("media/clip.webm"));
  EXPECT_EQ(read(uri("media/sub/a%20b.webm")), at("media/sub/a b.webm"));
  EXPECT_EQ(read("file://localhost" + (root_ / "media/clip.webm").string()), at("media/clip.webm"));
}

TEST_F(UriPolicyTest, SaysWhatIsWrongWithWhatIsNoFileUri) {
  const auto text_of = [&](const std::string& uri) {
    const auto status = UriPolicy(config_).writable_file(uri).status();
    EXPECT_EQ(reason_of(status), "INVALID_OPTIONS");
    return message_of(status);
  };
  EXPECT_EQ(text_of(""), "no URI is given: file:///absolute/path");
  EXPECT_EQ(text_of("/srv/a.webm"),
            "\"/srv/a.webm\" is no file URI: a path alone, which would be file:///srv/a.webm; allowed is "
            "file:///absolute/path");
  EXPECT_EQ(text_of("s4://a/b.webm"),
            "\"s4://a/b.webm\" is no file URI: its scheme is \"s4\"; allowed is file:///absolute/path");
  EXPECT_EQ(text_of("a.webm"),
            "\"a.webm\" is no file URI: it has no scheme; allowed is file:///absolute/path");
}

TEST_F(UriPolicyTest, LetsAMissingFilePassSoThatOpeningItSaysSo) {
  EXPECT_EQ(read(uri("media/none.webm")), at("media/none.webm"));
}

TEST_F(UriPolicyTest, RefusesWhatIsOutsideWhetherItExistsOrNot) {
  EXPECT_EQ(read(uri("media-private/secret.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(read(uri("media-private/none.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(read("file:///etc/passwd"), "URI_NOT_ALLOWED");
}

TEST_F(UriPolicyTest, RefusesDotDotEvenWhenItStaysInside) {
  EXPECT_EQ(read(uri("media/../media-private/secret.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(read(uri("media/%2e%2e/media/clip.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(write(uri("media/../x.webm")), "URI_NOT_ALLOWED");
}

TEST_F(UriPolicyTest, FollowsSymbolicLinksBeforeItJudges) {
  fs::create_symlink(root_ / "media-private/secret.webm", root_ / "media/out.webm");
  fs::create_symlink(root_ / "media-private", root_ / "media/outside");
  fs::create_symlink("clip.webm", root_ / "media/in.webm");

  EXPECT_EQ(read(uri("media/out.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(read(uri("media/outside/secret.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(read(uri("media/in.webm")), at("media/clip.webm"));
  EXPECT_EQ(write(uri("media/outside/new.webm")), "URI_NOT_ALLOWED");
}

TEST_F(UriPolicyTest, RefusesALinkThatLeadsNowhereBecauseWritingWouldFollowIt) {
  fs::create_symlink(root_ / "media-private/none.webm", root_ / "media/dangling.webm");
  fs::create_symlink(root_ / "media-private/none", root_ / "media/dangling");
  fs::create_symlink("circle.webm", root_ / "media/circle.webm");

  EXPECT_EQ(write(uri("media/dangling.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(write(uri("media/dangling/new.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(write(uri("media/circle.webm")), "URI_NOT_ALLOWED");
}

TEST_F(UriPolicyTest, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(mkfifo((root_ / "media/pipe.webm").c_str(), 0600), 0);
  EXPECT_EQ(read(uri("media/pipe.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(read(uri("media/sub")), "URI_NOT_ALLOWED");
  EXPECT_EQ(write(uri("media/sub")), "URI_NOT_ALLOWED");
  EXPECT_EQ(read(uri("media")), "URI_NOT_ALLOWED");
}

TEST_F(UriPolicyTest, AnswersWhereToWriteAlsoInFoldersThatAreMissing) {
  EXPECT_EQ(write(uri("media/new.webm")), at("media/new.webm"));
  EXPECT_EQ(write(uri("media/a/b/new.webm")), at("media/a/b/new.webm"));
  EXPECT_EQ(write(uri("media/clip.webm")), at("media/clip.webm"));
  EXPECT_FALSE(fs::exists(root_ / "media/a"));
}

TEST_F(UriPolicyTest, SaysWhatIsNoFileUri) {
  for (const auto& text :
       {std::string(), std::string("clip.webm"), std::string("/tmp/clip.webm"),
        std::string("http://127.0.0.1/clip.webm"), std::string("file://elsewhere/clip.webm"),
        std::string("file:///tmp/%00"), uri("media/"), uri("media/x") + '\0' + "y"}) {
    EXPECT_EQ(read(text), "INVALID_OPTIONS") << text;
    EXPECT_EQ(write(text), "INVALID_OPTIONS") << text;
  }
}

TEST_F(UriPolicyTest, AllowsNothingWhenNoFolderIsListed) {
  config_.files = {};
  EXPECT_EQ(read(uri("media/clip.webm")), "URI_NOT_ALLOWED");
  EXPECT_EQ(write(uri("media/new.webm")), "URI_NOT_ALLOWED");
}

TEST_F(UriPolicyTest, TheRootFolderHoldsEverything) {
  config_.files.read = {"/"};
  EXPECT_EQ(read(uri("media/clip.webm")), at("media/clip.webm"));
}

}  // namespace
}  // namespace kms
