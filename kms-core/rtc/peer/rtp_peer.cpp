// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtp_peer.hpp"

#include "kms-core/rtc/peer/layer_ids.hpp"
#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {
namespace {

Status closed() { return error(StatusCode::kNotFound, "PEER_CLOSED", "the peer is closed"); }

}  // namespace

RtpPeer::~RtpPeer() {
  worker_.post([id = id_](Worker& here) { here.remove_rtp_peer(id); });
}

std::string RtpPeer::cname() const { return Peer::cname_of(id_); }

template <typename T>
void RtpPeer::ask(std::function<T(RtpSession&)> question, std::function<void(T)> done) {
  const bool posted = worker_.post([id = id_, question = std::move(question), done](Worker& here) {
    auto* peer = here.rtp_peer(id);
    done(peer ? question(*peer) : T(closed()));
  });
  if (!posted) done(T(closed()));
}

void RtpPeer::answer(std::string offer, std::function<void(Result<Answer>)> done) {
  ask<Result<Answer>>([offer = std::move(offer)](RtpSession& peer) { return peer.answer(offer); },
                      std::move(done));
}

void RtpPeer::offer(RtpOffer wanted, std::function<void(Result<std::string>)> done) {
  ask<Result<std::string>>([wanted](RtpSession& peer) { return peer.offer(wanted); }, std::move(done));
}

void RtpPeer::accept(std::string answer, std::function<void(Result<Answer>)> done) {
  ask<Result<Answer>>([answer = std::move(answer)](RtpSession& peer) { return peer.accept(answer); },
                      std::move(done));
}

void RtpPeer::use(std::optional<RtpStream> audio, std::optional<RtpStream> video,
                  std::function<void(Result<Answer>)> done) {
  ask<Result<Answer>>([audio = std::move(audio),
                       video = std::move(video)](RtpSession& peer) { return peer.use(audio, video); },
                      std::move(done));
}

void RtpPeer::local_ports(std::function<void(Result<RtpLocalPorts>)> done) {
  ask<Result<RtpLocalPorts>>([](RtpSession& peer) { return Result<RtpLocalPorts>(peer.local_ports()); },
                             std::move(done));
}

void RtpPeer::send_tones(ToneOptions tones, std::function<void(Status)> done) {
  ask<Status>([tones = std::move(tones)](RtpSession& peer) { return peer.send_tones(tones); },
              std::move(done));
}

std::unique_ptr<Consumer> RtpPeer::consume(SourceRef source, std::unique_ptr<Consumer> instead_of) {
  const ConsumerId consumer = consumer_id(id_, next_consumer_++);
  const auto sent = std::make_shared<ConsumerCounters>();
  const PeerConsumers::Wish wish{.id = consumer,
                                 .source = std::move(source),
                                 .counters = sent,
                                 .instead_of = instead_of ? instead_of->id_ : 0};
  worker_.post([id = id_, wish](Worker& here) {
    if (auto* peer = here.rtp_peer(id)) peer->consume(wish);
  });
  return std::unique_ptr<Consumer>(new Consumer(worker_, id_, consumer, sent));
}

}  // namespace kms::rtc
