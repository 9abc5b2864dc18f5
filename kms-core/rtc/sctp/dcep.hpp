// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "kms-core/rtc/sctp/data_channel_options.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

// The data channel establishment protocol, RFC 8832: how one side tells the other what a stream is.
namespace kms::rtc::dcep {

struct Open {
  DataChannelOptions options;  // never negotiated_id
};
struct Ack {};
// Why it is no message: for the log, a constant.
struct Malformed {
  const char* why;
};
using Message = std::variant<Open, Ack, Malformed>;

// Labels beyond kMaxDataLabel and what is no UTF-8 are malformed here.
Message read(Bytes bytes);
std::vector<uint8_t> write_open(const DataChannelOptions& options);
std::vector<uint8_t> write_ack();

}  // namespace kms::rtc::dcep
