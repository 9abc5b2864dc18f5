// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "kms-core/rtc/forwarding/rtcp_outlet.hpp"
#include "kms-core/rtc/forwarding/sealed_sender.hpp"
#include "kms-core/rtc/plain/sdes.hpp"
#include "kms-core/rtc/srtp/srtcp_sealer.hpp"
#include "kms-core/rtc/srtp/srtp_opener.hpp"

namespace kms::rtc {

// RTP of one m-line without ICE and DTLS: from its sockets' datagrams to media in the clear and back, in the
// clear or under keys of the session description. Lives on the RTC thread.
class PlainTransport final : public RtcpOutlet {
 public:
  explicit PlainTransport(SealedSender& sender);

  // What is under other keys than before: there indices begin anew.
  struct Rekeyed {
    bool send = false;
    bool receive = false;
  };
  // Both or none.
  Rekeyed set_keys(const std::optional<SdesKey>& send, const std::optional<SdesKey>& receive);
  bool is_keyed() const { return receive_key_.has_value(); }
  // Where media goes; nothing: nowhere.
  void set_remote(const std::optional<Path>& media, const std::optional<Path>& rtcp);
  // Whether media may go out, and RTCP.
  void set_open(bool media, bool rtcp);

  const SendTarget& target() const { return target_; }
  const std::optional<Path>& remote() const { return remote_; }
  SrtpOpener& opener() { return *opener_; }
  bool takes_rtcp() const override { return rtcp_open_ && remote_rtcp_; }
  void send_rtcp(MutableBytes buffer, size_t size) override;

 private:
  void update_open();

  SealedSender& sender_;
  SendTarget target_;
  std::optional<Path> remote_;
  std::optional<Path> remote_rtcp_;
  bool media_open_ = false;
  bool rtcp_open_ = false;
  std::optional<SdesKey> send_key_;
  std::optional<SdesKey> receive_key_;
  std::optional<SrtpOpener> opener_;
  std::optional<SrtcpSealer> sealer_;
};

}  // namespace kms::rtc
