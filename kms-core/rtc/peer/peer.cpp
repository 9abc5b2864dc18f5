// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/ice_candidate.hpp"
#include "kms-core/rtc/ice/remote_candidate.hpp"
#include "kms-core/rtc/peer/layer_ids.hpp"
#include "kms-core/rtc/peer/worker.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc {

Peer::~Peer() {
  worker_.post([id = id_](Worker& here) { here.remove_peer(id); });
}

// Asks the peer on its thread; `done` gets what `ask` gives, or that there is no peer any more.
template <typename T, typename Ask>
void Peer::ask(std::function<void(Result<T>)> done, Ask ask) {
  const bool posted = worker_.post([id = id_, done, ask = std::move(ask)](Worker& here) {
    auto* peer = here.peer(id);
    done(peer ? Result<T>(ask(*peer))
              : Result<T>(error(StatusCode::kNotFound, "PEER_CLOSED", "the peer is closed")));
  });
  if (!posted) done(error(StatusCode::kUnavailable, "PEER_CLOSED", "the server has been stopped"));
}

void Peer::answer(std::string offer, std::function<void(Result<Answer>)> done) {
  ask<Answer>(std::move(done), [offer = std::move(offer)](PeerSession& peer) { return peer.answer(offer); });
}

void Peer::offer(OfferWish wish, std::function<void(Result<std::string>)> done) {
  ask<std::string>(std::move(done), [wish = std::move(wish)](PeerSession& peer) { return peer.offer(wish); });
}

void Peer::withdraw_offer(std::function<void(Status)> done) {
  const auto told = [done = std::move(done)](const Result<bool>& withdrawn) { done(withdrawn.status()); };
  ask<bool>(told, [](PeerSession& peer) -> Result<bool> {
    const auto status = peer.withdraw();
    return status.ok() ? Result<bool>(true) : status;
  });
}

void Peer::accept(std::string answer, std::function<void(Result<Answer>)> done) {
  ask<Answer>(std::move(done),
              [answer = std::move(answer)](PeerSession& peer) { return peer.accept(answer); });
}

void Peer::add_candidate(std::string candidate, std::function<void(Status)> done) {
  const auto told = [done = std::move(done)](const Result<bool>& read) { done(read.status()); };
  ask<bool>(told, [candidate = std::move(candidate)](PeerSession&) -> Result<bool> {
    if (candidate.empty()) return true;
    const auto read = parse_candidate(candidate);
    return read.ok() ? Result<bool>(true) : read.status();
  });
}

void Peer::update_ice(IceCredentials theirs,
                      std::function<void(Result<std::optional<IceCredentials>>)> done) {
  ask<std::optional<IceCredentials>>(
      std::move(done), [theirs = std::move(theirs)](PeerSession& peer) { return peer.update_ice(theirs); });
}

std::vector<std::string> Peer::candidates() const {
  std::vector<std::string> lines;
  for (const auto& candidate : host_candidates(worker_.settings().announced))
    lines.push_back(candidate.line());
  return lines;
}

void Peer::statistics(std::function<void(Result<PeerStatistics>)> done) {
  ask<PeerStatistics>(std::move(done), [](const PeerSession& peer) { return peer.statistics(); });
}

void Peer::open_data_channel(DataChannelOptions options, DataChannelEvents events,
                             std::function<void(Result<DataChannelRef>)> done) {
  ask<DataChannelRef>(std::move(done), [options = std::move(options), events = std::move(events)](
                                           PeerSession& peer) { return peer.data().open(options, events); });
}

void Peer::data_statistics(std::function<void(Result<SctpStatistics>)> done) {
  const bool posted = worker_.post([id = id_, done](Worker& here) {
    if (auto* peer = here.peer(id)) return peer->data().statistics(done);
    done(error(StatusCode::kNotFound, "PEER_CLOSED", "the peer is closed"));
  });
  if (!posted) done(error(StatusCode::kUnavailable, "PEER_CLOSED", "the server has been stopped"));
}

void Peer::set_data_reading(bool reading) {
  worker_.post([id = id_, reading](Worker& here) {
    if (auto* peer = here.peer(id)) peer->data().set_reading(reading);
  });
}

std::unique_ptr<Consumer> Peer::consume(SourceRef source, std::string mid,
                                        std::unique_ptr<Consumer> instead_of,
                                        const std::optional<LayerWish>& layers) {
  const ConsumerId consumer = consumer_id(id_, next_consumer_++);
  const auto sent = std::make_shared<ConsumerCounters>();
  const PeerConsumers::Wish wish{.id = consumer,
                                 .source = std::move(source),
                                 .mid = std::move(mid),
                                 .counters = sent,
                                 .instead_of = instead_of ? instead_of->id_ : 0,
                                 .layers = layers};
  worker_.post([id = id_, wish](Worker& here) {
    if (auto* peer = here.peer(id)) peer->consume(wish);
  });
  return std::unique_ptr<Consumer>(new Consumer(worker_, id_, consumer, sent));
}

Consumer::Consumer(Worker& worker, uint64_t peer, uint64_t id, std::shared_ptr<const ConsumerCounters> sent)
    : worker_(worker), peer_(peer), id_(id), sent_(std::move(sent)) {}

uint64_t Consumer::packets() const { return sent_->packets(); }
uint64_t Consumer::bytes() const { return sent_->bytes(); }

Consumer::~Consumer() {
  worker_.post([peer = peer_, id = id_](Worker& here) { here.stop_consuming(peer, id); });
}

void Consumer::set_layers(const LayerWish& wish) {
  worker_.post([peer = peer_, id = id_, wish](Worker& here) {
    if (auto* found = here.peer(peer)) found->set_layers(id, wish);
  });
}

// Made anew, since they cannot hold each other.
std::vector<SourceRef> SourceTrack::encodings() const {
  std::vector<SourceRef> all;
  if (!is_.encodings) return all;
  for (auto description : *is_.encodings) {
    description.encodings = is_.encodings;
    all.push_back(std::make_shared<const SourceTrack>(std::move(description)));
  }
  return all;
}

SourceTrack::Whole SourceTrack::whole_track() const {
  if (!is_.encodings) return {packets(), bytes(), ended()};
  Whole all{.ended = true};
  for (const auto& encoding : *is_.encodings) {
    if (!encoding.counters) continue;
    all.packets += encoding.counters->packets();
    all.bytes += encoding.counters->bytes();
    all.ended = all.ended && (encoding.counters->ended() || encoding.counters->packets() == 0);
  }
  all.ended = all.ended && all.packets > 0;
  return all;
}

}  // namespace kms::rtc
