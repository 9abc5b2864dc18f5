// SPDX-License-Identifier: Apache-2.0
#include "kms-core/server/rtc_options.hpp"

#include <fstream>
#include <iterator>

namespace kms::server {
namespace {

rtc::SrtpEngineChoice engine_of(const std::string& name) {
  if (name == "openssl") return rtc::SrtpEngineChoice::kOpenSsl;
  return name == "ipsec-mb" ? rtc::SrtpEngineChoice::kIpsecMb : rtc::SrtpEngineChoice::kBest;
}

// Empty: there is none.
Result<std::string> text_of(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file || text.empty()) {
    return error(StatusCode::kInvalidArgument, "CERTIFICATE_UNREADABLE",
                 path + " cannot be read, or is empty");
  }
  return text;
}

}  // namespace

Result<rtc::ServerOptions> rtc_options(const Config::Rtc& config) {
  const auto certificate = text_of(config.certificate);
  const auto key = text_of(config.key);
  for (const auto* text : {&certificate, &key}) {
    if (!text->ok()) return text->status();
  }
  rtc::ServerOptions options;
  options.certificate = *certificate;
  options.key = *key;
  options.threads = config.threads;
  options.port = static_cast<uint16_t>(config.port);
  options.announced = config.announced;
  options.engine = engine_of(config.engine);
  options.hold.min_receivers = config.hold_receivers;
  options.hold.longest = config.hold_longest;
  options.hold.max_padding = static_cast<uint8_t>(config.max_padding);
  options.segment = config.segment;
  options.silence = {config.disconnected_after, config.failed_after};
  return options;
}

}  // namespace kms::server
