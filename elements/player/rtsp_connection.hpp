// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gio/gio.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elements/player/checked_address.hpp"
#include "elements/player/words/live_uri.hpp"
#include "elements/player/words/rtsp_auth.hpp"
#include "elements/player/words/rtsp_message.hpp"

namespace kms::player {

// A connection to an RTSP server, to one of the addresses of its host that were all checked; with TLS for
// rtsps, the certificate checked against the host's name. Blocks, at most `patience` without a word from the
// server. Lives on one thread, which has a GMainContext of its own as default.
class RtspConnection {
 public:
  struct Where {
    LiveUri uri;
    AddressPolicy policy;
    unsigned patience_s = 10;
    GCancellable* cancellable = nullptr;  // outlives the connection
  };
  // Errors: URI_NOT_ALLOWED, UNREADABLE.
  static Result<std::unique_ptr<RtspConnection>> open(const Where& where);
  ~RtspConnection();

  // Packets between the messages, while anything here waits.
  void on_packet(std::function<void(const RtspPacket&)> handler) { on_packet_ = std::move(handler); }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Request {
    std::string method;
    std::string uri;
    Headers headers = {};
  };
  // Sends a request and waits for its answer, whatever that is; proves who we are when asked to. Errors:
  // UNAUTHORIZED, UNREADABLE, NOT_MEDIA.
  Result<RtspMessage> ask(const Request& request);
  // Sends it and cares for no answer. False: it could not be sent at once.
  bool tell(const Request& request);
  // As above.
  bool send_packet(uint8_t channel, const std::string& bytes);

  // Waits for what comes next, at most a fifth of a second; what came was handed on. Errors: UNREADABLE
  // (gone), NOT_MEDIA.
  Status step();

  // So often it has looked in vain, or might have: by the clock, what comes while this thread or the machine
  // stands still would never have come.
  static constexpr std::chrono::milliseconds kTick{200};
  int64_t ticks() const { return ticks_; }

  const std::string& remote() const { return remote_; }  // IP address
  const LiveUri& uri() const { return where_.uri; }

 private:
  explicit RtspConnection(const Where& where);
  Status connect();
  void watch();
  bool read();
  void take(RtspReader::Item item);
  std::string compose(const Request& request);
  bool write(const std::string& text);
  void flush();
  Status gone(std::string_view why) const;
  Result<RtspMessage> wait_for_answer();

  const Where where_;
  RtspAuth auth_;
  Object<GSocketConnection> stream_;
  GSource* incoming_ = nullptr;
  GSource* tick_ = nullptr;
  int64_t ticks_ = 0;
  std::string remote_;
  RtspReader reader_;
  std::function<void(const RtspPacket&)> on_packet_;
  std::string unsent_;
  unsigned number_ = 0;
  std::optional<RtspMessage> answer_;  // to request `number_`
  Status failure_ = ok();
};

}  // namespace kms::player
