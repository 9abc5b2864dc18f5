// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench/loadtest/connection.hpp"
#include "bench/loadtest/http_exchange.hpp"
#include "bench/loadtest/media.hpp"
#include "bench/loadtest/publisher.hpp"

namespace kms::rtc::loadtest {

enum class Role : uint8_t { kPublisher, kViewer };

struct ParticipantPlan {
  uint64_t id = 0;
  Role role = Role::kViewer;
  uint32_t room = 0;
};

struct ParticipantEvent {
  enum class Kind {
    kUp,      // connected
    kFailed,  // could not be set up
    kLost,    // was connected, and is not any more, though nobody said that it should leave
    kGone     // has left; the last one, and it comes in any case
  };

  uint64_t id = 0;
  Kind kind = Kind::kUp;
  std::string reason = {};  // of kFailed and kLost
};

// A publisher or viewer, from its POST to its DELETE. Lives on a thread of the Workplace.
class Participant final : private Connection::User {
 public:
  using Report = std::function<void(const ParticipantEvent&)>;

  // `place` outlives it. `report` may not destroy it.
  Participant(Workplace& place, const ParticipantPlan& plan, Report report);
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  void join(TimePoint now);
  // Says goodbye to the server, and then tells kGone.
  void leave(TimePoint now);
  void on_time(TimePoint now);
  TimePoint deadline() const { return deadline_; }

  const ParticipantPlan& plan() const { return plan_; }
  bool gone() const { return stage_ == Stage::kGone; }
  void add_to(Tally& tally) const;

 private:
  enum class Stage { kNew, kPosting, kConnecting, kUp, kLeaving, kGone };

  bool is_running() const { return stage_ == Stage::kConnecting || stage_ == Stage::kUp; }
  bool publishes() const { return plan_.role == Role::kPublisher; }
  const HttpTarget& target() const;
  SessionDescription make_offer();
  void request(const std::string& method, const HttpTarget& to, const std::string& body);
  void on_answer(Result<HttpReply> reply, TimePoint now);
  void on_late_answer(const Result<HttpReply>& reply);
  // False: it is no redirection, or one too many.
  bool follow(const HttpReply& reply);
  Status take_answer(const HttpReply& reply, TimePoint now);
  void take_media_times();
  void say_goodbye();
  void give_up(const std::string& reason);
  void tell(ParticipantEvent::Kind kind, const std::string& reason = {});
  void become_gone();
  void update_deadline();

  void on_nominated(TimePoint now) override;
  void on_connected(TimePoint now) override;
  void on_rtp(MutableBytes packet, TimePoint arrived) override { media_->on_rtp(packet, arrived); }
  void on_rtcp(Bytes compound, TimePoint now) override { media_->on_rtcp(compound, now); }
  void on_failed(const Status& why) override;

  Workplace& place_;
  const ParticipantPlan plan_;
  const Report report_;
  Stage stage_ = Stage::kNew;
  bool posting_ = false;  // the POST has no answer yet
  TimePoint deadline_ = TimePoint::max();
  TimePoint patience_ends_ = TimePoint::max();
  IceCredentials ice_ = IceCredentials::make();
  PublisherSsrcs ssrcs_;
  SessionDescription offer_;
  HttpTarget posted_to_;
  int redirections_ = 0;
  std::string resource_;  // Location of the answer; empty: none
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Media> media_;
  std::unique_ptr<HttpExchange> exchange_;
  // Milestones.
  TimePoint begun_{}, answered_{}, nominated_{}, connected_{};
  bool packet_noted_ = false;
  bool key_frame_noted_ = false;
};

}  // namespace kms::rtc::loadtest
