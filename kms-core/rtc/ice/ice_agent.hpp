// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/ice/ice_paths.hpp"
#include "kms-core/rtc/ice/silence_limits.hpp"
#include "kms-core/rtc/ice/stun_message.hpp"

namespace kms::rtc {

// kDisconnected: no valid check for SilenceLimits::disconnected, may come back.
// kFailed: none for SilenceLimits::failed (or none at all in the beginning); only a restart helps, checks are
// ignored.
enum class IceState : uint8_t { kNew, kConnected, kDisconnected, kFailed };

enum class IceVerdict : uint8_t {
  kAnswered,
  kIgnored,           // no Binding request; nothing to send
  kBadRequest,        // 400: a required attribute is missing
  kUnauthorized,      // 401: another ufrag or a wrong password
  kUnknownAttribute,  // 420
  kRoleConflict,      // 487: a lite agent is always controlled
};

struct IceOutcome {
  IceVerdict verdict = IceVerdict::kIgnored;
  size_t reply_size = 0;       // bytes of `reply` to send back to where the request came from
  bool path_added = false;     // the sender's address is valid from now on and belongs to this peer
  bool path_selected = false;  // selected() has changed
  bool state_changed = false;
  std::optional<TransportAddress> path_removed;  // no longer this peer's

  // Whether the message deserved no better: forged, incomplete, or of another role.
  bool refused() const { return verdict != IceVerdict::kAnswered && verdict != IceVerdict::kIgnored; }
};

// The ICE-lite agent of one peer (RFC 8445 with the lite parts of sections 5 to 8, RFC 7675 seen from the
// answering side): answers Binding requests, learns the peer's addresses from them and follows nomination.
// It sends no checks; a peer whose checks stop is gone. Lives on the peer's RTC thread.
class IceAgent {
 public:
  static constexpr size_t kMaxReplySize = 128;
  // Of credentials before the current ones: those in use, and the latest.
  static constexpr size_t kMaxEarlier = 8;

  IceAgent(IceCredentials local, TimePoint now, const SilenceLimits& limits = {});

  // How long after its last check a UDP path is not given up for a TCP one that is nominated; browsers check
  // the pair in use every 2.5 s.
  static constexpr Duration kUdpPreferredFor = std::chrono::seconds(3);

  // One STUN message from `from`. `reply` has at least kMaxReplySize bytes. The address a peer is first seen
  // at is selected; later only USE-CANDIDATE changes it, but not from a live UDP path to TCP, or a valid
  // check once the selected path is silent.
  IceOutcome on_message(const StunMessage& message, const TransportAddress& from, TimePoint now,
                        MutableBytes reply);

  // The peer has been told of us only now: its first check is waited for from here.
  void begin(TimePoint now) {
    if (state_ == IceState::kNew) checked_at_ = now;
  }

  // The peer speaks DTLS from this valid address. A full agent does so as soon as it has chosen a pair, and
  // nominates it with its next check there: until then what it does tells. True if selected() has changed.
  bool follow(const TransportAddress& from);
  // The peer has said, since the last restart, where it wants its media.
  bool is_nominated() const { return nominated_; }

  // An offer of ours says new credentials: checks with them are answered like those with the others, as a
  // peer that answers us checks before its answer is here. They replace those offered before.
  void offer_restart(IceCredentials offered) { offered_ = std::move(offered); }
  // The offer was answered, and they are for restart(); or it was taken back, and they count no more.
  std::optional<IceCredentials> take_offered() { return std::exchange(offered_, std::nullopt); }

  // New credentials (RFC 8445 section 9). Those before, kMaxEarlier at most, count on until the peer
  // nominates a path with later ones: what it was told of us may stem from any restart meanwhile. Chromium
  // checks from its new ports with the credentials of the candidates it was told last. Starts a failed agent
  // again.
  void restart(IceCredentials local, TimePoint now);

  // A TCP connection is gone: the path with it. If it was the selected one, that which was checked last takes
  // its place; without one the agent is disconnected at once. Of the outcome path_selected and state_changed.
  IceOutcome remove_path(const TransportAddress& address, TimePoint now);

  // True if state() has changed. Call it at or after deadline().
  bool on_timer(TimePoint now);
  // When state() changes next if no check comes; TimePoint::max() once failed.
  TimePoint deadline() const;

  IceState state() const { return state_; }
  const IceCredentials& local() const { return local_; }
  // True for the current ufrag, for those before it since the one that was nominated last, and for one that
  // was offered.
  bool answers_to(std::string_view ufrag) const { return credentials_of(ufrag) != nullptr; }
  // Where to send; nothing before the first valid check.
  const std::optional<TransportAddress>& selected() const { return paths_.selected(); }
  // DTLS and media are taken from valid addresses only.
  bool is_valid(const TransportAddress& address) const { return paths_.contains(address); }

 private:
  const IceCredentials* credentials_of(std::string_view ufrag) const;
  IceVerdict judge(const StunMessage& message, const IceCredentials* credentials) const;
  void accept(const StunMessage& message, const TransportAddress& from, TimePoint now, IceOutcome& outcome);
  bool should_select(const StunMessage& message, const TransportAddress& from, TimePoint now) const;
  void end_restart(const StunMessage& message);

  const Duration disconnected_after_;
  const Duration failed_after_;
  IceCredentials local_;
  std::vector<IceCredentials> earlier_;  // the latest last, those in use first
  std::optional<IceCredentials> offered_;
  IcePaths paths_;
  bool nominated_ = false;  // the peer has, since the last restart
  IceState state_ = IceState::kNew;
  TimePoint checked_at_;
};

}  // namespace kms::rtc
