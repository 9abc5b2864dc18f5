// SPDX-License-Identifier: Apache-2.0
#include "filters/gstreamer_filter/bin_words.hpp"

#include <algorithm>
#include <cctype>

namespace kms::gstreamer_filter {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; }
bool all_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name);
}

// The end of the word that begins at `from`.
size_t word_end(const std::string& text, size_t from) {
  char quote = '\0';
  for (size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (is_space(c) || (c == '!' && at > from)) {
      return at;
    } else if (c == '!') {
      return at + 1;
    }
  }
  return text.size();
}

bool begins_raw_caps(const std::string& word) {
  for (const std::string_view type : {"video/x-raw", "audio/x-raw"}) {
    if (!word.starts_with(type)) continue;
    const char next = word.size() > type.size() ? word[type.size()] : ',';
    return next == ',' || next == '(' || next == ';';
  }
  return false;
}

bool is_quoted(const std::string& value) {
  return value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
         value.back() == value.front();
}

}  // namespace

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    const auto end = word_end(text, at);
    const auto word = text.substr(at, end - at);
    const bool goes_on = !words.empty() && words.back().ends_with(',') && begins_raw_caps(words.back());
    if (goes_on) {
      words.back() += word;
    } else {
      words.push_back(word);
    }
    at = end;
  }
  return words;
}

Meaning meaning_of(const std::string& word) {
  if (word == "!") return Meaning::kLink;
  if (begins_raw_caps(word)) return Meaning::kRawCaps;
  if (all_name(word)) return Meaning::kElement;
  const auto equals = word.find('=');
  if (equals != std::string::npos && all_name(std::string_view(word).substr(0, equals)))
    return Meaning::kProperty;
  const auto dot = word.find('.');
  const auto view = std::string_view(word);
  const bool reference = dot != std::string::npos && all_name(view.substr(0, dot)) &&
                         (dot + 1 == word.size() || all_name(view.substr(dot + 1)));
  return reference ? Meaning::kReference : Meaning::kOther;
}

bool is_plain(const std::string& word) {
  if (word.find('\\') != std::string::npos) return false;
  const bool property = meaning_of(word) == Meaning::kProperty;
  const auto value = property ? word.substr(word.find('=') + 1) : word;
  if (property && is_quoted(value)) return value.find(value.front(), 1) == value.size() - 1;
  return value.find_first_of("\"'") == std::string::npos;
}

std::string unquoted(const std::string& value) {
  return is_quoted(value) ? value.substr(1, value.size() - 2) : value;
}

}  // namespace kms::gstreamer_filter
