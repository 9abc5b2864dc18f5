// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace kms::graph {
namespace {

constexpr std::string_view kSessions = "sessions/";
constexpr std::string_view kElements = "/elements/";
constexpr size_t kLongestId = 63;
constexpr size_t kMadeId = 20;

Status bad_name(std::string_view name, std::string_view expected) {
  return error(StatusCode::kInvalidArgument, "INVALID_NAME",
               fmt::format("\"{}\" is not a name of the form {}", excerpt(name), expected));
}

bool is_id_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

std::string excerpt(std::string_view text) {
  constexpr size_t kMost = 100;
  return text.size() <= kMost ? std::string(text) : std::string(text.substr(0, kMost)) + "...";
}

std::string Name::session_name() const { return graph::session_name(session); }

Result<Name> parse_name(std::string_view name) {
  constexpr std::string_view kForms = "sessions/{session} or sessions/{session}/elements/{element}";
  if (!name.starts_with(kSessions)) return bad_name(name, kForms);
  const auto rest = name.substr(kSessions.size());
  const auto slash = rest.find('/');
  Name parsed{std::string(rest.substr(0, slash)), {}};
  if (!is_id(parsed.session)) return bad_name(name, kForms);
  if (slash == std::string_view::npos) return parsed;
  if (!rest.substr(slash).starts_with(kElements)) return bad_name(name, kForms);
  parsed.element = rest.substr(slash + kElements.size());
  if (!is_id(parsed.element)) return bad_name(name, kForms);
  return parsed;
}

Result<Name> parse_session_name(std::string_view name) {
  auto parsed = parse_name(name);
  if (!parsed.ok() || parsed->is_element()) return bad_name(name, "sessions/{session}");
  return parsed;
}

Result<Name> parse_element_name(std::string_view name) {
  auto parsed = parse_name(name);
  if (!parsed.ok() || !parsed->is_element()) return bad_name(name, "sessions/{session}/elements/{element}");
  return parsed;
}

std::string session_name(std::string_view session_id) { return fmt::format("{}{}", kSessions, session_id); }

std::string element_name(std::string_view session_name, std::string_view element_id) {
  return fmt::format("{}{}{}", session_name, kElements, element_id);
}

bool is_id(std::string_view text) {
  if (text.empty() || text.size() > kLongestId) return false;
  if (text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), is_id_character);
}

Status check_id(std::string_view id) {
  if (is_id(id)) return ok();
  return error(StatusCode::kInvalidArgument, "INVALID_ID",
               fmt::format("\"{}\" is no id: 1 to {} of a-z, 0-9 and '-', not beginning or ending with '-'",
                           excerpt(id), kLongestId));
}

std::string make_id() {
  // No vowels: no words by accident.
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz0123456789";
  thread_local std::random_device device;
  std::uniform_int_distribution<size_t> letter(0, kLetters.size() - 1);
  std::string id;
  while (id.size() < kMadeId) id += kLetters[letter(device)];
  return id;
}

Result<std::string> id_or_new(const std::string& asked) {
  if (asked.empty()) return make_id();
  if (auto status = check_id(asked); !status.ok()) return status;
  return asked;
}

}  // namespace kms::graph
