// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/metrics_text.hpp"

namespace kms::http {
namespace {

std::string escaped(std::string_view text, bool quoted) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quoted && c == '"')) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

void MetricsText::begin(std::string_view name, std::string_view help) {
  name_ = name;
  const auto* type = name.ends_with("_total") ? "counter" : "gauge";
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escaped(help, false), type);
}

void MetricsText::add(const Labels& labels, const std::string& value) {
  std::string list;
  for (const auto& [label, is] : labels)
    list += fmt::format("{}{}=\"{}\"", list.empty() ? "" : ",", label, escaped(is, true));
  text_ +=
      list.empty() ? fmt::format("{} {}\n", name_, value) : fmt::format("{}{{{}}} {}\n", name_, list, value);
}

}  // namespace kms::http
