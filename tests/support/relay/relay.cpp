// SPDX-License-Identifier: Apache-2.0
#include "tests/support/relay/relay.hpp"

#include <future>

namespace kms::test {
namespace {

Result<rtc::UniqueFd> open_on_loopback(uint16_t port) {
  return rtc::open_udp(*rtc::SocketAddress::parse("127.0.0.1", port), {});
}

}  // namespace

Result<std::unique_ptr<Relay>> Relay::start(const Options& options) {
  auto loop = rtc::EventLoop::create();
  if (!loop.ok()) return loop.status();
  auto front = open_on_loopback(options.port);
  if (!front.ok()) return front.status();
  std::unique_ptr<Relay> relay(new Relay(options, std::move(*loop), std::move(*front)));
  auto& self = *relay;
  const auto status = self.loop_->watch(self.front_.get(), EPOLLIN, [&self](uint32_t) { self.read_front(); });
  if (!status.ok()) return status;
  self.thread_ =
      std::thread([&self] { self.loop_->run([&self](rtc::TimePoint now) { return self.send_due(now); }); });
  return relay;
}

Relay::Relay(const Options& options, std::unique_ptr<rtc::EventLoop> loop, rtc::UniqueFd front)
    : options_(options),
      address_(*rtc::SocketAddress::parse("127.0.0.1", rtc::local_port(front.get()))),
      loop_(std::move(loop)),
      front_(std::move(front)) {}

Relay::~Relay() {
  loop_->stop();
  if (thread_.joinable()) thread_.join();
}

void Relay::run_and_wait(const std::function<void()>& task) {
  const auto done = std::make_shared<std::promise<void>>();  // outlives this call for a moment, on the loop
  const bool posted = loop_->post([&task, done] {
    task();
    done->set_value();
  });
  if (posted) done->get_future().wait();
}

void Relay::set(Direction direction, const Weather& weather) {
  run_and_wait([&] {
    const bool up = direction == Direction::kUp;
    (up ? options_.up : options_.down) = weather;
    for (auto& [client, line] : lines_) (up ? line->up : line->down)->set(weather);
  });
}

Relay::Counts Relay::counts() {
  Counts counts;
  run_and_wait([&] {
    counts.clients = lines_.size();
    for (const auto& [client, line] : lines_) {
      counts.up += line->up->counts();
      counts.down += line->down->counts();
      if (options_.shared) break;
    }
  });
  return counts;
}

void Relay::lay(Line& line) {
  if (options_.shared && !lines_.empty()) {
    const auto& first = *lines_.begin()->second;
    line.up = first.up;
    line.down = first.down;
    return;
  }
  const uint64_t seed = options_.seed * 2 * kMostClients + 2 * lines_.size();
  line.up = std::make_shared<Way>(seed);
  line.down = std::make_shared<Way>(seed + 1);
  line.up->set(options_.up);
  line.down->set(options_.down);
}

Relay::Line* Relay::line_of(const rtc::SocketAddress& client) {
  const auto found = lines_.find(client);
  if (found != lines_.end()) return found->second.get();
  if (lines_.size() == kMostClients) return nullptr;
  auto socket = open_on_loopback(0);
  if (!socket.ok()) return nullptr;
  auto line = std::make_unique<Line>(Line{client, std::move(*socket), {}, {}});
  lay(*line);
  auto& kept = *line;
  if (!loop_->watch(kept.socket.get(), EPOLLIN, [this, &kept](uint32_t) { read_back(kept); }).ok())
    return nullptr;
  lines_.emplace(client, std::move(line));
  return &kept;
}

void Relay::read_front() {
  for (const auto& datagram : buffers_.receive(front_.get())) {
    auto* line = line_of(datagram.path.remote);
    if (!line) continue;
    send_later(*line->up, datagram.bytes, {{}, 0, line->socket.get(), options_.target, {}});
  }
}

void Relay::read_back(Line& line) {
  for (const auto& datagram : buffers_.receive(line.socket.get())) {
    if (datagram.path.remote != options_.target) continue;
    send_later(*line.down, datagram.bytes, {{}, 0, front_.get(), line.client, {}});
  }
}

void Relay::send_later(Way& way, rtc::Bytes bytes, const Parcel& parcel) {
  for (const auto due : way.take(bytes.size(), rtc::Clock::now())) {
    auto copy = parcel;
    copy.due = due;
    copy.number = ++parcels_;
    copy.bytes.assign(bytes.begin(), bytes.end());
    waiting_.push(std::move(copy));
  }
}

rtc::TimePoint Relay::send_due(rtc::TimePoint now) {
  while (!waiting_.empty() && waiting_.top().due <= now) {
    const auto& parcel = waiting_.top();
    // A full socket is one more way to lose a datagram.
    ::sendto(parcel.from, parcel.bytes.data(), parcel.bytes.size(), 0, parcel.to.data(), parcel.to.size());
    waiting_.pop();
  }
  return waiting_.empty() ? rtc::TimePoint::max() : waiting_.top().due;
}

}  // namespace kms::test
