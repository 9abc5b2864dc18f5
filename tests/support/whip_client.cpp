// SPDX-License-Identifier: Apache-2.0
#include "tests/support/whip_client.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace kms::test {
namespace {

HttpReply parse_reply(const std::string& text) {
  HttpReply reply;
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos) return reply;
  reply.body = text.substr(end + 4);
  std::istringstream head(text.substr(0, end));
  std::string version;
  head >> version >> reply.status;
  std::string line;
  std::getline(head, line);
  while (std::getline(head, line)) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) continue;
    auto name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    auto value = line.substr(colon + 2);
    if (value.ends_with('\r')) value.pop_back();
    reply.headers.emplace(name, value);
  }
  return reply;
}

}  // namespace

std::string HttpReply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::string HttpReply::outcome() const {
  const auto reason = body.substr(0, body.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"));
  const bool has_one = reason.size() > 3 && body.substr(reason.size()).starts_with(": ");
  return std::to_string(status) + (has_one ? " " + reason : "");
}

HttpReply WhipClient::send(const std::string& method, const std::string& path, const std::string& body,
                           const Headers& headers) const {
  auto text = method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return parse_reply(http_exchange(address_, text));
}

}  // namespace kms::test
