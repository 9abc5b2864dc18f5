// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "kms-core/rtc/local_source.hpp"
#include "kms-core/rtc/peer/local_addresses.hpp"
#include "kms-core/rtc/peer/worker.hpp"
#include "kms-core/rtc/rtc.hpp"
#include "kms-core/rtc/rtp_peer.hpp"
#include "kms-core/rtc/sdp/codec_match.hpp"
#include "kms-core/rtc/tap.hpp"

namespace kms::rtc {
namespace {

// A thread this busy takes no more new peers while another is free: one thread is filled before the next,
// which spares wake-ups (bench/forwarding).
constexpr double kFullLoad = 0.65;

Result<DtlsCertificate> certificate_of(const ServerOptions& options) {
  if (options.certificate.empty() && options.key.empty()) return DtlsCertificate::make();
  return DtlsCertificate::from_pem(options.certificate, options.key);
}

bool has_two_of_a_family(const std::vector<std::string>& ips) {
  const auto v6 =
      std::ranges::count_if(ips, [](const auto& ip) { return ip.find(':') != std::string::npos; });
  return v6 > 1 || std::ssize(ips) - v6 > 1;
}

// Then the kernel might answer from another address than was asked.
bool is_multihomed(const ServerOptions& options) {
  return has_two_of_a_family(options.announced) || has_two_of_a_family(local_addresses(options.ipv6));
}

Result<std::unique_ptr<RtcThread>> make_thread(const ServerOptions& options, size_t index) {
  RtcThread::Options thread;
  thread.port.number = options.port == 0 ? uint16_t{0} : static_cast<uint16_t>(options.port + index);
  thread.port.ipv6 = options.ipv6;
  thread.port.tcp = options.tcp;
  thread.port.udp.tells_own_address = is_multihomed(options);
  thread.segment = options.segment;
  thread.quiet_longest = options.hold.longest;
  thread.name = fmt::format("rtc-{}", index);
  return RtcThread::create(thread);
}

std::vector<TransportAddress> with_port(const std::vector<std::string>& ips, const RtcThread& thread,
                                        bool tcp) {
  std::vector<TransportAddress> all;
  for (const auto protocol : {IpProtocol::kUdp, IpProtocol::kTcp}) {
    if (protocol == IpProtocol::kTcp && !tcp) continue;
    for (const auto& ip : ips) {
      if (const auto address = TransportAddress::parse(ip, thread.port(), protocol)) all.push_back(*address);
    }
  }
  return all;
}

Status check(const ServerOptions& options) {
  for (const auto& ip : options.announced) {
    if (!TransportAddress::parse(ip, 0)) {
      return error(StatusCode::kInvalidArgument, "BAD_ADDRESS",
                   fmt::format("announced address \"{}\" is no IPv4 or IPv6 address", ip));
    }
  }
  if (options.engine == SrtpEngineChoice::kIpsecMb && !make_srtp_engine(options.engine)) {
    return error(StatusCode::kInvalidArgument, "NO_IPSEC_MB",
                 "this build or processor has no intel-ipsec-mb");
  }
  return ok();
}

void add(ServerStatistics& all, const ServerStatistics& one) {
  all.peers += one.peers;
  for (const auto member :
       {&ServerStatistics::packets_in, &ServerStatistics::bytes_in, &ServerStatistics::packets_out,
        &ServerStatistics::media_out, &ServerStatistics::bytes_out, &ServerStatistics::messages_out,
        &ServerStatistics::refused_datagrams, &ServerStatistics::dropped_out,
        &ServerStatistics::dropped_between, &ServerStatistics::pooled_packets, &ServerStatistics::nacks_sent,
        &ServerStatistics::nacks_received, &ServerStatistics::plis_sent, &ServerStatistics::plis_received,
        &ServerStatistics::firs_received, &ServerStatistics::resent, &ServerStatistics::lost_incoming,
        &ServerStatistics::lost_outgoing}) {
    all.*member += one.*member;
  }
  if (one.estimated_peers == 0) return;
  const bool first = all.estimated_peers == 0;
  all.least_available_bps =
      first ? one.least_available_bps : std::min(all.least_available_bps, one.least_available_bps);
  all.estimated_peers += one.estimated_peers;
  all.available_outgoing_bps += one.available_outgoing_bps;
}

// A question to all threads; each writes into a place of its own.
struct Asked {
  Asked(size_t threads, std::function<void(const ServerStatistics&)> to)
      : answers(threads), left(threads), done(std::move(to)) {}
  void answer(size_t thread, const ServerStatistics& one) {
    answers[thread] = one;
    if (--left > 0) return;
    ServerStatistics all;
    for (const auto& each : answers) add(all, each);
    done(all);
  }
  std::vector<ServerStatistics> answers;
  std::atomic<size_t> left;
  std::function<void(const ServerStatistics&)> done;
};

}  // namespace

struct Server::Shared {
  DtlsContext dtls;
  std::atomic<uint64_t> next_peer = 1;
};

Server::Server(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {}
// Packets, rings and posts cross from thread to thread: all stand still before the first lets go of what the
// others may still point to, and all have let go before the first is gone.
Server::~Server() {
  for (const auto& worker : workers_) worker->stop();
  for (const auto& worker : workers_) worker->let_go();
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options) {
  if (const auto status = check(options); !status.ok()) return status;
  const auto certificate = certificate_of(options);
  if (!certificate.ok()) return certificate.status();
  auto dtls = DtlsContext::create(*certificate, options.profiles);
  if (!dtls.ok()) return dtls.status();
  std::unique_ptr<Server> server(new Server(std::unique_ptr<Shared>(new Shared{std::move(*dtls)})));
  const auto ips = options.announced.empty() ? local_addresses(options.ipv6) : options.announced;
  const size_t threads =
      options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 0; i < threads; ++i) {
    auto thread = make_thread(options, i);
    if (!thread.ok()) return thread.status();
    Worker::Settings settings{&server->shared_->dtls,
                              with_port(ips, **thread, options.tcp),
                              options.hold,
                              options.engine,
                              options.packets_per_thread,
                              options.silence};
    server->workers_.push_back(std::make_unique<Worker>(std::move(*thread), std::move(settings)));
  }
  for (const auto& worker : server->workers_) worker->start();
  return server;
}

Worker& Server::place(const SourceRef& near, int thread) {
  if (thread >= 0) return *workers_.at(static_cast<size_t>(thread) % workers_.size());
  if (near && near->home().load() < kFullLoad) return near->home();
  Worker* calmest = workers_.front().get();
  for (const auto& worker : workers_) {
    if (worker->load() < kFullLoad) return *worker;
    if (worker->load() < calmest->load()) calmest = worker.get();
  }
  return *calmest;
}

std::unique_ptr<Peer> Server::create_peer(PeerOptions options) {
  auto& worker = place(options.near, options.thread);
  const auto id = shared_->next_peer++;
  worker.post([id, options = std::move(options)](Worker& here) { here.add_peer(id, options); });
  return std::unique_ptr<Peer>(new Peer(worker, id));
}

std::unique_ptr<RtpPeer> Server::create_rtp_peer(RtpPeerOptions options) {
  auto& worker = place(options.near);
  const auto id = shared_->next_peer++;
  worker.post([id, options = std::move(options)](Worker& here) { here.add_rtp_peer(id, options); });
  return std::unique_ptr<RtpPeer>(new RtpPeer(worker, id));
}

std::unique_ptr<Tap> Server::tap(const SourceRef& source, const TapOptions& options) {
  return std::unique_ptr<Tap>(new Tap(source, options));
}

std::unique_ptr<LocalSource> Server::create_local_source(const LocalSourceOptions& options) {
  auto& worker = place(options.near);
  const uint64_t number = shared_->next_peer++;
  SourceTrack::Description is{.id = number << 32,
                              .home = &worker,
                              .codec = options.codec,
                              .parameters = options.parameters.empty()
                                                ? std::string(usual_parameters(options.codec))
                                                : options.parameters,
                              .cname = options.cname.empty() ? fmt::format("kms-{}", number) : options.cname,
                              .keeps_key_frame = options.keep_from_key_frame && !is_audio(options.codec),
                              .on_demand = options.on_demand};
  return std::unique_ptr<LocalSource>(new LocalSource(std::move(is), options));
}

uint16_t Server::port(size_t thread) const { return workers_.at(thread)->port(); }
std::string_view Server::engine() const { return workers_.front()->engine(); }

ServerStatistics Server::statistics() const {
  const auto promise = std::make_shared<std::promise<ServerStatistics>>();
  auto answer = promise->get_future();
  statistics([promise](const ServerStatistics& all) { promise->set_value(all); });
  return answer.get();
}

void Server::statistics(std::function<void(const ServerStatistics&)> done) const {
  const auto asked = std::make_shared<Asked>(workers_.size(), std::move(done));
  for (size_t i = 0; i < workers_.size(); ++i) {
    const bool runs = workers_[i]->post([asked, i](Worker& here) { asked->answer(i, here.statistics()); });
    if (!runs) asked->answer(i, {});  // it has ended
  }
}

}  // namespace kms::rtc
