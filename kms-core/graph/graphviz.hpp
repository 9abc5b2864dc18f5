// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "kms/v1/graph.pb.h"

namespace kms::graph {

// The graph as Graphviz text that a person can read: boxes are elements, arrows are links with their way.
// `titles` gives the title of a kind, e.g. PlayerEndpoint.
using Titles = std::function<std::string(const std::string& kind)>;
std::string to_graphviz(const v1::GetGraphResponse& graph, const Titles& titles);

}  // namespace kms::graph
