// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/json_writer.hpp"

#include <fmt/format.h>

#include <cmath>

namespace kms::rtc::loadtest {

void JsonWriter::begin_member(std::string_view name) {
  if (!text_.ends_with('{') && !text_.ends_with('[')) text_ += ',';
  if (name.empty()) return;
  write_text(name);
  text_ += ':';
}

void JsonWriter::write_text(std::string_view value) {
  text_ += '"';
  for (const char letter : value) {
    if (letter == '"' || letter == '\\') text_ += '\\';
    if (static_cast<unsigned char>(letter) < 0x20) {
      text_ += fmt::format("\\u{:04x}", static_cast<int>(letter));
    } else {
      text_ += letter;
    }
  }
  text_ += '"';
}

void JsonWriter::open(std::string_view name, char bracket) {
  begin_member(name);
  text_ += bracket;
}

void JsonWriter::close(char bracket) { text_ += bracket; }

void JsonWriter::number(std::string_view name, uint64_t value) {
  begin_member(name);
  text_ += std::to_string(value);
}

void JsonWriter::number(std::string_view name, double value) {
  begin_member(name);
  text_ += std::isfinite(value) ? fmt::format("{:.3f}", value) : "null";
}

void JsonWriter::flag(std::string_view name, bool value) {
  begin_member(name);
  text_ += value ? "true" : "false";
}

void JsonWriter::text_item(std::string_view value) {
  begin_member({});
  write_text(value);
}

}  // namespace kms::rtc::loadtest
