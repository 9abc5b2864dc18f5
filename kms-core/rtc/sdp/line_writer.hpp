// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/sdp/local_side.hpp"

namespace kms::rtc {

// M-lines of our own descriptions.

// The refusal of an offered m-line: port 0, nothing promised (RFC 9429 section 5.3.1).
MediaDescription rejected_line(const MediaDescription& offered);

// An m-line with what `line` agreed on; transport and candidates of `local`, setup left open.
MediaDescription accepted_line(const MediaDescription& offered, const NegotiatedLine& line,
                               const LocalSide& local);

// Says which track goes out on `media`.
void write_track(const SentTrack& track, const NegotiatedLine& line, MediaDescription& media);

// Says what we want to receive at most, each line of pictures its part; 0: nothing.
void limit_video(uint64_t max_bps, SessionDescription& session);

// The transport part of a line of ours.
void write_transport(const LocalSide& local, MediaDescription& media);

}  // namespace kms::rtc
