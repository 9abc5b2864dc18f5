// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "kms-core/base/status.hpp"

namespace kms::graph {

// Resource names: sessions/{session} and sessions/{session}/elements/{element}. An id is 1 to 63 of
// [a-z0-9-], not beginning or ending with '-'.
struct Name {
  std::string session;  // id
  std::string element;  // id; empty when the name is a session's

  bool is_element() const { return !element.empty(); }
  std::string session_name() const;
};

// Errors: INVALID_NAME.
Result<Name> parse_name(std::string_view name);
Result<Name> parse_session_name(std::string_view name);  // refuses an element's name
Result<Name> parse_element_name(std::string_view name);  // refuses a session's name

std::string session_name(std::string_view session_id);
std::string element_name(std::string_view session_name, std::string_view element_id);

// What a stranger sent, short enough for an error text.
std::string excerpt(std::string_view text);

bool is_id(std::string_view text);
Status check_id(std::string_view id);  // INVALID_ID

// A random id of 20 characters (about 100 bits): nobody guesses another's session.
std::string make_id();

// The id asked for, or a made one when it is empty. Errors: INVALID_ID.
Result<std::string> id_or_new(const std::string& asked);

}  // namespace kms::graph
