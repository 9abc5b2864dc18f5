// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kms-core/base/config.hpp"

namespace kms::http {

// What WHIP and WHEP say in headers and texts. Any thread.

// The offer with its m-lines that go both ways made to go one way: a publisher sends, a viewer receives.
std::string one_way(std::string_view offer, bool publishes);
// Whether an answer of ours lets media go from a publisher, or to a viewer, on any m-line.
bool lets_media_go(std::string_view answer, bool publishes);
// Whether an answer of ours takes all that a publisher would send, of which there is one track of sound and
// one of pictures at most (RFC 9725 sections 4.4.2 and 4.4.3): he would not notice that a part of it goes
// nowhere.
bool takes_all(std::string_view offer, std::string_view answer);

// What If-Match (RFC 9110 section 13.1.1) says of an entity tag; `tag` has its quotes.
enum class Match { kMissing, kAny, kSame, kOther };
Match match_of(const std::string& if_match, const std::string& tag);

// Whether a Content-Type is that media type, whatever its parameters.
bool is_type(const std::string& content_type, std::string_view type);
// Whether an Accept header (RFC 9110 section 12.5.1) takes the media type; an empty one takes all.
bool accepts(const std::string& accept, std::string_view type);

// The Link header that names ICE servers (RFC 9725 section 4.6); empty: none.
std::string link_of(const std::vector<Config::IceServer>& servers);

}  // namespace kms::http
