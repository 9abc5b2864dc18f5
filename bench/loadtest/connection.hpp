// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "bench/loadtest/ice_client.hpp"
#include "bench/loadtest/rtp_track.hpp"
#include "bench/loadtest/session_offer.hpp"
#include "bench/loadtest/socket_set.hpp"
#include "bench/loadtest/workplace.hpp"
#include "kms-core/rtc/dtls/dtls_transport.hpp"
#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_opener.hpp"

namespace kms::rtc::loadtest {

// A participant's transport: a socket of its own, ICE, DTLS and SRTP. Loses as much media as the settings
// say. Lives on a thread of the Workplace.
class Connection final : private SocketSet::Reader {
 public:
  // None of these may destroy the connection.
  class User {
   public:
    virtual void on_nominated(TimePoint now) = 0;
    virtual void on_connected(TimePoint now) = 0;
    // In the clear; may be changed.
    virtual void on_rtp(MutableBytes packet, TimePoint arrived) = 0;
    virtual void on_rtcp(Bytes compound, TimePoint now) = 0;
    // Once; nothing comes afterwards. Reasons: ICE_FAILED, CONNECTION_CLOSED and those of DtlsTransport.
    virtual void on_failed(const Status& why) = 0;

   protected:
    ~User() = default;
  };

  // Reasons of failure: PORT_UNAVAILABLE, NO_DESCRIPTOR.
  static Result<std::unique_ptr<Connection>> open(Workplace& place, User& user);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  SocketAddress local() const;
  // Begins to connect with whom the answer describes.
  Status start(const Agreement& agreement, const IceCredentials& local, TimePoint now);
  void on_time(TimePoint now);
  TimePoint deadline() const;
  bool connected() const { return opener_.has_value(); }

  // Media, once connected.
  void send_rtp(const PlainRtp& packet);
  // `size` bytes of `buffer`, which has room for SrtcpSealer::kOverhead more.
  void send_rtcp(MutableBytes buffer, size_t size);
  // Says goodbye (close_notify).
  void close();

 private:
  Connection(Workplace& place, User& user, UniqueFd socket);
  void on_readable() override;
  void on_datagram(const ArrivedDatagram& datagram);
  void on_stun(const ArrivedDatagram& datagram);
  void on_dtls(const ArrivedDatagram& datagram);
  void on_media(const ArrivedDatagram& datagram);
  void open_rtp(const ArrivedDatagram& datagram);
  void open_rtcp(const ArrivedDatagram& datagram);
  void after_ice(TimePoint now);
  void after_dtls(TimePoint now);
  void send_media(Bytes datagram);
  void send_to(const SocketAddress& to, Bytes datagram);
  void fail(const Status& why);
  bool is_selected(const SocketAddress& remote) const;

  Workplace& place_;
  User& user_;
  UniqueFd socket_;
  std::optional<IceClient> ice_;
  std::unique_ptr<DtlsTransport> dtls_;
  std::unique_ptr<SrtpSealKey> key_;
  std::optional<SrtpOpener> opener_;
  std::optional<SrtcpSealer> sealer_;
  SrtpProfile profile_{};
  bool failed_ = false;
};

}  // namespace kms::rtc::loadtest
