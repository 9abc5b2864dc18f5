// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace kms::gstreamer_filter {

// The words of a text in gst-launch syntax, split at spaces outside of quotation marks and backslashes. A "!"
// is a word of its own, and caps with spaces after their commas are one word.
std::vector<std::string> split_words(const std::string& text);

// What a word can be. What is none of the others for certain is kOther.
enum class Meaning { kLink, kRawCaps, kReference, kProperty, kElement, kOther };
Meaning meaning_of(const std::string& word);

// Whether a word means here what it means to GStreamer: it has no backslash, and no quotation marks but those
// around the whole value of a property. (To GStreamer, one within a value is a letter like others.)
bool is_plain(const std::string& word);

// A property's value without the quotation marks around it.
std::string unquoted(const std::string& value);

}  // namespace kms::gstreamer_filter
