// SPDX-License-Identifier: Apache-2.0
#include "elements/player/rtsp_session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "elements/player/rtsp_formats.hpp"
#include "elements/player/words/rtsp_transport.hpp"

namespace kms::player {
namespace {

constexpr int kRtspRedirections = 5;
// From the first packet of any stream; then a stream that has sent nothing is no longer waited for.
constexpr std::chrono::milliseconds kOthersDeadline{1500};
// After the first media: whoever takes it is ready by then.
constexpr std::chrono::milliseconds kSettled{3000};
constexpr size_t kMostReports = 64;

bool moved(const RtspMessage& answer) { return answer.status >= 301 && answer.status <= 303; }

}  // namespace

RtspSession::RtspSession(Setup setup) : setup_(std::move(setup)) {}

Status RtspSession::connect() {
  auto connection = RtspConnection::open({.uri = setup_.uri,
                                          .policy = setup_.policy,
                                          .patience_s = setup_.patience_s,
                                          .cancellable = setup_.cancellable});
  if (!connection.ok()) return connection.status();
  connection_ = std::move(*connection);
  connection_->on_packet([this](const RtspPacket& packet) { take_packet(packet); });
  return ok();
}

Result<RtspMessage> RtspSession::ask(const std::string& method, const std::string& uri,
                                     RtspConnection::Headers headers) {
  if (!id_.empty()) headers.emplace_back("Session", id_);
  return connection_->ask({.method = method, .uri = uri, .headers = std::move(headers)});
}

Status RtspSession::refusal(const RtspMessage& answer) const {
  const auto text = fmt::format("{}: the server answered {}", setup_.uri.shown(), answer.status);
  if (answer.status == 404 || answer.status == 410) return error(StatusCode::kNotFound, "NOT_FOUND", text);
  if (answer.status == 403) return error(StatusCode::kPermissionDenied, "UNAUTHORIZED", text);
  return error(StatusCode::kFailedPrecondition, "UNREADABLE", text);
}

Status RtspSession::open() {
  for (int hops = 0; hops <= kRtspRedirections; ++hops) {
    auto status = connect();
    if (!status.ok()) return status;
    const auto answer = describe();
    if (!answer.ok()) return answer.status();
    const auto to = answer->header("Location");
    if (!moved(*answer) || !to) {
      status = choose(*answer);
      return status.ok() ? set_up() : status;
    }
    auto next = parse_live_uri(*to);
    if (!next.ok()) {
      return error(StatusCode::kFailedPrecondition, "UNREADABLE",
                   fmt::format("{}: redirected to what is no RTSP address", setup_.uri.shown()));
    }
    // Who we are is for the host that was named, and for no other.
    const bool same = next->host == setup_.uri.host && next->scheme == setup_.uri.scheme;
    if (same && next->user.empty()) {
      next->user = setup_.uri.user;
      next->password = setup_.uri.password;
    }
    setup_.uri = *next;
  }
  return error(StatusCode::kFailedPrecondition, "UNREADABLE",
               fmt::format("{}: more than five redirections", setup_.uri.shown()));
}

Result<RtspMessage> RtspSession::describe() {
  base_ = setup_.uri.shown();
  const auto options = ask("OPTIONS", base_);
  if (!options.ok() || moved(*options)) return options;
  knows_get_parameter_ = options->header("Public").value_or("").find("GET_PARAMETER") != std::string::npos;
  return ask("DESCRIBE", base_, {{"Accept", "application/sdp"}});
}

Status RtspSession::choose(const RtspMessage& answer) {
  if (answer.status != 200) return refusal(answer);
  const auto description = parse_rtsp_description(answer.body);
  if (!description.ok()) return description.status();
  description_ = *description;
  for (const char* name : {"Content-Location", "Content-Base"}) {
    if (const auto base = answer.header(name); base && base->starts_with("rtsp")) base_ = *base;
  }
  Status unsupported = ok();
  for (const auto& stream : description_.streams) {
    const auto same = [&](const Chosen& c) { return c.about.video == stream.video; };
    if (std::any_of(chosen_.begin(), chosen_.end(), same)) continue;
    const auto chain = depayloading(stream);
    if (chain.ok()) chosen_.push_back({stream, *chain});
    if (!chain.ok()) unsupported = chain.status();
  }
  if (!chosen_.empty()) return ok();
  return !unsupported.ok() ? unsupported
                           : error(StatusCode::kInvalidArgument, "NO_TRACKS",
                                   fmt::format("{}: neither sound nor pictures in it", base_));
}

Status RtspSession::set_up() {
  lines_.resize(chosen_.size());
  bool udp = setup_.transport == Transport::kUdp;
  for (size_t i = 0; i < chosen_.size(); ++i) {
    auto taken = set_up(i, udp);
    if (taken.ok() && !*taken && i == 0 && setup_.transport == Transport::kAutomatic) {
      udp = true;
      taken = set_up(i, udp);
    }
    if (!taken.ok()) return taken.status();
    if (!*taken) {
      return error(StatusCode::kFailedPrecondition, "UNREADABLE",
                   fmt::format("{}: the server sends over no transport that is allowed", setup_.uri.shown()));
    }
  }
  return ok();
}

// False: the server does not send in that way.
Result<bool> RtspSession::set_up(size_t index, bool udp) {
  auto& line = lines_[index];
  line.channel = static_cast<uint8_t>(2 * index);
  line.report_channel = static_cast<uint8_t>(line.channel + 1);
  if (udp) {
    auto sockets =
        RtspSockets::open(connection_->remote(), [this, index](bool report, const void* bytes, size_t size) {
          take(static_cast<unsigned>(index), report, bytes, size);
        });
    if (!sockets.ok()) return sockets.status();
    line.sockets = std::move(*sockets);
  }
  const auto ours = udp ? udp_transport(line.sockets->port()) : tcp_transport(line.channel);
  const auto answer = ask("SETUP", control_uri(base_, chosen_[index].about.control), {{"Transport", ours}});
  if (!answer.ok()) return answer.status();
  if (answer->status == 461) {
    line.sockets.reset();
    return false;
  }
  const auto status = answer->status == 200 ? take_set_up(*answer, line) : refusal(*answer);
  return status.ok() ? Result<bool>(true) : status;
}

Status RtspSession::take_set_up(const RtspMessage& answer, Line& line) {
  remember_session(answer);
  const auto theirs = parse_transport(answer.header("Transport").value_or(""));
  if (line.sockets) {
    line.sockets->set_remote_ports(theirs.server_rtp, theirs.server_rtcp);
    return ok();
  }
  if (!theirs.tcp) {
    return error(StatusCode::kInvalidArgument, "NOT_MEDIA",
                 fmt::format("{}: the server was asked to send on the connection and means not to",
                             setup_.uri.shown()));
  }
  line.channel = theirs.channel.value_or(line.channel);
  line.report_channel = theirs.report_channel.value_or(static_cast<uint8_t>(line.channel + 1));
  return ok();
}

// "id;timeout=60"
void RtspSession::remember_session(const RtspMessage& answer) {
  const auto value = answer.header("Session").value_or("");
  if (value.empty()) return;
  id_ = value.substr(0, value.find(';'));
  const auto life = seconds_of(value, "timeout=");
  if (life) id_life_ = std::clamp(*life, std::chrono::seconds(5), std::chrono::seconds(600));
}

Status RtspSession::play(const std::shared_ptr<gst::RtpReceiver>& receiver) {
  receiver_ = receiver;
  last_media_ = connection_->ticks();
  last_word_ = std::chrono::steady_clock::now();
  const auto answer = ask("PLAY", aggregate(), {{"Range", "npt=0.000-"}});
  if (!answer.ok()) return answer.status();
  const auto status = answer->status == 200 ? flow() : refusal(*answer);
  say_goodbye();
  return status;
}

Status RtspSession::flow() {
  const unsigned all = (1U << chosen_.size()) - 1;
  while (goodbyes_ != all) {
    auto status = connection_->step();
    if (!status.ok()) return status;
    status = check(std::chrono::steady_clock::now());
    if (!status.ok()) return status;
  }
  return ok();
}

Status RtspSession::check(std::chrono::steady_clock::time_point now) {
  send_reports();
  keep_alive(now);
  if (first_media_ && now - *first_media_ > kOthersDeadline) receiver_->tell_tracks();
  if (!settled_ && first_media_ && now - *first_media_ > kSettled) {
    settled_ = true;
    receiver_->keep_to_latency();
  }
  if ((connection_->ticks() - last_media_) * RtspConnection::kTick < setup_.stall) return ok();
  return error(StatusCode::kFailedPrecondition, "UNREADABLE",
               fmt::format("{}: no media for {} ms", setup_.uri.shown(), setup_.stall.count()));
}

void RtspSession::take_packet(const RtspPacket& packet) {
  for (unsigned i = 0; i < lines_.size(); ++i) {
    const auto& line = lines_[i];
    const bool report = packet.channel == line.report_channel;
    if (line.sockets || (packet.channel != line.channel && !report)) continue;
    take(i, report, packet.bytes.data(), packet.bytes.size());
    return;
  }
}

void RtspSession::take(unsigned stream, bool report, const void* bytes, size_t size) {
  if (!receiver_) return;
  if (report) {
    if (says_goodbye(bytes, size)) goodbyes_ |= 1U << stream;
    receiver_->put(stream, gst::RtpReceiver::Kind::kRtcp, bytes, size);
    return;
  }
  last_media_ = connection_->ticks();
  if (!first_media_) first_media_ = std::chrono::steady_clock::now();
  receiver_->put(stream, gst::RtpReceiver::Kind::kRtp, bytes, size);
}

void RtspSession::report(unsigned stream, std::string packet) {
  const std::lock_guard lock(mutex_);
  if (reports_.size() < kMostReports) reports_.emplace_back(stream, std::move(packet));
}

void RtspSession::send_reports() {
  std::vector<std::pair<unsigned, std::string>> reports;
  {
    const std::lock_guard lock(mutex_);
    reports.swap(reports_);
  }
  for (const auto& [stream, packet] : reports) {
    const auto& line = lines_[stream];
    if (line.sockets) {
      line.sockets->send_report(packet);
    } else {
      connection_->send_packet(line.report_channel, packet);
    }
  }
}

void RtspSession::keep_alive(std::chrono::steady_clock::time_point now) {
  if (now - last_word_ < id_life_ / 2) return;
  last_word_ = now;
  connection_->tell({.method = knows_get_parameter_ ? "GET_PARAMETER" : "OPTIONS",
                     .uri = aggregate(),
                     .headers = {{"Session", id_}}});
}

void RtspSession::hang_up() {
  lines_.clear();
  connection_.reset();
  receiver_.reset();
}

void RtspSession::say_goodbye() {
  connection_->tell({.method = "TEARDOWN", .uri = aggregate(), .headers = {{"Session", id_}}});
}

}  // namespace kms::player
