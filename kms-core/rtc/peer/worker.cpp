// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/worker.hpp"

#include <time.h>

#include <algorithm>

#include "kms-core/rtc/rtp/packet_kind.hpp"

namespace kms::rtc {
namespace {

// Timers of ICE, DTLS, reports and feedback.
constexpr std::chrono::milliseconds kTick{50};
// With what else wakes the thread within the last of it: a wake-up for the tick alone costs more than the
// tick.
constexpr std::chrono::milliseconds kTickEarly{20};
// Who is later than that has been held up.
constexpr std::chrono::milliseconds kTickLate{20};
// A thread that has more to do than it can is always late.
constexpr int kMostLooks = 3;
// The last check may come right after a tick, and a tick may come late.
static_assert(SilenceLimits().declared_disconnected() + 4 * kTick < SilenceLimits().disconnected);

Duration thread_cpu() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

bool WorkerDoor::post(std::function<void(Worker&)> task) {
  const std::shared_lock lock(mutex_);
  return worker_ && worker_->post(std::move(task));
}

void WorkerDoor::wake() {
  const std::shared_lock lock(mutex_);
  if (worker_) worker_->wake();
}

Worker::Worker(std::unique_ptr<RtcThread> thread, Settings settings)
    : settings_(std::move(settings)),
      door_(std::make_shared<WorkerDoor>(*this)),
      thread_(std::move(thread)),
      engine_(make_srtp_engine(settings_.engine)),
      pool_(std::make_shared<PacketPool>(settings_.max_packets)),
      sender_(*engine_, thread_->out()),
      switchboard_(*this, sender_) {
  expected_.reserve(ReceiveBuffers::kBatch);
}

Worker::~Worker() { stop(); }

void Worker::let_go() {
  door_->close();
  while (!locals_.empty()) remove_local(locals_.begin()->first);
  while (!peers_.empty()) remove_peer(peers_.begin()->first);
  while (!rtp_peers_.empty()) remove_rtp_peer(rtp_peers_.begin()->first);
  switchboard_.clear();
}

bool Worker::post(std::function<void(Worker&)> task) {
  return thread_->post([this, task = std::move(task)] {
    sender_.set_now(Clock::now());
    task(*this);
  });
}

Result<std::shared_ptr<SctpThread>> Worker::sctp_thread() {
  if (sctp_thread_) return sctp_thread_;
  auto thread = SctpThread::get();
  if (thread.ok()) sctp_thread_ = *thread;
  return thread;
}

void Worker::add_peer(uint64_t id, PeerOptions options) {
  peers_[id] = std::make_unique<PeerSession>(*this, id, std::move(options));
  make_room();
  next_tick_ = std::min(next_tick_, Clock::now() + kTick);
}

void Worker::add_rtp_peer(uint64_t id, const RtpPeerOptions& options) {
  rtp_peers_[id] = std::make_unique<RtpSession>(*this, id, options);
  make_room();
  next_tick_ = std::min(next_tick_, Clock::now() + kTick);
}

RtpSession* Worker::rtp_peer(uint64_t id) {
  const auto found = rtp_peers_.find(id);
  return found == rtp_peers_.end() ? nullptr : found->second.get();
}

void Worker::remove_rtp_peer(uint64_t id) {
  const auto found = rtp_peers_.find(id);
  if (found == rtp_peers_.end()) return;
  std::erase(scheduled_, found->second.get());
  rtp_peers_.erase(found);
}

void Worker::stop_consuming(uint64_t peer_id, ConsumerId consumer) {
  if (auto* found = peer(peer_id)) found->stop_consuming(consumer);
  if (auto* found = rtp_peer(peer_id)) found->stop_consuming(consumer);
}

void Worker::count_datagram(const Datagram& datagram, bool taken) {
  ++packets_in_;
  bytes_in_ += datagram.bytes.size();
  refused_ += taken ? 0 : 1;
}

void Worker::remove_peer(uint64_t id) {
  const auto found = peers_.find(id);
  if (found == peers_.end()) return;
  found->second->close();
  sender_.flush();  // what is queued may refer to the peer's key
  std::erase(scheduled_, found->second.get());
  peers_.erase(found);
}

PeerSession* Worker::peer(uint64_t id) {
  const auto found = peers_.find(id);
  return found == peers_.end() ? nullptr : found->second.get();
}

void Worker::add_local(const SourceRef& source, const std::shared_ptr<LocalChannel>& channel) {
  const SourceSettings settings{source->codec(),          false, settings_.hold, nullptr, channel->counters,
                                source->keeps_key_frame()};
  auto& feed = locals_[source->id()];
  feed = std::make_unique<LocalFeed>(*this, source->id(), settings, channel);
  switchboard_.publish(feed->stream(), *feed);
  make_room();
  next_tick_ = std::min(next_tick_, Clock::now() + kTick);
}

void Worker::remove_local(SourceId id) {
  const auto found = locals_.find(id);
  if (found == locals_.end()) return;
  found->second->finish(Clock::now());
  switchboard_.withdraw(found->second->stream());
  std::erase(scheduled_, found->second.get());
  locals_.erase(found);
}

// For all at once, as after the thread was held up: the packet path allocates nothing.
void Worker::make_room() {
  const auto all = peers_.size() + rtp_peers_.size() + locals_.size();
  if (scheduled_.capacity() < all) scheduled_.reserve(2 * all);
}

void Worker::schedule(TurnTaker& one) {
  if (!one.mark_scheduled()) return;
  scheduled_.push_back(&one);
}

// Feedback of many peers, after a frame has gone out to all of them, finds none of their state in a cache:
// one after the other they would wait for memory.
void Worker::expect(std::span<const Datagram> datagrams) {
  expected_.clear();
  for (const auto& datagram : datagrams) {
    if (packet_kind(datagram.bytes) != PacketKind::kRtcp) continue;
    const auto* found = paths_.find(datagram.path);
    if (!found) continue;
    found->expect_rtcp();
    expected_.push_back(found);
  }
  for (const auto* peer : expected_) peer->expect_rtcp_further();
}

void Worker::on_datagram(const Datagram& datagram) {
  const auto now = datagram.arrived;
  sender_.set_now(now);
  const auto kind = packet_kind(datagram.bytes);
  ++packets_in_;
  bytes_in_ += datagram.bytes.size();
  if (kind == PacketKind::kStun) {
    refused_ += on_stun(datagram, now) ? 0 : 1;
    return;
  }
  auto* found = paths_.find(datagram.path);
  bool taken = false;
  if (found && kind == PacketKind::kRtp) taken = found->on_rtp(datagram, now);
  if (found && kind == PacketKind::kRtcp) taken = found->on_rtcp(datagram, now);
  if (found && kind == PacketKind::kDtls) taken = found->on_dtls(datagram, now);
  refused_ += taken ? 0 : 1;
}

bool Worker::on_stun(const Datagram& datagram, TimePoint now) {
  const auto message = StunMessage::parse(datagram.bytes);
  const auto ufrag = message ? local_ufrag_of(*message) : std::nullopt;
  if (!ufrag) return false;
  const auto found = by_ufrag_.find(*ufrag);
  return found != by_ufrag_.end() && found->second->on_stun(*message, datagram.path, now);
}

void Worker::on_tcp_closed(const Path& path) {
  if (auto* found = paths_.find(path)) found->on_path_closed(path);
}

TimePoint Worker::on_turn_end(TimePoint now) {
  sender_.set_now(now);
  switchboard_.take_handed_over();
  for (const auto& [id, feed] : locals_) feed->take(now);
  // A stranger's connection is looked after as well.
  if (thread_->tcp().needs_ticks()) next_tick_ = std::min(next_tick_, now + kTick);
  if (now >= next_tick_ - kTickEarly && !looks_first(now)) tick(now);
  const auto next = give_turns(now);
  const auto waiting = switchboard_.send_waiting(now);  // also what those turns have let wait
  sender_.flush();
  return std::min({next, waiting, next_tick_});
}

// A tick judges who has been silent for too long. A thread that was held up may have been so since it looked
// at its sockets, and what came meanwhile lies there: it takes a turn at once, and then the tick, unless it
// was held up again.
bool Worker::looks_first(TimePoint now) {
  const auto since = looks_ > 0 ? looked_at_ : next_tick_;
  const bool again = now > since + kTickLate && looks_ < kMostLooks;
  looks_ = again ? looks_ + 1 : 0;
  looked_at_ = now;
  return again;
}

// Those that hold back a frame stay on the list until they have sent it.
TimePoint Worker::give_turns(TimePoint now) {
  TimePoint next = TimePoint::max();
  std::erase_if(scheduled_, [&](TurnTaker* one) {
    const auto again = one->take_turn(now);
    next = std::min(next, again);
    return again == TimePoint::max();
  });
  return next;
}

void Worker::tick(TimePoint now) {
  for (auto& [id, peer] : peers_) peer->tick(now);
  for (auto& [id, peer] : rtp_peers_) peer->tick(now);
  for (auto& [id, feed] : locals_) feed->tick(now);
  switchboard_.tick(now);
  name_quiet_streams();
  thread_->tcp().tick(now);
  measure_load(now);
  const bool idle = is_empty() && !thread_->tcp().needs_ticks() && switchboard_.is_idle();
  // As many as if none came early.
  next_tick_ = idle ? TimePoint::max() : std::max(next_tick_ + kTick, now + kTick / 2);
}

// Looked at with every tick instead of followed through all that changes it: to be late costs nothing but
// wake-ups, or a few milliseconds.
void Worker::name_quiet_streams() {
  quiet_.clear();
  bool feedback = false;
  bool plain_reports = true;
  for (const auto& [id, peer] : peers_) {
    peer->add_held_streams(quiet_);
    feedback = feedback || peer->reports_arrivals();
    plain_reports = plain_reports && !peer->asks_behind_reports();
  }
  // Alone they are too few to be worth looking for.
  const bool others = feedback || !quiet_.empty();
  thread_->set_quiet(quiet_, {feedback, others && plain_reports});
}

void Worker::measure_load(TimePoint now) {
  if (now - load_since_ < std::chrono::seconds(1)) return;
  const auto cpu = thread_cpu();
  const std::chrono::duration<double> busy = cpu - load_cpu_;
  const std::chrono::duration<double> whole = now - load_since_;
  load_ = is_empty() ? 0.0 : busy / whole;
  load_since_ = now;
  load_cpu_ = cpu;
}

ServerStatistics Worker::statistics() const {
  const auto& sent = sender_.counters();
  ServerStatistics all;
  all.peers = peers_.size() + rtp_peers_.size();
  all.packets_in = packets_in_;
  all.bytes_in = bytes_in_;
  all.packets_out = sent.packets;
  all.media_out = sender_.media();
  all.bytes_out = sent.bytes;
  all.messages_out = sent.messages;
  all.refused_datagrams = refused_ + thread_->oversized() + thread_->sockets().oversized();
  all.dropped_out = sent.dropped;
  all.dropped_between = switchboard_.dropped();
  all.pooled_packets = pool_->size();
  const auto& heard = switchboard_.counters();
  all.nacks_sent = heard.nacks_sent;
  all.nacks_received = heard.nacks_received;
  all.plis_sent = heard.plis_sent;
  all.plis_received = heard.plis_received;
  all.firs_received = heard.firs_received;
  all.resent = heard.resent;
  all.lost_incoming = heard.lost_incoming;
  all.lost_outgoing = heard.lost_outgoing;
  add_estimates(all);
  return all;
}

void Worker::add_estimates(ServerStatistics& all) const {
  const auto now = Clock::now();
  for (const auto& [id, peer] : peers_) {
    const auto bps = peer->available_bps(now);
    if (!bps) continue;
    all.least_available_bps = all.estimated_peers == 0 ? *bps : std::min(all.least_available_bps, *bps);
    all.available_outgoing_bps += *bps;
    ++all.estimated_peers;
  }
}

}  // namespace kms::rtc
