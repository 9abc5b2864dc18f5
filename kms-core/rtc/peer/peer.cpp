// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/worker.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc {

Peer::~Peer() {
  worker_.post([id = id_](Worker& here) { here.remove_peer(id); });
}

void Peer::answer(std::string offer, std::function<void(Result<Answer>)> done) {
  const bool posted = worker_.post([id = id_, offer = std::move(offer), done](Worker& here) {
    auto* peer = here.peer(id);
    done(peer ? peer->answer(offer)
              : Result<Answer>(error(StatusCode::kNotFound, "PEER_CLOSED", "the peer is closed")));
  });
  if (!posted) done(error(StatusCode::kUnavailable, "PEER_CLOSED", "the server has been stopped"));
}

std::unique_ptr<Consumer> Peer::consume(SourceRef source, std::string mid) {
  // Unique on the thread: ids of peers are unique, and a peer makes less than 2^20 consumers in its life.
  const ConsumerId consumer = id_ << 20 | next_consumer_++;
  worker_.post([id = id_, consumer, source = std::move(source), mid = std::move(mid)](Worker& here) {
    if (auto* peer = here.peer(id)) peer->consume(consumer, source, mid);
  });
  return std::unique_ptr<Consumer>(new Consumer(worker_, id_, consumer));
}

Consumer::~Consumer() {
  worker_.post([peer = peer_, id = id_](Worker& here) { here.stop_consuming(peer, id); });
}

void Consumer::set_prompt(bool prompt) {
  worker_.post([peer = peer_, id = id_, prompt](Worker& here) { here.set_prompt(peer, id, prompt); });
}

}  // namespace kms::rtc
