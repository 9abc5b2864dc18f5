// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/forwarding/sealed_sender.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"
#include "kms-core/rtc/plain/rtp_line.hpp"
#include "kms-core/rtc/plain/tone_script.hpp"

namespace kms::rtc {

// Sends telephone events in the sequence of a line's sound, which is silent while a tone lasts (RFC 4733
// section 2.6). Lives on the RTC thread.
class ToneSender {
 public:
  ToneSender(PeerConsumers& consumers, SealedSender& sender, const SendTarget& target)
      : consumers_(consumers), sender_(sender), target_(target) {}

  // Nothing: the peer takes none.
  void set_format(const std::optional<ToneFormat>& format) { format_ = format; }
  Status send(const ToneOptions& tones, TimePoint now);
  // Sends what is due, on the line `mid`. Gives the time of the next call at the latest.
  TimePoint run(const std::string& mid, TimePoint now);

 private:
  void begin(const std::string& mid, TimePoint due);
  void write(const ToneScript::Packet& packet);
  void send(const ToneEvent& event, bool marker);
  void finish(const ToneScript::Packet& last);

  PeerConsumers& consumers_;
  SealedSender& sender_;
  const SendTarget& target_;
  std::optional<ToneFormat> format_;
  ToneScript script_;
  std::string mid_;         // of the line that sounds
  bool holds_ = false;      // its SSRC is ours
  uint32_t timestamp_ = 0;  // of the tone's beginning
  uint64_t segments_ = 0;   // length of those that are over
  TimePoint began_{};
};

}  // namespace kms::rtc
