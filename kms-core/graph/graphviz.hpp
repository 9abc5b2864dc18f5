// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms/v1/graph.pb.h"

namespace kms::graph {

// The graph as Graphviz text that a person can read: boxes are elements, arrows are links with their way.
std::string to_graphviz(const v1::GetGraphResponse& graph);

}  // namespace kms::graph
