// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <unordered_map>

#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/net/rtc_thread.hpp"
#include "kms-core/rtc/peer/local_feed.hpp"
#include "kms-core/rtc/peer/path_table.hpp"
#include "kms-core/rtc/peer/peer_session.hpp"
#include "kms-core/rtc/peer/rtp_session.hpp"
#include "kms-core/rtc/peer/switchboard.hpp"
#include "kms-core/rtc/peer/worker_door.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc {

// One RTC thread with the peers that live on it: finds the peer of each datagram, gives time to those that
// have something to do, and sends everything once per turn. Lives on its thread, post() apart.
class Worker final : public PacketHandler {
 public:
  struct Settings {
    const DtlsContext* dtls = nullptr;
    std::vector<TransportAddress> announced;  // with this worker's port
    HoldPolicy hold;
    SrtpEngineChoice engine = SrtpEngineChoice::kBest;
    size_t max_packets = 0;
    SilenceLimits silence = {};
  };

  Worker(std::unique_ptr<RtcThread> thread, Settings settings);
  ~Worker() override;
  void start() { thread_->start(*this); }
  // The end, in two steps that the server takes with all its workers: the thread, then peers and packets.
  void stop() { thread_->stop(); }
  void let_go();

  // Any thread.
  bool post(std::function<void(Worker&)> task);
  void wake() { thread_->wake(); }
  uint16_t port() const { return thread_->port(); }
  // What may outlive this worker: the way to it, and the packets that it has let go to other threads.
  const std::shared_ptr<WorkerDoor>& door() const { return door_; }
  // Of the process; this worker has it from its first use on. On the thread.
  Result<std::shared_ptr<SctpThread>> sctp_thread();
  const std::shared_ptr<PacketPool>& shared_pool() const { return pool_; }
  std::string_view engine() const { return engine_->name(); }
  // Part of the time that the thread was busy lately, 0 to 1.
  double load() const { return load_.load(std::memory_order_relaxed); }

  // The rest on the thread.
  void add_peer(uint64_t id, PeerOptions options);
  void remove_peer(uint64_t id);
  void remove_rtp_peer(uint64_t id);
  PeerSession* peer(uint64_t id);
  void add_rtp_peer(uint64_t id, const RtpPeerOptions& options);
  RtpSession* rtp_peer(uint64_t id);
  // Of a peer of either kind.
  void stop_consuming(uint64_t peer, ConsumerId consumer);
  void add_local(const SourceRef& source, const std::shared_ptr<LocalChannel>& channel);
  void remove_local(SourceId id);
  void name_peer(const std::string& ufrag, PeerSession& peer) { by_ufrag_[ufrag] = &peer; }
  void forget_name(const std::string& ufrag) { by_ufrag_.erase(ufrag); }

  // It gets its end_turn() in this turn.
  void schedule(TurnTaker& one);

  PathTable& paths() { return paths_; }
  TcpPort& tcp() { return thread_->tcp(); }
  PeerSockets& sockets() { return thread_->sockets(); }
  // What came to a socket of a peer's own.
  void count_datagram(const Datagram& datagram, bool taken);
  PacketPool& pool() { return *pool_; }
  SealedSender& sender() { return sender_; }
  Switchboard& switchboard() { return switchboard_; }
  const Settings& settings() const { return settings_; }
  ServerStatistics statistics() const;

  void expect(std::span<const Datagram> datagrams) override;
  void on_datagram(const Datagram& datagram) override;
  void on_tcp_closed(const Path& path) override;
  TimePoint on_turn_end(TimePoint now) override;

 private:
  bool on_stun(const Datagram& datagram, TimePoint now);
  void make_room();
  bool looks_first(TimePoint now);
  TimePoint give_turns(TimePoint now);
  void tick(TimePoint now);
  void name_quiet_streams();
  void measure_load(TimePoint now);
  void add_estimates(ServerStatistics& all) const;

  bool is_empty() const { return peers_.empty() && rtp_peers_.empty() && locals_.empty(); }

  Settings settings_;
  std::shared_ptr<WorkerDoor> door_;
  std::shared_ptr<SctpThread> sctp_thread_;
  std::unique_ptr<RtcThread> thread_;
  std::unique_ptr<SrtpEngine> engine_;
  std::shared_ptr<PacketPool> pool_;
  SealedSender sender_;
  Switchboard switchboard_;
  PathTable paths_;
  std::map<std::string, PeerSession*, std::less<>> by_ufrag_;
  std::unordered_map<uint64_t, std::unique_ptr<PeerSession>> peers_;
  std::unordered_map<uint64_t, std::unique_ptr<RtpSession>> rtp_peers_;
  std::map<SourceId, std::unique_ptr<LocalFeed>> locals_;
  std::vector<TurnTaker*> scheduled_;
  std::vector<uint32_t> quiet_;
  std::vector<const PeerSession*> expected_;
  TimePoint next_tick_ = TimePoint::max();
  int looks_ = 0;  // at the sockets, one after the other, since it was late for the tick
  TimePoint looked_at_{};
  TimePoint load_since_{};
  Duration load_cpu_{};
  std::atomic<double> load_ = 0;
  uint64_t packets_in_ = 0;
  uint64_t bytes_in_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace kms::rtc
