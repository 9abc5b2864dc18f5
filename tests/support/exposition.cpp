// SPDX-License-Identifier: Apache-2.0
#include "tests/support/exposition.hpp"

#include <algorithm>
#include <cstdlib>
#include <regex>

namespace kms::test {
namespace {

bool is_name(const std::string& name) {
  static const std::regex kName("[a-zA-Z_:][a-zA-Z0-9_:]*");
  return std::regex_match(name, kName);
}

// Reads `label="value",...` from behind the brace; false when it is none. `at` is behind the closing brace
// then.
bool read_labels(const std::string& line, size_t& at, Exposition::Labels& labels) {
  static const std::regex kLabel(R"re(([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,?))re");
  std::smatch found;
  for (bool more = true; more;) {
    const auto from = line.cbegin() + static_cast<std::ptrdiff_t>(at);
    if (!std::regex_search(from, line.cend(), found, kLabel, std::regex_constants::match_continuous))
      return false;
    if (!labels.emplace(found[1], found[2]).second) return false;
    at += static_cast<size_t>(found.length());
    more = found.length(3) > 0;
  }
  return at < line.size() && line[at++] == '}';
}

}  // namespace

Exposition::Exposition(const std::string& text) {
  if (!text.ends_with('\n')) error_ = "the last line has no end";
  size_t number = 0;
  for (size_t begin = 0; begin < text.size() && error_.empty();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    ++number;
    const auto why = read(text.substr(begin, end - begin));
    if (!why.empty()) error_ = "line " + std::to_string(number) + ": " + why;
    begin = end + 1;
  }
}

std::string Exposition::read(const std::string& line) {
  if (line.empty()) return "an empty line";
  return line.front() == '#' ? read_comment(line) : read_sample(line);
}

std::string Exposition::read_comment(const std::string& line) {
  static const std::regex kComment("# (HELP|TYPE) ([^ ]+) (.+)");
  std::smatch found;
  if (!std::regex_match(line, found, kComment)) return "neither HELP nor TYPE";
  const std::string name = found[2];
  if (!is_name(name)) return "no name of a metric: " + name;
  auto& metric = metrics_[name];
  if (found[1] == "HELP") {
    if (!metric.help.empty() || !metric.type.empty()) return "a second HELP, or one behind TYPE";
    metric.help = found[3];
    current_ = name;
    return {};
  }
  if (current_ != name || !metric.type.empty()) return "TYPE of another metric, or a second one";
  metric.type = found[3];
  const bool counter = metric.type == "counter";
  if (!counter && metric.type != "gauge") return "a type that is not used: " + metric.type;
  return counter == name.ends_with("_total") ? "" : "counters, and nothing else, end in _total";
}

std::string Exposition::read_sample(const std::string& line) {
  auto at = line.find_first_of("{ ");
  if (at == std::string::npos || line.substr(0, at) != current_) return "a sample of another metric: " + line;
  auto& metric = metrics_[current_];
  if (metric.type.empty()) return "a sample before its TYPE";
  Sample sample;
  if (line[at] == '{' && !read_labels(line, ++at, sample.labels)) return "labels: " + line;
  char* end = nullptr;
  const char* begin = line.c_str() + at + 1;
  sample.value = std::strtod(begin, &end);
  if (line[at] != ' ' || end == begin || *end != '\0') return "no value: " + line;
  if (metric.type == "counter" && !(sample.value >= 0)) return "a counter below zero: " + line;
  const auto same = [&](const Sample& other) { return other.labels == sample.labels; };
  if (std::any_of(metric.samples.begin(), metric.samples.end(), same)) return "twice: " + line;
  metric.samples.push_back(std::move(sample));
  return {};
}

double Exposition::value(const std::string& name, const Labels& labels) const {
  const auto metric = metrics_.find(name);
  if (metric == metrics_.end()) return -1;
  for (const auto& sample : metric->second.samples) {
    if (sample.labels == labels) return sample.value;
  }
  return -1;
}

}  // namespace kms::test
