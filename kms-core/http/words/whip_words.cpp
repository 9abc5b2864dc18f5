// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/words/whip_words.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <algorithm>
#include <set>

namespace kms::http {
namespace {

constexpr std::string_view kSendRecv = "a=sendrecv";

// The part in front of the first separator, which is taken off `rest` together with it; without blanks
// around.
std::string_view take_part(std::string_view& rest, char separator) {
  const auto at = std::min(rest.find(separator), rest.size());
  auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) part.remove_prefix(1);
  while (!part.empty() && (part.back() == ' ' || part.back() == '\t')) part.remove_suffix(1);
  return part;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && g_ascii_strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Lines with what ends them.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto size = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return lines;
}

std::string_view bare(std::string_view line) { return line.substr(0, line.find_last_not_of("\r\n") + 1); }

bool is_direction(std::string_view line) {
  return line == kSendRecv || line == "a=sendonly" || line == "a=recvonly" || line == "a=inactive";
}

// A section is what stands before the first m-line, or an m-line with what is under it.
struct Section {
  std::vector<std::string_view> lines;
  bool has_direction = false;
};

std::vector<Section> sections_of(std::string_view text) {
  std::vector<Section> all(1);
  for (const auto line : lines_of(text)) {
    if (line.starts_with("m=")) all.emplace_back();
    all.back().lines.push_back(line);
    all.back().has_direction = all.back().has_direction || is_direction(bare(line));
  }
  return all;
}

bool has_line(const Section& section, std::string_view wanted) {
  return std::any_of(section.lines.begin(), section.lines.end(),
                     [&](std::string_view line) { return bare(line) == wanted; });
}

// The first words of an m-line: "m=audio", "9".
struct Medium {
  std::string_view kind;
  std::string_view port;
};
Medium medium_of(const Section& section) {
  auto line = section.lines.front();
  const auto kind = take_part(line, ' ');
  return {kind, take_part(line, ' ')};
}

// Of sound or pictures, whether something would be sent on it.
bool would_send(const Section& section, const Section& session) {
  const auto [kind, port] = medium_of(section);
  if (kind != "m=audio" && kind != "m=video") return false;
  if (port == "0" && !has_line(section, "a=bundle-only")) return false;
  return has_line(section.has_direction ? section : session, "a=sendonly");
}

// "application/*" and "*/*" match, too.
bool covers(std::string_view range, std::string_view type) {
  if (range == "*/*" || equal(range, type)) return true;
  return range.ends_with("/*") && equal(range.substr(0, range.size() - 1), type.substr(0, range.size() - 1));
}

bool is_zero_quality(std::string_view parameters) {
  while (!parameters.empty()) {
    auto value = take_part(parameters, ';');
    if (!equal(take_part(value, '='), "q")) continue;
    return !value.empty() && value.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string one_way(std::string_view offer, bool publishes) {
  const std::string_view wanted = publishes ? "a=sendonly" : "a=recvonly";
  const auto sections = sections_of(offer);
  std::string out;
  for (size_t i = 0; i < sections.size(); ++i) {
    const auto& [lines, has_direction] = sections[i];
    for (const auto line : lines) {
      const bool turns = bare(line) == kSendRecv;
      out += turns ? wanted : bare(line);
      out += line.substr(bare(line).size());
    }
    const bool has_default = i == 0 || has_direction || sections[0].has_direction;
    if (has_default || lines.front().starts_with("m=application")) continue;
    out += fmt::format("{}{}\r\n", out.ends_with('\n') ? "" : "\r\n", wanted);
  }
  return out;
}

bool lets_media_go(std::string_view answer, bool publishes) {
  const std::string_view wanted = publishes ? "a=recvonly" : "a=sendonly";
  const auto sections = sections_of(answer);
  return std::any_of(sections.begin() + 1, sections.end(), [&](const Section& section) {
    return medium_of(section).port != "0" && has_line(section, wanted);
  });
}

bool takes_all(std::string_view offer, std::string_view answer) {
  const auto offered = sections_of(offer);
  const auto answered = sections_of(answer);
  std::set<std::string_view> kinds;
  for (size_t i = 1; i < offered.size(); ++i) {
    if (!would_send(offered[i], offered[0])) continue;
    if (!kinds.insert(medium_of(offered[i]).kind).second) return false;
    if (i >= answered.size() || medium_of(answered[i]).port == "0") return false;
  }
  return true;
}

Match match_of(const std::string& if_match, const std::string& tag) {
  std::string_view rest = if_match;
  bool any = false;
  while (!rest.empty()) {
    const auto given = take_part(rest, ',');
    if (given == tag) return Match::kSame;
    any = any || given == "*" || given == "\"*\"";  // the drafts' examples have it in quotes
  }
  if (any) return Match::kAny;
  return if_match.empty() ? Match::kMissing : Match::kOther;
}

bool is_type(const std::string& content_type, std::string_view type) {
  std::string_view rest = content_type;
  return equal(take_part(rest, ';'), type);
}

bool accepts(const std::string& accept, std::string_view type) {
  std::string_view rest = accept;
  if (rest.empty()) return true;
  while (!rest.empty()) {
    auto range = take_part(rest, ',');
    const auto name = take_part(range, ';');
    if (covers(name, type) && !is_zero_quality(range)) return true;
  }
  return false;
}

std::string link_of(const std::vector<Config::IceServer>& servers) {
  std::string out;
  for (const auto& server : servers) {
    out += fmt::format("{}<{}>; rel=\"ice-server\"", out.empty() ? "" : ", ", server.url);
    if (server.username.empty()) continue;
    out += fmt::format("; username=\"{}\"; credential=\"{}\"; credential-type=\"password\"", server.username,
                       server.credential);
  }
  return out;
}

}  // namespace kms::http
