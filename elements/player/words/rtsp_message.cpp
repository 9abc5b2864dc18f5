// SPDX-License-Identifier: Apache-2.0
#include "elements/player/words/rtsp_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kms::player {
namespace {

constexpr size_t kMostHead = 32 * 1024;
constexpr size_t kMostBody = 256 * 1024;
constexpr std::string_view kVersion = "RTSP/";

Status no_rtsp(std::string_view what) {
  return error(StatusCode::kInvalidArgument, "NOT_MEDIA", fmt::format("no RTSP: {}", what));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed_header(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// Takes a line off `text`, without its end.
std::string_view header_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "RTSP/1.0 200 OK" or "OPTIONS rtsp://host RTSP/1.0".
bool read_first_line(std::string_view line, RtspMessage& into) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return false;
  if (!line.starts_with(kVersion)) {
    into.reason = line.substr(0, space);
    return line.find(kVersion) != std::string_view::npos;
  }
  const auto rest = trimmed_header(line.substr(space));
  const auto code = number<int>(rest.substr(0, rest.find(' ')));
  into.status = code.value_or(0);
  into.reason = rest.size() > 4 ? rest.substr(4) : "";
  return into.status >= 100 && into.status < 600;
}

// Where the head's empty line ends; nothing: it is not there yet.
std::optional<size_t> end_of_head(std::string_view text) {
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    const auto after = text.substr(at + 1, 2);
    if (after.starts_with('\n')) return at + 2;
    if (after == "\r\n") return at + 3;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> RtspMessage::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [name](const auto& h) { return same(h.first, name); });
  return found == headers.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::string> RtspMessage::all(std::string_view name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : headers) {
    if (same(key, name)) found.push_back(value);
  }
  return found;
}

void RtspReader::take(size_t size) {
  read_ += size;
  if (read_ < waiting_.size() && read_ < kMostBody) return;
  waiting_.erase(0, read_);
  read_ = 0;
}

Result<RtspReader::Item> RtspReader::next() {
  while (!rest().empty() && (rest().front() == '\r' || rest().front() == '\n')) take(1);
  if (rest().empty()) return Item();
  return rest().front() == '$' ? packet() : message();
}

Result<RtspReader::Item> RtspReader::packet() {
  const auto text = rest();
  if (text.size() < 4) return Item();
  const auto byte = [&](size_t at) { return static_cast<unsigned>(static_cast<uint8_t>(text[at])); };
  const size_t size = byte(2) << 8 | byte(3);
  if (text.size() < 4 + size) return Item();
  RtspPacket packet{static_cast<uint8_t>(byte(1)), std::string(text.substr(4, size))};
  take(4 + size);
  return Item(std::move(packet));
}

Result<RtspReader::Item> RtspReader::message() {
  const auto text = rest();
  const auto end = end_of_head(text.substr(0, kMostHead));
  if (!end) return text.size() >= kMostHead ? Result<Item>(no_rtsp("a head without an end")) : Item();
  auto head = text.substr(0, *end);
  RtspMessage message;
  if (!read_first_line(header_line(head), message)) return no_rtsp("a line that begins no message");
  for (auto line = header_line(head); !line.empty(); line = header_line(head)) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    message.headers.emplace_back(trimmed_header(line.substr(0, colon)),
                                 trimmed_header(line.substr(colon + 1)));
  }
  const auto length = number<size_t>(message.header("Content-Length").value_or("0"));
  if (!length || *length > kMostBody) return no_rtsp("a body without a credible length");
  if (text.size() < *end + *length) return Item();
  message.body = text.substr(*end, *length);
  take(*end + *length);
  return Item(std::move(message));
}

}  // namespace kms::player
