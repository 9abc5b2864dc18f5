// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/rtp_media.hpp"

#include <fmt/format.h>

#include "kms-core/rtc/peer/local_addresses.hpp"
#include "kms-core/rtc/peer/worker.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"

namespace kms::rtc {
namespace {

// A source's id is its peer's with its number there; the lines count in turns.
constexpr uint64_t kLines = 2;

size_t port_index(auto port) { return static_cast<size_t>(port); }

// What descriptions name when all addresses are bound: one of this machine's.
std::string some_address(bool v6) {
  for (const auto& ip : local_addresses(v6)) {
    if ((ip.find(':') != std::string::npos) == v6) return ip;
  }
  return v6 ? "::1" : "127.0.0.1";
}

}  // namespace

RtpMedia::RtpMedia(const Owner& owner, bool video)
    : owner_(owner),
      video_(video),
      mid_(video ? "video" : "audio"),
      ssrc_(owner.ssrcs.next()),
      next_source_(video ? 1 : 0),
      transport_(owner.worker.sender()),
      receiver_(owner.worker.pool(), owner.worker.settings().hold, &owner.clock),
      consumers_(owner.worker.switchboard(), transport_.target()),
      feedback_(owner.peer),
      inbox_(receiver_, consumers_),
      tones_out_(consumers_, owner.worker.sender(), transport_.target()) {}

RtpMedia::~RtpMedia() {
  say_goodbye();
  consumers_.clear();
  end_source();
  close_ports();
}

Result<SocketAddress> RtpMedia::bind_address(const std::optional<SocketAddress>& like) const {
  const auto& wanted = owner_.options.bind;
  if (!wanted.empty()) return SocketAddress::parse(wanted, 0);
  return SocketAddress::parse(like && like->is_v6() ? "::" : "0.0.0.0", 0);
}

Result<RtpLocal> RtpMedia::open(bool mux, const std::optional<SocketAddress>& like, uint16_t port) {
  if (port_ == 0) {
    const auto address = bind_address(like);
    if (!address.ok()) return address.status();
    auto ports = port != 0 ? open_ports_at(address->with_port(port), mux)
                           : open_ports(*address, owner_.options.ports, mux);
    if (!ports.ok()) return ports.status();
    if (const auto status = watch(std::move(*ports)); !status.ok()) return status;
    port_ = ports->port;
    v6_ = address->is_v6();
    const auto ip = address->ip();
    const bool all = ip == "0.0.0.0" || ip == "::";
    announced_ = !owner_.options.announced.empty() ? owner_.options.announced : all ? some_address(v6_) : ip;
  }
  if (like && like->is_v6() != v6_)
    return error(StatusCode::kInvalidArgument, "SDP_ADDRESS",
                 fmt::format("{} cannot be reached from {}", like->ip(), announced_));
  return local();
}

RtpLocal RtpMedia::local() const {
  if (port_ == 0) return {};
  const bool pair = sockets_[port_index(Port::kRtcp)] != 0;
  return {announced_, port_, static_cast<uint16_t>(pair ? port_ + 1 : port_)};
}

// Both, or none: a handler that stays would outlive what it calls.
Status RtpMedia::watch(LocalPorts ports) {
  auto status = watch(std::move(ports.rtp), Port::kRtp);
  if (status.ok()) status = watch(std::move(ports.rtcp), Port::kRtcp);
  if (!status.ok()) close_ports();
  return status;
}

Status RtpMedia::watch(UniqueFd fd, Port port) {
  if (!fd.valid()) return ok();
  auto socket = owner_.worker.sockets().add(
      std::move(fd), [this, port](const Datagram& datagram) { on_datagram(datagram, port); });
  if (!socket.ok()) return socket.status();
  sockets_[port_index(port)] = *socket;
  return ok();
}

void RtpMedia::close_rtcp_port() {
  auto& socket = sockets_[port_index(Port::kRtcp)];
  if (socket == 0) return;
  owner_.worker.sender().flush();
  owner_.worker.sockets().remove(std::exchange(socket, 0));
}

void RtpMedia::close_ports() {
  close_rtcp_port();
  auto& socket = sockets_[port_index(Port::kRtp)];
  if (socket == 0) return;
  owner_.worker.sender().flush();
  owner_.worker.sockets().remove(std::exchange(socket, 0));
  port_ = 0;
}

void RtpMedia::use(const RtpLine& line, uint32_t ssrc) {
  const auto now = Clock::now();
  if (line.mux) close_rtcp_port();
  if (ssrc != 0) ssrc_ = ssrc;
  const auto rekeyed = transport_.set_keys(line.send_key, line.receive_key);
  if (rekeyed.receive) receiver_.on_new_keys();
  if (rekeyed.send) consumers_.on_new_keys();
  gate_.describe(line.remote, now);
  rtcp_learnt_ = false;
  // A peer behind an address translation is not where he says: what has been learnt counts until it is learnt
  // anew.
  const bool moved = !line_ || line_->remote != line.remote || line_->remote_rtcp != line.remote_rtcp;
  line_ = line;
  if (moved) set_remote(line.remote, line.remote_rtcp);
  receive_on(line);
  send_on(line);
  update_open();
  media_at_ = now;
}

void RtpMedia::update_open() {
  const bool was_open = transport_.target().open;
  transport_.set_open(line_ && sends(line_->direction), line_ && line_->rtcp);
  if (!was_open && transport_.target().open) consumers_.on_open();
}

void RtpMedia::receive_on(const RtpLine& line) {
  const bool same =
      source_ && source_->codec() == line.codec.codec && source_->parameters() == line.codec.parameters;
  if (source_ && !same) end_source();
  ReceiveLine receive{
      mid_, "", line.codec.codec, line.codec.parameters, line.receive_type, 0, line.nack, line.ssrc,
      0,    {}, line.pli};
  receive.extensions.set(extension_of(line.video), line.extension_id);
  if (line.tones) {
    receive.tone_payload_types = {line.tones->payload_type, line.tones_offered};
    tones_in_.set_clock_rate(line.tones->clock_rate);
  }
  auto& entry = receiver_.set_line(receive, owner_.peer << 32 | next_source_);
  if (source_) return;
  next_source_ += kLines;
  owner_.worker.switchboard().publish(entry.stream, owner_.turn);
  source_ = std::make_shared<const SourceTrack>(
      SourceTrack::Description{entry.stream.id(), &owner_.worker, line.codec.codec, line.codec.parameters,
                               mid_, "", Peer::cname_of(owner_.peer), entry.stream.counters()});
}

void RtpMedia::send_on(const RtpLine& line) {
  tones_out_.set_format(line.tones);
  if (!sends(line.direction)) {
    consumers_.set_lines({});
    return;
  }
  ExtensionIdMap extensions;
  extensions.set(extension_of(line.video), line.extension_id);
  consumers_.set_lines(
      {{mid_, line.codec.codec, line.codec.parameters, line.payload_type, 0, ssrc_, 0, extensions}});
}

void RtpMedia::end_source() {
  for (const auto& ended : receiver_.take_ended({}, {})) owner_.worker.switchboard().withdraw(ended->stream);
  source_.reset();
}

void RtpMedia::end() {
  if (!line_) return;
  line_.reset();
  consumers_.set_lines({});
  update_open();
  end_source();
}

LineState RtpMedia::state() const {
  LineState state;
  state.mid = mid_;
  state.video = video_;
  state.accepted = line_.has_value();
  if (!line_) return state;
  state.sends = sends(line_->direction);
  state.receives = receives(line_->direction);
  state.codec = line_->codec.codec;
  state.parameters = line_->codec.parameters;
  return state;
}

std::optional<CodecChoice> RtpMedia::wanted_codec() const {
  const auto choice_of = [](const SourceRef& source) {
    return std::optional(CodecChoice{source->codec(), source->parameters()});
  };
  for (const auto& slot : consumers_.slots()) {
    if (slot.consumer != 0) return choice_of(slot.source);
  }
  const auto& waiting = consumers_.waiting();
  return waiting.empty() ? std::nullopt : choice_of(waiting.front().source);
}

Status RtpMedia::send_tones(const ToneOptions& tones) {
  const auto status = tones_out_.send(tones, Clock::now());
  if (status.ok()) owner_.worker.schedule(owner_.turn);
  return status;
}

TimePoint RtpMedia::end_turn(TimePoint now) {
  TimePoint next = tones_out_.run(mid_, now);
  for (const auto& entry : receiver_.entries()) next = std::min(next, entry->stream.deliver(now));
  return std::min(next, feedback_.ask(feedback_view(), now));
}

void RtpMedia::tick(TimePoint now) {
  feedback_.tick(feedback_view(), now);
  for (const auto& entry : receiver_.entries()) entry->stream.counters()->measure(now);
  tell(tones_in_.on_timer(now));
  look_for_silence(now);
}

PeerFeedback::Peer RtpMedia::feedback_view() {
  return {transport_, receiver_, consumers_, owner_.worker.switchboard(), line_ && line_->reduced_size};
}

void RtpMedia::look_for_silence(TimePoint now) {
  if (silent_ || !line_ || !receives(line_->direction)) return;
  if (now - media_at_ < owner_.options.media_timeout) return;
  silent_ = true;
  if (owner_.options.events.on_media_timeout) owner_.options.events.on_media_timeout(video_);
}

void RtpMedia::note_media(TimePoint now) {
  media_at_ = now;
  if (!std::exchange(silent_, false)) return;
  if (owner_.options.events.on_media_resumed) owner_.options.events.on_media_resumed(video_);
}

void RtpMedia::tell(const std::optional<Tone>& tone) const {
  if (tone && owner_.options.events.on_tone) owner_.options.events.on_tone(*tone);
}

// RFC 3550 section 6.6.
void RtpMedia::say_goodbye() {
  if (!transport_.takes_rtcp()) return;
  std::array<uint8_t, 128> buffer;
  RtcpWriter writer(MutableBytes(buffer).first(buffer.size() - SrtcpSealer::kOverhead));
  writer.receiver_report(ssrc_, {});
  writer.cname({ssrc_, "kms"});
  writer.bye(ssrc_);
  transport_.send_rtcp(buffer, writer.size());
}

}  // namespace kms::rtc
