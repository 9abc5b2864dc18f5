// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "elements/recorder/part.hpp"
#include "kms/recorder/v1/recorder.pb.h"

namespace kms::recorder {

v1::Part to_proto(const Part& part);
void set_duration(google::protobuf::Duration& out, std::chrono::nanoseconds duration);

}  // namespace kms::recorder
