// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kms::rtc::loadtest {

// Writes one JSON object, members in the order of the calls (RFC 8259).
class JsonWriter {
 public:
  // Between these, what is written is a member of the object or list of that name.
  void begin_object(std::string_view name) { open(name, '{'); }
  void begin_list(std::string_view name) { open(name, '['); }
  void end_object() { close('}'); }
  void end_list() { close(']'); }

  void number(std::string_view name, uint64_t value);
  void number(std::string_view name, double value);  // to three places
  void flag(std::string_view name, bool value);
  // An item of a list.
  void text_item(std::string_view value);

  std::string take() { return std::move(text_) + '}'; }

 private:
  void open(std::string_view name, char bracket);
  void close(char bracket);
  void begin_member(std::string_view name);
  void write_text(std::string_view value);

  std::string text_ = "{";
};

}  // namespace kms::rtc::loadtest
