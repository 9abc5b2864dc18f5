// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/sdp/local_side.hpp"

namespace kms::rtc {

// M-lines of data channels: SCTP over DTLS (RFC 8841).

inline constexpr const char* kDataFormat = "webrtc-datachannel";

// True for one that kms could take: in use, and of the form of RFC 8841. Forms before it (a=sctpmap) are not.
bool is_data_line(const MediaDescription& media);

// What `theirs` says of the SCTP association.
NegotiatedLine read_data_line(const MediaDescription& theirs);

// One of ours, under `mid`; transport and candidates of `local`, setup left open.
MediaDescription data_line(const MediaDescription& shape, const std::string& mid, const LocalSide& local);

}  // namespace kms::rtc
