// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "elements/webrtc_client/connection.hpp"

namespace kms::webrtc_client {

// What an element does to be connected with a server and stay so: states, attempts, goodbyes. Control loop.
class Client : private Connection::Listener {
 public:
  struct Owner {
    Connection::Plan plan;
    std::function<void(const Agreement&, Connection&)> on_connected;
    std::function<void()> on_disconnected;   // before its connection goes
    std::function<void()> on_ended = [] {};  // stopped, or failed for good
  };
  Client(graph::ElementHost& host, Settings settings, Owner owner);

  // Commands; contracts and errors in the proto.
  void start(Done done);
  void stop(Done done);
  v1::State state() const { return state_; }

 private:
  void connected(const Agreement& agreement) override;
  void lost(const Status& why) override;

  void connect();
  void let_go();
  void left(const Connection* connection, const Status& status);
  bool try_again(const Status& why);
  std::chrono::milliseconds next_wait(const Status& why) const;
  void enter(v1::State state, const Status& why = ok());
  void end(const Status& status, v1::State state);
  void answer(const Status& status);

  graph::ElementHost& host_;
  const std::shared_ptr<const Settings> settings_;  // shared with threads of calls
  const Owner owner_;
  v1::State state_ = v1::STATE_STOPPED;
  uint32_t failed_ = 0;  // attempts in a row
  std::unique_ptr<Connection> connection_;
  std::vector<std::unique_ptr<Connection>> leaving_;
  Status stuck_ = ok();  // of a pipeline that did not stop
  std::vector<Done> starting_;
  std::vector<Done> stopping_;
  Loop::Timer wait_;
  Guard guard_;
};

// An element that has one, for the commands of all of them.
class HasClient {
 public:
  virtual ~HasClient() = default;
  virtual Client& client() = 0;
  virtual v1::GetConnectionResponse connection() const = 0;
};

}  // namespace kms::webrtc_client
