// SPDX-License-Identifier: Apache-2.0
#include "kms-core/server/rtc_options.hpp"

namespace kms::server {
namespace {

rtc::SrtpEngineChoice engine_of(const std::string& name) {
  if (name == "openssl") return rtc::SrtpEngineChoice::kOpenSsl;
  return name == "ipsec-mb" ? rtc::SrtpEngineChoice::kIpsecMb : rtc::SrtpEngineChoice::kBest;
}

}  // namespace

rtc::ServerOptions rtc_options(const Config::Rtc& config) {
  rtc::ServerOptions options;
  options.threads = config.threads;
  options.port = static_cast<uint16_t>(config.port);
  options.announced = config.announced;
  options.engine = engine_of(config.engine);
  options.hold.min_receivers = config.hold_receivers;
  options.hold.longest = config.hold_longest;
  options.hold.max_padding = static_cast<uint8_t>(config.max_padding);
  options.segment = config.segment;
  return options;
}

}  // namespace kms::server
