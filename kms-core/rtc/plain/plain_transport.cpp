// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/plain_transport.hpp"

namespace kms::rtc {
namespace {

constexpr SdesKey kClear{SrtpProfile::kNone, {}};

}  // namespace

PlainTransport::PlainTransport(SealedSender& sender) : sender_(sender) {
  target_.key = sender_.engine().make_key(SrtpProfile::kNone, {});
  sealer_.emplace(SrtpProfile::kNone, SrtpSessionKeys{});
  opener_.emplace(SrtpProfile::kNone, SrtpMasterKey{});
}

PlainTransport::Rekeyed PlainTransport::set_keys(const std::optional<SdesKey>& send,
                                                 const std::optional<SdesKey>& receive) {
  const Rekeyed rekeyed{send_key_ != send, receive_key_ != receive};
  if (rekeyed.send) {
    sender_.flush();  // what is queued refers to the former key
    const auto& key = send ? *send : kClear;
    const auto ours = derive_srtp_keys(key.profile, key.master);
    target_.key = sender_.engine().make_key(key.profile, ours.rtp);
    sealer_.emplace(key.profile, ours.rtcp);
    send_key_ = send;
  }
  if (!rekeyed.receive) return rekeyed;
  const auto& key = receive ? *receive : kClear;
  opener_.emplace(key.profile, key.master);
  receive_key_ = receive;
  return rekeyed;
}

void PlainTransport::set_remote(const std::optional<Path>& media, const std::optional<Path>& rtcp) {
  remote_ = media;
  remote_rtcp_ = rtcp;
  if (media) target_.path = *media;
  update_open();
}

void PlainTransport::set_open(bool media, bool rtcp) {
  media_open_ = media;
  rtcp_open_ = rtcp;
  update_open();
}

void PlainTransport::update_open() { target_.open = media_open_ && remote_; }

void PlainTransport::send_rtcp(MutableBytes buffer, size_t size) {
  if (takes_rtcp()) sender_.send_raw(*remote_rtcp_, buffer.first(sealer_->seal(buffer, size)));
}

}  // namespace kms::rtc
