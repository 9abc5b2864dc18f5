// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/name_template.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <map>

#include "kms-core/graph/catalog.hpp"

namespace kms::recorder {
namespace {

std::string word_after(const std::string& name, const std::string& collection) {
  const auto at = name.find(collection + "/");
  if (at == std::string::npos) return {};
  const auto from = at + collection.size() + 1;
  return name.substr(from, name.find('/', from) - from);
}

// Before the ending of the last word of the path.
std::string numbered(const std::string& uri, unsigned number) {
  const auto slash = uri.rfind('/');
  const auto point = uri.rfind('.');
  const bool has_ending = point != std::string::npos && slash != std::string::npos && point > slash + 1;
  const auto at = has_ending ? point : uri.size();
  return uri.substr(0, at) + fmt::format("-{}", number) + uri.substr(at);
}

}  // namespace

Result<std::string> name_part(const std::string& uri, const PartName& name) {
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(name.start);
  const std::map<std::string, std::string> words{
      {"session", word_after(name.element, "sessions")},
      {"element", word_after(name.element, "elements")},
      {"time", fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)))},
      {"part", std::to_string(name.number)}};
  std::string out;
  for (size_t at = 0; at < uri.size();) {
    const auto open = uri.find_first_of("{}", at);
    out += uri.substr(at, open - at);
    if (open == std::string::npos) break;
    const auto close = uri.find('}', open);
    const bool closed = uri[open] == '{' && close != std::string::npos;
    const auto word = closed ? words.find(uri.substr(open + 1, close - open - 1)) : words.end();
    if (word == words.end()) {
      return graph::invalid_option(
          "uri", fmt::format("{}: in braces can be {{session}}, {{element}}, {{time}} and {{part}}", uri));
    }
    out += word->second;
    at = close + 1;
  }
  const bool has_number = name.number == 1 || uri.find("{part}") != std::string::npos;
  return has_number ? out : numbered(out, name.number);
}

bool is_fixed(const std::string& uri) { return uri.find("{time}") == std::string::npos; }

}  // namespace kms::recorder
