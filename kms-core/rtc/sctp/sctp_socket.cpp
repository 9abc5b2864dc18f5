// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/sctp_socket.hpp"

#include <usrsctp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "kms-core/rtc/sctp/data_channel_options.hpp"

namespace kms::rtc {
namespace {

// usrsctp has it, but its header does not say so: what the association still has to send or to see
// acknowledged, in bytes.
constexpr int kSendBufferUse = 0x1101;
struct SendBufferUse {
  uint32_t association = 0;
  uint32_t send_bytes = 0;
  uint32_t receive_bytes = 0;
};
constexpr size_t kCommonHeader = 12;
constexpr size_t kChecksumAt = 8;
constexpr uint32_t kHeartbeatMs =
    15'000;  // ICE looks after the path; this finds an association that is stuck

sockaddr_conn address_of(uintptr_t number, uint16_t port) {
  sockaddr_conn address{};
  address.sconn_family = AF_CONN;
  address.sconn_port = htons(port);
  address.sconn_addr = reinterpret_cast<void*>(number);
  return address;
}

sockaddr* generic(sockaddr_conn& address) { return reinterpret_cast<sockaddr*>(&address); }

Status failed(std::string_view what) {
  return error(StatusCode::kInternal, "SCTP_FAILED", std::string(what) + ": " + std::strerror(errno));
}

// One that all reads share: they come one after the other, on one thread.
std::span<uint8_t> read_buffer() {
  static std::vector<uint8_t> buffer(64 * 1024);
  return buffer;
}

sctp_sendv_spa spa_of(const SctpSending& how) {
  sctp_sendv_spa spa{};
  spa.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  spa.sendv_sndinfo.snd_sid = how.stream;
  spa.sendv_sndinfo.snd_ppid = htonl(how.ppid);
  spa.sendv_sndinfo.snd_flags = how.ordered ? 0 : SCTP_UNORDERED;
  if (how.max_retransmits || how.max_lifetime_ms) {
    spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    spa.sendv_prinfo.pr_policy = how.max_retransmits ? SCTP_PR_SCTP_RTX : SCTP_PR_SCTP_TTL;
    spa.sendv_prinfo.pr_value = how.max_retransmits.value_or(how.max_lifetime_ms.value_or(0));
  }
  return spa;
}

// All that usrsctp_sendv() may say, by the sources of 0.9.5. A stream that is being reset has no room either.
SctpSocket::Sent outcome_of(int error) {
  switch (error) {
    case EWOULDBLOCK:
    case ENOBUFS:
    case ENOMEM:
    case EINTR:
      return SctpSocket::Sent::kFull;
    case EINVAL:
    case EMSGSIZE:
      return SctpSocket::Sent::kRefused;
    default:  // ENOENT, ENOTCONN, ECONNRESET, EPIPE...
      return SctpSocket::Sent::kGone;
  }
}

}  // namespace

SctpSocket::SctpSocket(Key, SctpStack& stack, Listener& listener)
    : stack_(stack), listener_(listener), number_(stack.add(*this)) {}

SctpSocket::~SctpSocket() {
  if (socket_) {
    usrsctp_set_upcall(socket_, nullptr, nullptr);
    const linger abort{1, 0};
    set(SOL_SOCKET, SO_LINGER, abort);
    usrsctp_close(socket_);
  }
  stack_.remove(number_);
}

Result<std::unique_ptr<SctpSocket>> SctpSocket::create(SctpStack& stack, Listener& listener) {
  auto made = std::make_unique<SctpSocket>(Key{}, stack, listener);
  made->socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
  if (!made->socket_ || !made->set_up()) return failed("an SCTP association could not be made");
  return made;
}

template <typename Option>
bool SctpSocket::set(int level, int name, const Option& option) {
  return usrsctp_setsockopt(socket_, level, name, &option, sizeof(option)) == 0;
}

bool SctpSocket::subscribe(uint16_t event) {
  sctp_event wanted{};
  wanted.se_assoc_id = SCTP_FUTURE_ASSOC;
  wanted.se_type = event;
  wanted.se_on = 1;
  return set(IPPROTO_SCTP, SCTP_EVENT, wanted);
}

bool SctpSocket::set_up() {
  constexpr int kOn = 1;
  constexpr int kOff = 0;
  const sctp_assoc_value resets{SCTP_FUTURE_ASSOC, SCTP_ENABLE_RESET_STREAM_REQ};
  sctp_initmsg streams{};
  streams.sinit_num_ostreams = kMaxDataStreams;
  streams.sinit_max_instreams = kMaxDataStreams;
  auto local = address_of(number_, kPort);
  const bool good =
      usrsctp_set_non_blocking(socket_, 1) == 0 && set(SOL_SOCKET, SO_SNDBUF, kBufferBytes) &&
      set(SOL_SOCKET, SO_RCVBUF, kBufferBytes) && set(IPPROTO_SCTP, SCTP_NODELAY, kOn) &&
      set(IPPROTO_SCTP, SCTP_RECVRCVINFO, kOn) && set(IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, kOff) &&
      set(IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, resets) && set(IPPROTO_SCTP, SCTP_INITMSG, streams) &&
      subscribe(SCTP_ASSOC_CHANGE) && subscribe(SCTP_STREAM_RESET_EVENT) &&
      subscribe(SCTP_PARTIAL_DELIVERY_EVENT) && usrsctp_bind(socket_, generic(local), sizeof(local)) == 0;
  if (good) usrsctp_set_upcall(socket_, &SctpSocket::on_news, reinterpret_cast<void*>(number_));
  return good;
}

void SctpSocket::on_news(struct socket* /*socket*/, void* number, int /*flags*/) {
  SctpStack::get().mark_ready(reinterpret_cast<uintptr_t>(number));
}

Status SctpSocket::connect(uint16_t peers_port) {
  auto peer = address_of(number_, peers_port);
  const bool begun = usrsctp_connect(socket_, generic(peer), sizeof(peer)) == 0 || errno == EINPROGRESS;
  if (!begun) return failed("the SCTP association could not begin");
  sctp_paddrparams path{};
  std::memcpy(&path.spp_address, &peer, sizeof(peer));
  path.spp_flags = SPP_PMTUD_DISABLE | SPP_HB_ENABLE;
  path.spp_hbinterval = kHeartbeatMs;
  path.spp_pathmtu = kMaxPacket - kCommonHeader;  // usrsctp adds the header to what it is told
  if (!set(IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path)) return failed("the SCTP path could not be set");
  return ok();
}

// Messages are acknowledged about in the order in which they were given: of those that usrsctp may have, the
// ones that end within the bytes it is rid of are gone.
bool SctpSocket::has_room() {
  if (ends_.size() < kMaxMessages) return true;
  SendBufferUse use;
  socklen_t size = sizeof(use);
  if (usrsctp_getsockopt(socket_, IPPROTO_SCTP, kSendBufferUse, &use, &size) != 0) return false;
  while (!ends_.empty() && ends_.front() + use.send_bytes <= given_) ends_.pop_front();
  return ends_.size() < kMaxMessages;
}

// usrsctp tells when it has room again, but not when it has memory.
SctpSocket::Sent SctpSocket::try_again() {
  stack_.mark_ready_later(number_);
  return Sent::kFull;
}

SctpSocket::Sent SctpSocket::send(const SctpSending& how, Bytes message) {
  if (!has_room()) return try_again();
  auto spa = spa_of(how);
  const auto sent = usrsctp_sendv(socket_, message.data(), message.size(), nullptr, 0, &spa, sizeof(spa),
                                  SCTP_SENDV_SPA, 0);
  if (sent < 0) {
    const auto outcome = outcome_of(errno);
    return outcome == Sent::kFull ? try_again() : outcome;
  }
  given_ += message.size();
  ends_.push_back(given_);
  return Sent::kDone;
}

void SctpSocket::input(Bytes packet) {
  const auto passed = gate_.pass(packet);
  if (passed.empty()) return;
  if (passed.data() == packet.data()) return stack_.input(number_, packet);
  input_anew({passed.begin(), passed.end()});
}

void SctpSocket::input_anew(std::vector<uint8_t> packet) {
  const uint32_t checksum = usrsctp_crc32c(packet.data(), packet.size());
  std::memcpy(packet.data() + kChecksumAt, &checksum, sizeof(checksum));
  stack_.input(number_, packet);
}

void SctpSocket::on_output(Bytes packet) {
  if (gate_.note_sent(packet)) mark_ready();
  listener_.on_packet(packet);
}

void SctpSocket::on_ready() {
  if (auto request = gate_.release(); !request.empty()) input_anew(std::move(request));
  listener_.on_ready();
}

std::optional<SctpPiece> SctpSocket::read() {
  const auto buffer = read_buffer();
  while (true) {
    sctp_rcvinfo info{};
    socklen_t info_size = sizeof(info);
    sockaddr_conn from{};
    socklen_t from_size = sizeof(from);
    unsigned int kind = 0;
    int flags = 0;
    const auto size = usrsctp_recvv(socket_, buffer.data(), buffer.size(), generic(from), &from_size, &info,
                                    &info_size, &kind, &flags);
    if (size <= 0) return std::nullopt;
    const auto bytes = buffer.first(static_cast<size_t>(size));
    if ((flags & MSG_NOTIFICATION) == 0) {
      return SctpPiece{info.rcv_sid, ntohl(info.rcv_ppid), bytes, (flags & MSG_EOR) != 0};
    }
    on_notification(bytes);
  }
}

void SctpSocket::on_notification(Bytes bytes) {
  sctp_notification notification{};
  if (bytes.size() < sizeof(notification.sn_header)) return;
  std::memcpy(&notification, bytes.data(), std::min(bytes.size(), sizeof(notification)));
  switch (notification.sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
      return on_association_change(notification);
    case SCTP_STREAM_RESET_EVENT:
      return on_reset_event(bytes);
    case SCTP_PARTIAL_DELIVERY_EVENT:
      return listener_.on_piece_abandoned();
    default:
      return;
  }
}

// A restart is a new association under an old one's name: its channels are not those that were open.
void SctpSocket::on_association_change(const sctp_notification& notification) {
  const auto& change = notification.sn_assoc_change;
  if (change.sac_state != SCTP_COMM_UP) return listener_.on_down();
  listener_.on_up(std::min(change.sac_outbound_streams, change.sac_inbound_streams));
}

void SctpSocket::on_reset_event(Bytes bytes) {
  sctp_stream_reset_event event{};
  if (bytes.size() < sizeof(event)) return;
  std::memcpy(&event, bytes.data(), sizeof(event));
  const auto list = bytes.subspan(sizeof(event));
  std::vector<uint16_t> streams(list.size() / sizeof(uint16_t));
  std::memcpy(streams.data(), list.data(), streams.size() * sizeof(uint16_t));
  if ((event.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0) listener_.on_incoming_reset(streams);
  if ((event.strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN) != 0) listener_.on_outgoing_reset(streams);
}

SctpSocket::Reset SctpSocket::reset_outgoing(std::span<const uint16_t> streams) {
  std::vector<uint8_t> option(sizeof(sctp_reset_streams) + streams.size_bytes());
  sctp_reset_streams head{};
  head.srs_assoc_id = SCTP_ALL_ASSOC;
  head.srs_flags = SCTP_STREAM_RESET_OUTGOING;
  head.srs_number_streams = static_cast<uint16_t>(streams.size());
  std::memcpy(option.data(), &head, sizeof(head));
  std::memcpy(option.data() + sizeof(head), streams.data(), streams.size_bytes());
  const auto size = static_cast<socklen_t>(option.size());
  if (usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, option.data(), size) == 0)
    return Reset::kBegun;
  return errno == EALREADY || errno == EBUSY ? Reset::kBusy : Reset::kImpossible;
}

SctpFigures SctpSocket::figures() const {
  sctp_status status{};
  socklen_t size = sizeof(status);
  if (usrsctp_getsockopt(socket_, IPPROTO_SCTP, SCTP_STATUS, &status, &size) != 0) return {};
  return {.round_trip_time_s = status.sstat_primary.spinfo_srtt / 1000.0,
          .congestion_window = status.sstat_primary.spinfo_cwnd,
          .receiver_window = status.sstat_rwnd,
          .unacknowledged = status.sstat_unackdata};
}

}  // namespace kms::rtc
