// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/part_proto.hpp"

namespace kms::recorder {

v1::Part to_proto(const Part& part) {
  v1::Part out;
  out.set_number(part.number);
  out.set_uri(part.uri);
  out.set_reason(static_cast<v1::PartReason>(static_cast<int>(part.reason) + v1::PART_REASON_START));
  const auto start = std::chrono::nanoseconds(part.start.time_since_epoch()).count();
  out.mutable_start_time()->set_seconds(start / 1000000000);
  out.mutable_start_time()->set_nanos(static_cast<int32_t>(start % 1000000000));
  set_duration(*out.mutable_duration(), part.duration);
  out.set_size_bytes(part.size_bytes);
  out.set_video_frames(part.video_frames);
  out.set_audio_frames(part.audio_frames);
  out.set_final(part.final);
  if (!part.outcome.ok()) out.set_failure(reason_of(part.outcome));
  return out;
}

void set_duration(google::protobuf::Duration& out, std::chrono::nanoseconds duration) {
  out.set_seconds(duration.count() / 1000000000);
  out.set_nanos(static_cast<int32_t>(duration.count() % 1000000000));
}

}  // namespace kms::recorder
