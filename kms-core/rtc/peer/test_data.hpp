// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>

#include "kms-core/rtc/sctp/sctp_transport.hpp"

namespace kms::rtc::test {

// Messages and states of one data channel, as they come on the SCTP thread.
class ChannelLog {
 public:
  DataChannelEvents events();

  std::vector<DataMessage> messages() const;
  size_t count() const;
  bool is_open() const { return has(DataChannelState::kOpen); }
  bool is_closed() const { return has(DataChannelState::kClosed); }
  int drained() const;

 private:
  bool has(DataChannelState state) const;

  struct Heard {
    mutable std::mutex mutex;
    std::vector<DataMessage> messages;
    std::vector<DataChannelState> states;
    int drained = 0;
  };
  std::shared_ptr<Heard> heard_ = std::make_shared<Heard>();
};

// The data channels that a peer has opened, and what came over them.
class OpenedChannels {
 public:
  DataChannelEvents add(const DataChannelRef& channel);

  size_t count() const;
  DataChannelRef channel(size_t index) const;
  ChannelLog log(size_t index) const;

 private:
  struct Entry {
    DataChannelRef channel;
    ChannelLog log;
  };
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

// A browser's data channels in a test: its packets wait until the test sends them.
class TestData {
 public:
  TestData();

  void start(uint16_t peers_port) { transport_.start({.client = true, .peers_port = peers_port}); }
  void on_packet(Bytes packet) { transport_.on_packet(packet); }
  std::vector<std::vector<uint8_t>> take_packets();
  // What it says last.
  static std::vector<std::vector<uint8_t>> end(std::unique_ptr<TestData> data);

  DataChannelRef open(DataChannelOptions options, ChannelLog& log);
  OpenedChannels& opened() { return *opened_; }

 private:
  struct Packets {
    std::mutex mutex;
    std::vector<std::vector<uint8_t>> waiting;
  };
  std::shared_ptr<Packets> packets_ = std::make_shared<Packets>();
  std::shared_ptr<OpenedChannels> opened_ = std::make_shared<OpenedChannels>();
  SctpTransport transport_;
};

}  // namespace kms::rtc::test
