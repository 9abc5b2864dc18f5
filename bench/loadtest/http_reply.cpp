// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/http_reply.hpp"

#include <algorithm>
#include <charconv>

namespace kms::rtc::loadtest {
namespace {

constexpr std::string_view kEnd = "\r\n";

Status invalid_reply(std::string_view why) { return error(StatusCode::kUnavailable, "HTTP_INVALID", why); }

template <typename T>
std::optional<T> number_in(std::string_view text, int base = 10) {
  T value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The text up to `end`, and `text` what is behind it. Nothing if there is no such end.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) {
  const auto at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto before = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return before;
}

bool is_named(std::string_view name, std::string_view lower_case) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::ranges::equal(name, lower_case, same);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// The header fields that say something about the body, and the location.
struct Head {
  int status = 0;
  std::optional<size_t> length;
  bool chunked = false;
  std::string location;
};

bool read_field(std::string_view line, Head& head) {
  const auto name = take_until(line, ":");
  if (!name) return false;
  const auto value = trimmed(line);
  if (is_named(*name, "location")) head.location = value;
  if (is_named(*name, "transfer-encoding")) head.chunked = is_named(value, "chunked");
  if (!is_named(*name, "content-length")) return true;
  head.length = number_in<size_t>(value);
  return head.length && *head.length <= HttpReply::kMaxSize;
}

std::optional<Head> read_head(std::string_view text) {
  Head head;
  const auto first = take_until(text, kEnd).value_or(text);
  if (!first.starts_with("HTTP/1.") || first.size() < 12) return std::nullopt;
  const auto status = number_in<int>(first.substr(9, 3));
  if (!status || *status < 100) return std::nullopt;
  head.status = *status;
  while (const auto line = take_until(text, kEnd)) {
    if (!line->empty() && !read_field(*line, head)) return std::nullopt;
  }
  return head;
}

enum class Chunk { kTaken, kLast, kMissing, kInvalid };

Chunk take_chunk(std::string_view& text, std::string& body) {
  auto line = take_until(text, kEnd);
  if (!line) return Chunk::kMissing;
  const auto size = number_in<size_t>(trimmed(take_until(*line, ";").value_or(*line)), 16);
  if (!size || *size > HttpReply::kMaxSize) return Chunk::kInvalid;
  if (*size == 0) return Chunk::kLast;  // no field behind it says anything to us
  if (text.size() < *size + kEnd.size()) return Chunk::kMissing;
  if (text.substr(*size, kEnd.size()) != kEnd) return Chunk::kInvalid;
  body += text.substr(0, *size);
  text.remove_prefix(*size + kEnd.size());
  return Chunk::kTaken;
}

// RFC 9112 section 7.1.
Chunk read_chunks(std::string_view text, std::string& body) {
  auto last = Chunk::kTaken;
  while (last == Chunk::kTaken) last = take_chunk(text, body);
  return last;
}

Result<std::optional<HttpReply>> missing(bool ended) {
  if (ended) return invalid_reply("the server closed the connection in the middle of its answer");
  return std::nullopt;
}

bool has_no_body(int status) { return status == 204 || status == 304; }

Result<std::optional<HttpReply>> with_body(const Head& head, std::string_view text, bool ended) {
  HttpReply reply{head.status, head.location, {}};
  if (has_no_body(head.status)) return reply;
  if (head.chunked) {
    const auto last = read_chunks(text, reply.body);
    if (last == Chunk::kInvalid) return invalid_reply("the server's answer is not in chunks as it says");
    if (last == Chunk::kMissing) return missing(ended);
    return reply;
  }
  if (!head.length && !ended) return std::nullopt;
  if (head.length && text.size() < *head.length) return missing(ended);
  reply.body = text.substr(0, head.length.value_or(text.size()));
  return reply;
}

}  // namespace

Result<std::optional<HttpReply>> read_http_reply(std::string_view text, bool ended) {
  if (text.size() > 2 * HttpReply::kMaxSize) return invalid_reply("the server's answer is larger than 2 MiB");
  while (const auto head_text = take_until(text, "\r\n\r\n")) {
    const auto head = read_head(std::string(*head_text) + "\r\n");
    if (!head) return invalid_reply("what the server answers is not HTTP/1");
    const bool interim = head->status < 200;  // RFC 9110 section 15.2
    if (!interim) return with_body(*head, text, ended);
  }
  return missing(ended);
}

}  // namespace kms::rtc::loadtest
