// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_session.hpp"

#include <algorithm>
#include <map>

#include "kms-core/rtc/ice/ice_candidate.hpp"
#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {
namespace {

// A source's id is its peer's with its number there: unique in the server.
SourceId source_id(uint64_t peer, uint64_t number) { return peer << 32 | number; }

}  // namespace

PeerSession::PeerSession(Worker& worker, uint64_t id, PeerOptions options)
    : worker_(worker),
      id_(id),
      watch_(std::move(options.events), worker.settings().announced),
      transport_(*worker.settings().dtls, worker.sender(), worker.settings().silence, Clock::now()),
      receiver_(worker.pool(), worker.settings().hold),
      consumers_(worker.switchboard(), transport_.target()),
      bandwidth_(consumers_),
      layers_(consumers_, bandwidth_),
      feedback_(id),
      inbox_(receiver_, consumers_, &bandwidth_),
      data_(worker, id, options.on_data_channel),
      negotiation_(id, {std::move(options.codecs), options.max_receive_bps, data_.is_wanted()}) {
  receiver_.set_loudest(std::move(options.loudest));
  transport_.set_data_taker([this](Bytes packet) { data_.on_data(packet); });
  take_name(transport_.credentials().ufrag);
}

// STUN finds the peer by our ufrag; after a restart the old one counts until the peer has changed over.
void PeerSession::take_name(const std::string& ufrag) {
  if (std::ranges::find(ufrags_, ufrag) == ufrags_.end()) {
    ufrags_.push_back(ufrag);
    worker_.name_peer(ufrag, *this);
  }
  std::erase_if(ufrags_, [this](const std::string& old) {
    if (transport_.answers_to(old)) return false;
    worker_.forget_name(old);
    return true;
  });
}

LocalSide PeerSession::local_side(const IceCredentials& credentials) const {
  LocalSide side;
  side.ufrag = credentials.ufrag;
  side.password = credentials.password;
  side.fingerprint = worker_.settings().dtls->fingerprint();
  for (const auto& candidate : host_candidates(worker_.settings().announced)) {
    side.candidates.push_back(candidate.line());
  }
  return side;
}

Result<Answer> PeerSession::answer(const std::string& text) {
  const auto offer = negotiation_.read(text);
  if (!offer.ok()) return offer.status();
  const auto credentials = offer->restarts_ice ? IceCredentials::make() : transport_.credentials();
  auto agreed = negotiation_.answer(*offer, local_side(credentials), consumers_);
  if (!agreed.ok()) return agreed.status();
  transport_.take_offered();  // with the offer that gives way
  if (offer->restarts_ice) restart_ice(credentials);
  return apply(std::move(*agreed));
}

void PeerSession::restart_ice(const IceCredentials& ours) {
  transport_.restart_ice(ours, Clock::now());
  take_name(ours.ufrag);
}

Result<std::optional<IceCredentials>> PeerSession::update_ice(const IceCredentials& theirs) {
  const auto restarts = negotiation_.take_credentials(theirs);
  if (!restarts.ok()) return restarts.status();
  if (!*restarts) return std::optional<IceCredentials>();
  const auto ours = IceCredentials::make();
  restart_ice(ours);
  update_state();
  return std::optional(ours);
}

Result<std::string> PeerSession::offer(const OfferWish& wish) {
  const auto ours = wish.restart_ice ? IceCredentials::make() : transport_.credentials();
  auto offer = negotiation_.offer(wish.lines, local_side(ours), consumers_);
  if (!offer.ok() || !wish.restart_ice) return offer;
  transport_.offer_restart(ours);
  take_name(ours.ufrag);
  return offer;
}

Status PeerSession::withdraw() {
  if (const auto status = negotiation_.withdraw(); !status.ok()) return status;
  transport_.take_offered();
  take_name(transport_.credentials().ufrag);
  return ok();
}

Result<Answer> PeerSession::accept(const std::string& text) {
  auto agreed = negotiation_.accept(text);
  if (!agreed.ok()) return agreed.status();
  if (const auto ours = transport_.take_offered()) restart_ice(*ours);
  return apply(std::move(*agreed));
}

Result<Answer> PeerSession::apply(Agreement agreed) {
  transport_.expect_checks(Clock::now());
  if (agreed.transport) {
    if (const auto status = use_transport(*agreed.transport); !status.ok()) return status;
  }
  data_.agree(agreed.data);
  end_missing(agreed);
  std::vector<PeerReceiver::Entry*> fresh;
  for (const auto& line : agreed.receive) {
    const size_t known = receiver_.entries().size();
    auto& entry = receiver_.set_line(line, source_id(id_, next_source_));
    if (receiver_.entries().size() == known) continue;
    ++next_source_;
    fresh.push_back(&entry);
  }
  publish(fresh);
  update_bandwidth(agreed.send);
  consumers_.set_lines(agreed.send);
  update_state();
  return Answer{std::move(agreed.sdp), std::move(agreed.lines), sources_};
}

// One line that reports is enough: the numbers are those of the transport.
void PeerSession::update_bandwidth(const std::vector<SendLine>& lines) {
  if (std::ranges::none_of(lines, &SendLine::transport_cc)) return;
  bandwidth_.use_transport_cc();
  transport_.use_estimator(bandwidth_.estimator());
}

void PeerSession::end_missing(const Agreement& agreed) {
  for (const auto& ended : receiver_.take_ended(agreed.receive, agreed.paused)) {
    worker_.switchboard().withdraw(ended->stream);
    std::erase_if(sources_, [&](const SourceRef& source) { return source->id() == ended->stream.id(); });
  }
}

Status PeerSession::use_transport(const NegotiatedTransport& transport) {
  if (transport_.has_remote()) return ok();
  const auto role = transport.we_are_client ? DtlsRole::kClient : DtlsRole::kServer;
  const auto status = transport_.set_remote(transport.fingerprint, role, Clock::now());
  if (status.ok()) follow(transport_.take_early(Clock::now()));
  return status;
}

SourceTrack::Description PeerSession::description_of(const PeerReceiver::Entry& entry) const {
  const auto& line = entry.line;
  return {entry.stream.id(), &worker_, line.codec,          line.parameters,
          line.mid,          line.rid, Peer::cname_of(id_), entry.stream.counters()};
}

// An encoding may be offered later than others of its track.
void PeerSession::publish(const std::vector<PeerReceiver::Entry*>& entries) {
  std::map<std::string, std::shared_ptr<std::vector<SourceTrack::Description>>> tracks;  // by mid
  for (const auto& entry : receiver_.entries()) {
    if (entry->line.rid.empty()) continue;
    auto& encodings = tracks[entry->line.mid];
    if (!encodings) encodings = std::make_shared<std::vector<SourceTrack::Description>>();
    encodings->push_back(description_of(*entry));
  }
  for (auto* entry : entries) {
    worker_.switchboard().publish(entry->stream, *this);
    auto description = description_of(*entry);
    if (!entry->line.rid.empty()) description.encodings = tracks[entry->line.mid];
    sources_.push_back(std::make_shared<const SourceTrack>(std::move(description)));
  }
}

void PeerSession::close() {
  consumers_.clear();
  for (const auto& entry : receiver_.entries()) worker_.switchboard().withdraw(entry->stream);
  const auto paths = transport_.paths();
  for (const auto& path : paths) worker_.paths().erase(path, *this);
  for (const auto& ufrag : ufrags_) worker_.forget_name(ufrag);
  data_.close();
  transport_.close();
  watch_.close();
  worker_.sender().flush();  // the goodbye goes out before its connection ends
  for (const auto& path : paths) hang_up(path);
}

void PeerSession::hang_up(const Path& path) {
  if (path.is_tcp()) worker_.tcp().close(path.connection);
}

bool PeerSession::on_stun(const StunMessage& message, const Path& from, TimePoint now) {
  const auto change = transport_.on_stun(message, from, now);
  follow(change);
  checks_ += change.refused ? 0 : 1;
  return !change.refused;
}

bool PeerSession::on_dtls(const Datagram& datagram, TimePoint now) {
  received_.add(datagram.bytes.size());
  const auto change = transport_.on_dtls(datagram.bytes, datagram.path, now);
  follow(change);
  return !change.refused;
}

bool PeerSession::on_rtp(const Datagram& datagram, TimePoint now) {
  if (!transport_.is_open()) return false;
  received_.add(datagram.bytes.size());
  PeerReceiver::Entry* entry = nullptr;
  const auto fate = receiver_.on_rtp(transport_.opener(), datagram.bytes, now, &entry);
  if (fate != RtpFate::kTaken) return false;
  if (const auto sequence = receiver_.transport_sequence()) {
    feedback_.on_transport_sequence(*sequence, entry->ssrc, now);
  }
  if (entry->stream.take_onset()) watch_.tell_voice();
  worker_.schedule(*this);
  return true;
}

bool PeerSession::on_rtcp(const Datagram& datagram, TimePoint now) {
  if (!transport_.is_open()) return false;
  received_.add(datagram.bytes.size());
  size_t size = 0;
  if (transport_.opener().open_rtcp(datagram.bytes, &size) != SrtpVerdict::kOk) return false;
  const bool good = inbox_.read(datagram.bytes.first(size), now);
  if (inbox_.said_goodbye()) watch_.tell_goodbye();
  return good;
}

PeerFeedback::Peer PeerSession::feedback_view() {
  return {transport_, receiver_, consumers_, worker_.switchboard()};
}

void PeerSession::on_path_closed(const Path& path) {
  worker_.paths().erase(path, *this);
  lose_path(path);
}

void PeerSession::lose_path(const Path& path) {
  const auto change = transport_.remove_path(path, Clock::now());
  if (change.state || change.selected) update_state();
}

TimePoint PeerSession::end_turn(TimePoint now) {
  TimePoint next = bandwidth_.send_probe(now);
  for (const auto& entry : receiver_.entries()) next = std::min(next, entry->stream.deliver(now));
  return std::min(next, feedback_.ask(feedback_view(), now));
}

void PeerSession::tick(TimePoint now) {
  follow(transport_.on_timer(now));
  watch_.tick(now);
  feedback_.tick(feedback_view(), now);
  for (const auto& entry : receiver_.entries()) entry->stream.counters()->measure(now);
  layers_.tick(now);
  wanted_.look_at(receiver_.entries(), now, [this](const auto& track) { watch_.tell_wanted(track); });
  if (transport_.is_open() && bandwidth_.tick(now)) worker_.schedule(*this);
}

void PeerSession::add_held_streams(std::vector<uint32_t>& out) const {
  for (const auto& entry : receiver_.entries()) {
    if (entry->ssrc != 0 && entry->stream.holds()) out.push_back(entry->ssrc);
  }
}

void PeerSession::follow(const PeerTransport::Change& change) {
  if (change.path_removed) {
    worker_.paths().erase(*change.path_removed, *this);
    hang_up(*change.path_removed);
  }
  if (change.path_added) take_path(*change.path_added);
  if (change.state || change.selected) update_state();
}

// A check proves who sent it, not from where: with a forged source address a peer could draw another's media.
// A path stays its owner's as long as the owner is heard.
void PeerSession::take_path(const Path& path) {
  const auto* owner = worker_.paths().find(path);
  if (owner && owner != this && owner->is_heard()) return lose_path(path);
  worker_.paths().set(path, *this);
  if (path.is_tcp()) worker_.tcp().adopt(path.connection);
}

void PeerSession::update_state() {
  watch_.look_at(transport_, Clock::now());
  update_data();
  const auto* dtls = transport_.dtls();
  if (dtls && dtls->state() == DtlsState::kFailed)
    return tell(PeerState::kFailed, reason_of(dtls->failure()));
  if (dtls && dtls->state() == DtlsState::kClosed) return tell(PeerState::kClosed, "PEER_CLOSED");
  if (transport_.ice_state() == IceState::kFailed) return tell(PeerState::kFailed, "NO_SIGN_OF_LIFE");
  if (!dtls || dtls->state() != DtlsState::kConnected) return;
  const bool silent = transport_.ice_state() == IceState::kDisconnected;
  tell(silent ? PeerState::kDisconnected : PeerState::kConnected, "");
}

void PeerSession::update_data() {
  const auto* dtls = transport_.dtls();
  if (!dtls || dtls->state() == DtlsState::kHandshaking) return;
  if (dtls->state() == DtlsState::kConnected) return data_.begin(dtls->role() == DtlsRole::kClient);
  data_.close();
}

void PeerSession::tell(PeerState state, const std::string& reason) {
  if (watch_.tell(state, reason, Clock::now()) && state == PeerState::kConnected) consumers_.on_open();
}

}  // namespace kms::rtc
