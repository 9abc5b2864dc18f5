// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/graphviz.hpp"

#include <fmt/format.h>

#include "kms-core/graph/format.hpp"

namespace kms::graph {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + '"';
}

std::string last_part(const std::string& name, char separator) {
  return name.substr(name.rfind(separator) + 1);
}

std::string node(const v1::Element& element, const std::string& title) {
  auto label = last_part(element.name(), '/') + "\n" + title;
  if (!element.display_name().empty()) label = element.display_name() + "\n" + label;
  std::string escaped;
  for (const char c : label)
    escaped += c == '\n' ? std::string("\\n") : c == '"' ? std::string("'") : std::string(1, c);
  return fmt::format("  {} [label=\"{}\"];\n", quoted(last_part(element.name(), '/')), escaped);
}

std::string arrow(const v1::Link& link) {
  const auto label = fmt::format("{}: {}", to_text(link.kind()), link.way());
  return fmt::format("  {} -> {} [label={}];\n", quoted(last_part(link.source(), '/')),
                     quoted(last_part(link.sink(), '/')), quoted(label));
}

}  // namespace

std::string to_graphviz(const v1::GetGraphResponse& graph, const Titles& titles) {
  std::string out = "digraph session {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n";
  for (const auto& element : graph.elements()) out += node(element, titles(element.kind()));
  for (const auto& link : graph.links()) out += arrow(link);
  return out + "}\n";
}

}  // namespace kms::graph
