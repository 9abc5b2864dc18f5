// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sctp/reset_gate.hpp"
#include "kms-core/rtc/sctp/sctp_stack.hpp"
#include "kms-core/rtc/sctp/sctp_statistics.hpp"

struct socket;
union sctp_notification;

namespace kms::rtc {

// What an SCTP message is sent with.
struct SctpSending {
  uint16_t stream = 0;
  uint32_t ppid = 0;
  bool ordered = true;
  std::optional<uint16_t> max_retransmits = {};
  std::optional<uint16_t> max_lifetime_ms = {};
};

// A piece of an incoming message; the bytes stay until the next read.
struct SctpPiece {
  uint16_t stream = 0;
  uint32_t ppid = 0;
  Bytes bytes;
  bool ends_message = false;
};

// One SCTP association as usrsctp sees it. Lives on SctpStack's thread, and its listener is called there,
// from within SctpStack::serve() but for on_packet().
class SctpSocket final : private SctpStack::Member {
  struct Key {};

 public:
  static constexpr uint16_t kPort = 5000;  // of ours; there is one association behind each DTLS transport
  class Listener {
   public:
    // For the peer. Comes from within usrsctp: pass it on and return.
    virtual void on_packet(Bytes packet) = 0;
    virtual void on_ready() = 0;
    virtual void on_up(uint16_t streams) = 0;
    virtual void on_down() = 0;
    // Of the peer's or of ours; empty: all of them.
    virtual void on_incoming_reset(std::span<const uint16_t> streams) = 0;
    virtual void on_outgoing_reset(std::span<const uint16_t> streams) = 0;
    // What of a message has come will have no end.
    virtual void on_piece_abandoned() = 0;

   protected:
    ~Listener() = default;
  };

  // An SCTP packet is never larger: what a path surely takes, less what DTLS puts around it.
  static constexpr size_t kMaxPacket = 1160;
  // Messages that usrsctp may have at a time. It counts their bytes alone: half a million messages of one
  // byte would fit into its buffer and take 200 MB.
  static constexpr size_t kMaxMessages = 1024;
  static constexpr int kBufferBytes = 512 * 1024;

  // Reason SCTP_FAILED.
  static Result<std::unique_ptr<SctpSocket>> create(SctpStack& stack, Listener& listener);
  SctpSocket(Key, SctpStack& stack, Listener& listener);
  // Tells the peer (ABORT), if it is connected or connecting. No callback afterwards.
  ~SctpSocket();

  // Begins, with the peer's port; the peer does the same, and may do so later. Reason SCTP_FAILED.
  Status connect(uint16_t peers_port);
  void input(Bytes packet);
  // Listener::on_ready() in the next SctpStack::serve().
  void mark_ready() { stack_.mark_ready(number_); }

  enum class Sent : uint8_t {
    kDone,
    kFull,     // no room or no memory: on_ready() comes when it is worth another try
    kRefused,  // never on this stream, or never a message like this
    kGone,     // there is no association any more
  };
  Sent send(const SctpSending& how, Bytes message);
  // Nothing: there is no more for now. Notifications go to the listener on the way.
  std::optional<SctpPiece> read();
  enum class Reset : uint8_t { kBegun, kBusy, kImpossible };
  // Ends streams of ours, each when all that was sent on it has arrived (RFC 6525); then comes
  // on_outgoing_reset(). kBusy: another one is under way, try again when it is done.
  Reset reset_outgoing(std::span<const uint16_t> streams);

  SctpFigures figures() const;

 private:
  void on_output(Bytes packet) override;
  void on_ready() override;
  static void on_news(struct socket* socket, void* number, int flags);

  void input_anew(std::vector<uint8_t> packet);
  bool set_up();
  template <typename Option>
  bool set(int level, int name, const Option& option);
  bool subscribe(uint16_t event);
  bool has_room();
  Sent try_again();
  void on_notification(Bytes bytes);
  void on_association_change(const sctp_notification& notification);
  void on_reset_event(Bytes bytes);

  SctpStack& stack_;
  Listener& listener_;
  uintptr_t number_;
  struct socket* socket_ = nullptr;
  ResetGate gate_;
  // Where each message that usrsctp may still have ends in the sum of all bytes given to it.
  std::deque<uint64_t> ends_;
  uint64_t given_ = 0;
};

}  // namespace kms::rtc
