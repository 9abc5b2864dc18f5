// SPDX-License-Identifier: Apache-2.0
// Uploads to an object storage whose faults come when they are wanted.
#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <optional>

#include "kms-core/storage/uploads_rig.hpp"
#include "tests/support/put_server.hpp"

namespace kms::storage {
namespace {

using Call = test::PutServer::Call;
using Reply = test::PutServer::Reply;
using testing::HasSubstr;

constexpr size_t kPart = 5U << 20;
constexpr char kUri[] = "s3://main/rec/large.webm";

std::string value_in(const std::string& query, const std::string& name) {
  const auto at = query.find(name + "=");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 1;
  return query.substr(begin, query.find('&', begin) - begin);
}

Reply fault(unsigned code, const std::string& word) {
  return {code, "<?xml version=\"1.0\"?><Error><Code>" + word + "</Code></Error>"};
}

// As much of an object storage as an upload in parts asks for: one object.
struct Storage {
  std::map<std::string, std::map<std::string, std::string>> uploads;  // parts by number, by upload
  std::map<std::string, unsigned> puts;                               // how often each number came
  unsigned begun = 0;
  unsigned ends = 0;
  std::string object;

  Reply begin() {
    const auto id = "upload-" + std::to_string(++begun);
    uploads[id] = {};
    return {200, "<R><UploadId>" + id + "</UploadId></R>"};
  }
  Reply put(std::map<std::string, std::string>& parts, const std::string& number, const std::string& body) {
    ++puts[number];
    parts[number] = body;
    return {200, "", {{"ETag", "\"tag-" + number + "\""}}};
  }
  Reply end(const std::string& id) {
    ++ends;
    object.clear();
    for (const auto& [number, bytes] : uploads.at(id)) object += bytes;
    uploads.erase(id);
    return {200, "<R><ETag>whole</ETag></R>"};
  }
  Reply answer(const Call& call) {
    const auto id = value_in(call.query, "uploadId");
    if (id.empty()) return begin();
    const auto found = uploads.find(id);
    if (found == uploads.end()) return fault(404, "NoSuchUpload");
    const auto number = value_in(call.query, "partNumber");
    return number.empty() ? end(id) : put(found->second, number, call.body);
  }
};

bool is_part(const Call& call, const std::string& number) {
  return call.method == "PUT" && value_in(call.query, "partNumber") == number;
}
bool is_end(const Call& call) { return call.method == "POST" && !value_in(call.query, "uploadId").empty(); }

class FaultyS3 : public UploadsRig {
 protected:
  FaultyS3() {
    std::ofstream(folder_ + "/secret") << "secret\n";
    config_.uploads.part_bytes = kPart;
    config_.storages["main"] = {.endpoint = server_.uri(""),
                                .access_key = "key",
                                .secret_key_file = folder_ + "/secret",
                                .buckets = {"rec"}};
  }

  // The first call that `when` holds for is answered by `how`, unless that has no answer.
  void fail_once(std::function<bool(const Call&)> when, std::function<std::optional<Reply>()> how) {
    server_.answer_by([this, when = std::move(when), how = std::move(how),
                       done = false](const Call& call) mutable -> Reply {
      std::optional<Reply> out;
      if (!done && when(call)) {
        done = true;
        out = how();
      }
      return out ? *out : storage_.answer(call);
    });
  }
  std::string upload() {
    start();
    auto content = random_bytes(2 * kPart + 12345);
    EXPECT_TRUE(put(kUri, content).ok());
    EXPECT_TRUE(wait_stored(kUri));
    EXPECT_EQ(spooled(), 0U);
    return content;
  }

  Storage storage_;  // on the server's thread; the test looks when all is stored
  test::PutServer server_;
};

TEST_F(FaultyS3, BeginAnewWhenTheStorageForgetsAnUploadBetweenItsParts) {
  fail_once([](const auto& call) { return is_part(call, "2"); },
            [this] {
              storage_.uploads.clear();
              return std::nullopt;
            });

  const auto content = upload();

  EXPECT_TRUE(storage_.object == content);
  EXPECT_EQ(storage_.begun, 2U);
  EXPECT_EQ(reason_of(news().at(0).status), "STORAGE_UNREACHABLE");
  EXPECT_THAT(message_of(news().at(0).status), HasSubstr("NoSuchUpload"));
}

TEST_F(FaultyS3, BeginAnewWhenTheStorageForgetsAnUploadBeforeItsEnd) {
  fail_once(is_end, [this] {
    storage_.uploads.clear();
    return std::nullopt;
  });

  const auto content = upload();

  EXPECT_TRUE(storage_.object == content);
  EXPECT_EQ(storage_.begun, 2U);
  EXPECT_EQ(storage_.puts.at("1"), 2U);
}

TEST_F(FaultyS3, BeginAnewWhenTheStorageHasLostAPart) {
  fail_once(is_end, [] { return fault(400, "InvalidPart"); });

  const auto content = upload();

  EXPECT_TRUE(storage_.object == content);
  EXPECT_EQ(storage_.begun, 2U);
}

TEST_F(FaultyS3, GoOnWithTheSameUploadWhenTheStorageIsBusy) {
  fail_once([](const auto& call) { return is_part(call, "2"); }, [] { return fault(503, "SlowDown"); });

  const auto content = upload();

  EXPECT_TRUE(storage_.object == content);
  EXPECT_EQ(storage_.begun, 1U);
  EXPECT_EQ(storage_.puts.at("1"), 1U);
}

// Object storages say "200" while they still put the parts together.
TEST_F(FaultyS3, AskOnceMoreWhenTheEndIsAnsweredByAnErrorThatIsCalledOk) {
  fail_once(is_end, [] { return fault(200, "InternalError"); });

  const auto content = upload();

  EXPECT_TRUE(storage_.object == content);
  EXPECT_EQ(storage_.begun, 1U);
  EXPECT_EQ(storage_.ends, 1U);
  EXPECT_EQ(storage_.puts.at("1"), 1U);
}

TEST_F(FaultyS3, FollowNoRedirection) {
  test::PutServer stranger;
  config_.uploads.give_up = std::chrono::milliseconds(0);
  server_.answer_by([&](const Call&) -> Reply {
    return {307, "", {{"Location", stranger.uri("/rec/large.webm")}}};
  });
  start();

  ASSERT_TRUE(put(kUri, "content").ok());

  EXPECT_TRUE(wait_reason("STORAGE_REFUSED", true));
  EXPECT_EQ(stranger.seen().requests, 0U);
}

TEST_F(FaultyS3, GoToNoAddressThatTheNetworkRulesForbid) {
  config_.network.allow = {};
  config_.uploads.give_up = std::chrono::milliseconds(0);
  start();

  ASSERT_TRUE(put(kUri, "content").ok());

  EXPECT_TRUE(wait_reason("URI_NOT_ALLOWED", true));
  EXPECT_EQ(server_.seen().requests, 0U);
}

}  // namespace
}  // namespace kms::storage
