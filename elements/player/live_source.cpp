// SPDX-License-Identifier: Apache-2.0
#include "elements/player/live_source.hpp"

#include <fmt/format.h>

#include "elements/player/byte_source.hpp"
#include "elements/player/hls_source.hpp"
#include "elements/player/rtsp_source.hpp"
#include "kms-core/graph/duration.hpp"

namespace kms::player {
namespace {

using std::chrono::milliseconds;

}  // namespace

Result<LiveOptions> live_options(const v1::PlayerOptions& options) {
  LiveOptions out;
  if (options.transport() == v1::TRANSPORT_UDP) out.transport = RtspSession::Transport::kUdp;
  if (options.transport() == v1::TRANSPORT_TCP) out.transport = RtspSession::Transport::kTcp;
  if (!v1::Transport_IsValid(options.transport())) {
    return error(StatusCode::kInvalidArgument, ErrorInfo{"INVALID_OPTIONS", {}, {{"field", "transport"}}},
                 fmt::format("transport {} is none of TRANSPORT_UDP, TRANSPORT_TCP",
                             static_cast<int>(options.transport())));
  }
  const auto latency = graph::read_duration(options.has_latency() ? &options.latency() : nullptr,
                                            {"latency", out.latency, milliseconds(20), milliseconds(10'000)});
  if (!latency.ok()) return latency.status();
  const auto stall = graph::read_duration(options.has_stall() ? &options.stall() : nullptr,
                                          {"stall", out.stall, milliseconds(500), milliseconds(300'000)});
  if (!stall.ok()) return stall.status();
  constexpr size_t kLeastPassphrase = 10;
  constexpr size_t kMostPassphrase = 79;
  const auto length = options.srt_passphrase().size();
  if (length > 0 && (length < kLeastPassphrase || length > kMostPassphrase)) {
    return error(StatusCode::kInvalidArgument,
                 ErrorInfo{"INVALID_OPTIONS", {}, {{"field", "srt_passphrase"}}},
                 "srt_passphrase has 10 to 79 bytes");
  }
  out.most_bps = options.max_bandwidth_bps();
  out.passphrase = options.srt_passphrase();
  out.latency = *latency;
  out.stall = *stall;
  return out;
}

std::unique_ptr<MediaSource> make_live_source(graph::ElementHost& host, const std::string& uri,
                                              const LiveOptions& options) {
  if (is_rtsp(uri)) return std::make_unique<RtspSource>(host, uri, options);
  if (is_hls(uri)) return std::make_unique<HlsSource>(host, uri, options);
  return std::make_unique<ByteSource>(host, uri, options);
}

}  // namespace kms::player
