// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/record_guard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace kms::rtc {
namespace {

struct Record {
  uint8_t type = 22;
  uint16_t version = 0xfefd;
  uint16_t epoch = 0;
  std::vector<uint8_t> body = {};
};

std::vector<uint8_t> bytes_of(const Record& record) {
  std::vector<uint8_t> out(13 + record.body.size());
  out[0] = record.type;
  store_u16(&out[1], record.version);
  store_u16(&out[3], record.epoch);
  store_u16(&out[11], static_cast<uint16_t>(record.body.size()));
  std::ranges::copy(record.body, out.begin() + 13);
  return out;
}

// A fragment of a handshake message: `size` of all, `offset` and `count` of this part.
std::vector<uint8_t> fragment(uint32_t size, uint32_t offset, uint32_t count) {
  std::vector<uint8_t> out(12 + count);
  out[0] = 1;
  store_u24(&out[1], size);
  store_u24(&out[6], offset);
  store_u24(&out[9], count);
  return out;
}

bool admits(const Record& record, bool connected = false) {
  return RecordGuard().admits(bytes_of(record), connected);
}

TEST(RecordGuard, LetsWellFormedRecordsThrough) {
  EXPECT_TRUE(admits({.body = fragment(100, 0, 100)}));
  EXPECT_TRUE(admits({.version = 0xfeff, .body = fragment(100, 50, 50)}));
  EXPECT_TRUE(admits({.type = 21, .body = {2, 40}}));
  EXPECT_TRUE(admits({.epoch = 1, .body = {1, 2, 3}}));
}

TEST(RecordGuard, DropsWhatIsNoDtls) {
  EXPECT_FALSE(RecordGuard().admits({}, false));
  EXPECT_FALSE(admits({.type = 19}));
  EXPECT_FALSE(admits({.type = 24})) << "heartbeat";
  EXPECT_FALSE(admits({.version = 0x0303})) << "TLS";
  EXPECT_FALSE(admits({.epoch = 2})) << "nobody renegotiates";
}

TEST(RecordGuard, DropsTruncatedRecords) {
  const auto whole = bytes_of({.body = fragment(20, 0, 20)});
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(RecordGuard().admits(Bytes(whole).first(size), false)) << size;
  }
}

TEST(RecordGuard, DropsMessagesThatAreTooLargeOrOverrun) {
  EXPECT_FALSE(admits({.body = fragment(RecordGuard::kMaxMessageSize + 1, 0, 10)}));
  EXPECT_FALSE(admits({.body = fragment(0xffffff, 0, 10)}));
  EXPECT_FALSE(admits({.body = fragment(100, 95, 10)}));
  auto body = fragment(100, 0, 10);
  store_u24(&body[9], 50);
  EXPECT_FALSE(admits({.body = body}));
}

TEST(RecordGuard, BoundsEncryptedRecordsDuringTheHandshake) {
  RecordGuard guard;
  const auto early = bytes_of({.epoch = 1, .body = {1, 2, 3}});
  for (uint32_t i = 0; i < RecordGuard::kMaxEarlyRecords; ++i) EXPECT_TRUE(guard.admits(early, false));
  EXPECT_FALSE(guard.admits(early, false));
  EXPECT_TRUE(guard.admits(early, true));
}

TEST(RecordGuard, BoundsTheDatagramsOfAHandshake) {
  RecordGuard guard;
  const auto datagram = bytes_of({.body = fragment(10, 0, 10)});
  for (uint32_t i = 0; i < RecordGuard::kMaxDatagrams; ++i) EXPECT_TRUE(guard.admits(datagram, false));
  EXPECT_FALSE(guard.admits(datagram, false));
  EXPECT_TRUE(guard.admits(datagram, true));
}

}  // namespace
}  // namespace kms::rtc
