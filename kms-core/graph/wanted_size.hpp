// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "kms-core/graph/producer.hpp"

namespace kms::graph {

// The size of pictures that suffices for all who take them from a port: the largest of what their sinks want
// (SinkPort::wants). What an element makes of pictures is as large as these, so that one that says nothing of
// its own wants what is wanted of it. Zeros: somebody takes them as large as they come, or nobody takes any.
// Of the port's own takers only those count that `counts` names.
rtc::PictureSize wanted_size(const Slots& slots, const Links& links, const PortRef& producer,
                             const std::function<bool(const PortRef& sink)>& counts);

}  // namespace kms::graph
