// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <string>

#include "kms-core/http/words/whip_words.hpp"

namespace {

using namespace kms::http;

void require(bool truth) {
  if (!truth) std::abort();
}

size_t lines_in(const std::string& text) { return static_cast<size_t>(std::ranges::count(text, '\n')); }

// What goes one way already stays as it is, and nothing but directions is touched.
void turn(const std::string& offer) {
  for (const bool publishes : {true, false}) {
    const auto turned = one_way(offer, publishes);
    require(one_way(turned, publishes) == turned);
    require(lines_in(turned) >= lines_in(offer));
    require(turned.find("\na=sendrecv\r\n") == std::string::npos);
    static_cast<void>(lets_media_go(offer, publishes));
    static_cast<void>(takes_all(turned, offer));
  }
}

void compare_tags(const std::string& text) {
  const std::string tag = "\"0123\"";
  require((match_of(text, tag) == Match::kMissing) == text.empty());
  require(match_of(text + "," + tag, tag) == Match::kSame);
}

void compare_types(const std::string& text) {
  static_cast<void>(is_type(text, "application/sdp"));
  require(is_type("application/sdp;" + text, "application/sdp"));
  require(accepts("application/sdp," + text, "application/sdp"));
  static_cast<void>(accepts(text, "application/sdp"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  turn(text);
  compare_tags(text);
  compare_types(text);
  return 0;
}
