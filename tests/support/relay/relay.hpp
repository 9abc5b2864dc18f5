// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <queue>
#include <thread>
#include <unordered_map>
#include <vector>

#include "kms-core/rtc/net/event_loop.hpp"
#include "kms-core/rtc/net/udp_socket.hpp"
#include "tests/support/relay/way.hpp"

namespace kms::test {

// A UDP relay on loopback with a bad line: clients speak to its address, the target sees each of them at a
// port of its own, as behind an address translation. Each client has a line of its own, with the same
// weather, unless they share one. A thread of its own does the work; may be used from any other.
class Relay {
 public:
  enum class Direction { kUp, kDown };  // up: from the clients to the target
  struct Options {
    rtc::SocketAddress target = {};
    Weather up = {};
    Weather down = {};
    uint64_t seed = 1;
    uint16_t port = 0;    // 0: any free one
    bool shared = false;  // one line for all clients, with one bottleneck
  };
  struct Counts {
    WayCounts up;
    WayCounts down;
    size_t clients = 0;
  };

  // Reasons: PORT_UNAVAILABLE.
  static Result<std::unique_ptr<Relay>> start(const Options& options);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Where clients send to, instead of to the target.
  const rtc::SocketAddress& address() const { return address_; }
  // In force for what comes after the call has returned.
  void set(Direction direction, const Weather& weather);
  Counts counts();

 private:
  struct Line {
    rtc::SocketAddress client;
    rtc::UniqueFd socket;  // what the target sees the client at
    std::shared_ptr<Way> up;
    std::shared_ptr<Way> down;
  };
  struct Parcel {
    rtc::TimePoint due;
    uint64_t number;  // those of one time leave as they came
    int from;
    rtc::SocketAddress to;
    std::vector<uint8_t> bytes;
    bool operator<(const Parcel& other) const {
      return due != other.due ? due > other.due : number > other.number;
    }
  };
  struct AddressHash {
    size_t operator()(const rtc::SocketAddress& address) const { return address.hash(); }
  };
  static constexpr size_t kMostClients = 256;  // more are ignored

  Relay(const Options& options, std::unique_ptr<rtc::EventLoop> loop, rtc::UniqueFd front);
  // What only the loop's thread does.
  Line* line_of(const rtc::SocketAddress& client);
  void lay(Line& line);
  void read_front();
  void read_back(Line& line);
  void send_later(Way& way, rtc::Bytes bytes, const Parcel& parcel);
  rtc::TimePoint send_due(rtc::TimePoint now);
  void run_and_wait(const std::function<void()>& task);

  Options options_;
  rtc::SocketAddress address_;
  std::unique_ptr<rtc::EventLoop> loop_;
  rtc::UniqueFd front_;
  rtc::ReceiveBuffers buffers_;
  std::unordered_map<rtc::SocketAddress, std::unique_ptr<Line>, AddressHash> lines_;
  std::priority_queue<Parcel> waiting_;
  uint64_t parcels_ = 0;
  std::thread thread_;
};

}  // namespace kms::test
