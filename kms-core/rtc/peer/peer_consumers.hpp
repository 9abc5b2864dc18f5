// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kms-core/rtc/forwarding/consumer_record.hpp"
#include "kms-core/rtc/peer/rise_patience.hpp"
#include "kms-core/rtc/rtc.hpp"
#include "kms-core/rtc/rtcp/rtcp_types.hpp"

namespace kms::rtc {

class Switchboard;

// An m-line on which the peer takes media from us.
struct SendLine {
  std::string mid;
  Codec codec = Codec::kOpus;
  std::string parameters;  // of the codec, as the peer takes it
  uint8_t payload_type = 0;
  uint8_t rtx_payload_type = 0;  // 0: none
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;  // 0: none
  ExtensionIdMap extensions;
  // The peer reports on transport-wide numbers; without that `extensions` has none for them.
  bool transport_cc = false;
  uint8_t red_payload_type = 0;  // 0: none

  bool operator==(const SendLine&) const = default;
};

// The sending half of a peer: which source goes out on which m-line. A consumer without a fitting free line
// waits for the next offer. Lives on the RTC thread.
class PeerConsumers final : private Predecessor {
 public:
  // What the peer said of a line's packets, and what came of it.
  struct Heard {
    uint64_t nacks = 0;  // packets of feedback
    uint64_t plis = 0;
    uint64_t firs = 0;
    uint64_t resent = 0;  // packets
    uint64_t resent_bytes = 0;
    ReportBlock report = {};  // the latest
    Duration round_trip{};    // zero: not known
    Duration all_round_trips{};
    uint64_t round_trips = 0;
  };
  // Who will have a line once its source begins: what the line sends until then goes on.
  struct Heir {
    ConsumerId consumer = 0;  // 0: none
    SourceRef source = {};
    bool choosy = false;
    std::shared_ptr<ConsumerCounters> counters = {};
    LayerWish layers = {};
    std::vector<SourceRef> encodings = {};
    bool choosable = false;
    LayerLimits limits = {};
  };
  struct Slot {
    SendLine line;
    ConsumerId consumer = 0;  // 0: free
    SourceRef source = {};
    SendPosition position = {};
    bool gone = false;  // the latest answer has no such line
    Heard heard = {};
    bool choosy = false;    // the consumer takes no other line than line.mid
    bool reserved = false;  // its SSRC sends something else for a while
    std::shared_ptr<ConsumerCounters> counters = {};
    int64_t lost_noted = 0;  // see ThreadCounters::add_loss()
    Heir heir = {};
    TimePoint told_to_end{};  // since it has an heir
    LayerWish layers = {};
    std::vector<SourceRef> encodings = {};  // to choose from, the smallest first; none: there is no choice
    bool choosable = false;                 // with a wish for layers, its own or the default
    LayerLimits limits = {};                // of the source, as it is told to the fan-out
    bool halted = false;                    // as layers.paused says
    RisePatience patience = {};             // with changes from one encoding to another
  };

  PeerConsumers(Switchboard& switchboard, const SendTarget& target)
      : switchboard_(switchboard), target_(target) {}
  ~PeerConsumers() override { clear(); }

  struct Wish {
    ConsumerId id = 0;
    SourceRef source = {};
    std::string mid = {};  // the line it takes; empty: any that fits
    std::shared_ptr<ConsumerCounters> counters = {};
    // Not 0: takes the place of that one, which ends: of pictures only when this one begins, if it can have
    // the same line.
    ConsumerId instead_of = 0;
    std::optional<LayerWish> layers = {};  // see Peer::consume()
  };
  void consume(const Wish& wish);
  void stop(ConsumerId id);
  void set_layers(ConsumerId id, const LayerWish& wish);
  // All lines of the latest answer. A consumer whose line is gone, or has another codec, waits.
  void set_lines(const std::vector<SendLine>& lines);
  // Takes a line's SSRC from its consumer, who waits, and gives it back. Null if there is no such line.
  Slot* reserve(const std::string& mid);
  Slot* reserved(const std::string& mid);
  void release_reserved(Slot& slot);
  void clear();
  // The key is another one, which no packet has gone out under: roll-over counters begin with zero, as the
  // peer's do. Sequence numbers go on.
  void on_new_keys();
  // The way to the peer is open: pictures can begin.
  void on_open();

  // What waits for a line, in the order in which it was asked for: an answer chooses its codecs by it.
  const std::vector<Slot>& waiting() const { return waiting_; }
  const std::vector<Slot>& slots() const { return slots_; }
  // By media SSRC of ours, the one that feedback names; only slots in use.
  const Slot* find_by_ssrc(uint32_t ssrc) const;

  // For PeerLayers. A slot goes over to another of its encodings on a key frame of that, or back to the one
  // it has while it waits for one; and to other limits within it.
  std::vector<Slot>& mutable_slots() { return slots_; }
  void change_layer(Slot& slot, const SourceRef& encoding, const LayerLimits& limits);
  static bool changes_layer(const Slot& slot);
  static void sort_encodings(std::vector<SourceRef>& encodings);
  void follow_pause(Slot& slot);
  bool has_begun(const Slot& slot) const;
  // What is sent of the slot's encoding while only a key frame lets it have more spatial layers; else
  // nothing.
  std::optional<LayerLimits> stuck_at(const Slot& slot, TimePoint now) const;

  // Packets for a probe of the peer's way, of some `bytes` in all; gives how many bytes of payload it came
  // to.
  size_t send_padding(size_t bytes);

  // The peer's feedback: a packet of NACKs, what it names, requests for key frames, reports.
  void on_nack(uint32_t ssrc);
  void resend(uint32_t ssrc, uint16_t sequence);
  void on_pli(uint32_t ssrc);
  void on_fir(uint32_t ssrc);
  void on_report(const ReportBlock& block, TimePoint now);

 private:
  // Predecessor:
  bool may_end(ConsumerId heir, TimePoint now) const override;
  std::optional<SendPosition> end(ConsumerId heir) override;

  void attach(Slot& slot);
  static void choose_first(Slot& wish);
  bool place(const Slot& wish);
  bool fits(const Slot& slot, const Slot& wish) const;
  Slot* to_inherit(ConsumerId from, const Slot& wish);
  void inherit(Slot& slot, const Slot& wish);
  ConsumerSettings settings_of(const Slot& slot) const;
  // Who is to go on: its heir, or its consumer.
  static Slot wish_of(const Slot& slot);
  static void take_heir(Slot& slot);
  void drop_heir(Slot& slot);
  void end_line(Slot& slot);
  void release(Slot& slot);
  Slot* get(uint32_t ssrc) { return const_cast<Slot*>(find_by_ssrc(ssrc)); }
  void want_key_frame(const Slot& slot);

  Switchboard& switchboard_;
  const SendTarget& target_;
  std::vector<Slot> slots_;
  std::vector<Slot> waiting_;
};

}  // namespace kms::rtc
