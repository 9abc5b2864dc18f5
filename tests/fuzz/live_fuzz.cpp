// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string>

#include "elements/player/words/hls_playlist.hpp"
#include "elements/player/words/live_uri.hpp"
#include "elements/player/words/rtsp_auth.hpp"
#include "elements/player/words/rtsp_description.hpp"
#include "elements/player/words/rtsp_message.hpp"
#include "elements/player/words/rtsp_transport.hpp"

namespace {

using namespace kms::player;

void require(bool truth) {
  if (!truth) std::abort();
}

// What a reader makes of a text that comes in pieces, in one line.
std::string read(std::string_view text, size_t piece) {
  RtspReader reader;
  std::string all;
  for (size_t at = 0; at < text.size(); at += piece) {
    reader.put(text.data() + at, std::min(piece, text.size() - at));
    for (;;) {
      const auto item = reader.next();
      if (!item.ok()) return all + "bad";
      if (std::holds_alternative<std::monostate>(*item)) break;
      if (const auto* packet = std::get_if<RtspPacket>(&*item)) {
        all += "packet " + packet->bytes;
      } else {
        const auto& message = std::get<RtspMessage>(*item);
        require(message.status >= 0 && message.status < 600);
        all += "message " + std::to_string(message.status) + message.reason + message.body;
      }
    }
  }
  return all;
}

// Without what quoting adds or leaves out.
std::string unquoted(std::string text) {
  std::erase_if(text, [](char c) { return c == '\\' || (c >= 0 && c < ' '); });
  return text;
}

void read_values(const std::string& text) {
  const std::string password = "open sesame";
  RtspAuth auth("user", password);
  if (auth.challenge({text, text})) {
    const auto proof = auth.authorization("DESCRIBE", "rtsp://x/");
    require(proof && proof->find('\n') == std::string::npos);
    // A realm that says the same comes back to who sent it.
    require(proof->find(password) == std::string::npos || unquoted(text).find(password) != std::string::npos);
  }
  parse_transport(text);
  seconds_of(text, "timeout=");
  says_goodbye(text.data(), text.size());
  const auto uri = parse_live_uri(text);
  if (uri.ok()) require(uri->shown().find('\n') == std::string::npos);
  without_credentials(text, text);
}

void read_documents(std::string_view text) {
  const auto description = parse_rtsp_description(text);
  if (description.ok()) require(description->streams.size() <= 16);
  const auto playlist = parse_hls_playlist(text);
  if (!playlist.ok()) return;
  for (const auto& segment : playlist->segments) {
    require(segment.duration.count() >= 0 && segment.duration <= std::chrono::hours(1));
    require(!segment.media.length || *segment.media.length <= uint64_t{1} << 48);
  }
  const auto* variant = choose_variant(playlist->variants, 1'000'000);
  require((variant == nullptr) == playlist->variants.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(read(text, size + 1) == read(text, 7));
  read_values(std::string(text));
  read_documents(text);
  return 0;
}
