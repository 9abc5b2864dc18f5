// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/graph/flow_watch.hpp"
#include "kms-core/graph/session.hpp"
#include "kms-core/graph/speaker_watch.hpp"
#include "kms-core/graph/wiring.hpp"

namespace kms::graph {

// What a Session is made of; split over session.cpp (life and elements), session_links.cpp (links) and
// session_view.cpp (what clients are shown).
struct Session::Impl : SlotOwner {
  Impl(Environment& env, Loop& session_loop, v1::Session session_description);

  // SlotOwner:
  Loop& loop() override { return loop_; }
  WorkerPool& workers() override { return environment.workers; }
  const Config& config() override { return environment.config; }
  gst::Pipeline& processing() override;
  rtc::Server& rtc() override { return environment.rtc; }
  const std::shared_ptr<rtc::LoudestSources>& loudest() override { return loudest_; }
  storage::Uploads* uploads() override { return environment.uploads; }
  void event(v1::Event event) override { events.append(std::move(event)); }
  void ports_changed() override;
  void packets_ended() override;
  void voice_began() override;

  // Elements.
  Result<std::unique_ptr<Slot>> make_slot(const v1::ElementSpec& spec);
  Status room_for(size_t elements) const;
  Status make_elements(const v1::ApplyGraphRequest& request, std::vector<std::string>& made);
  void admit(Slot& slot);               // from now on it is a part of the session
  void discard(const std::string& id);  // one that was never admitted
  Result<Slot*> find(const std::string& name) const;
  void remove(Slot& slot, Done done);
  void end(Slot& slot, Done done);  // of which there are no links any more
  void forget(const std::string& id, Done done, const Status& status);
  void watch_flow();
  void look_for_flow();
  void tell_speaker();
  void stop_timers();

  // Links.
  Status add_link(const v1::LinkSpec& spec, Links& next, std::vector<Link>& added) const;
  void commit(Links next, const std::string& reason);
  Status room_for_links(size_t count) const;
  std::map<PortRef, v1::Link> ended_by(const Links& next) const;
  void tell_disconnected(const Link& link, v1::Link as_it_was, const std::string& reason);
  void tell_sources(const Links& before) const;

  // Views.
  std::string link_name(const Link& link) const;
  Producer seen_through(const Slot& slot, const SourcePort& port) const;
  Producer seen_through(const Slot& slot, const SinkPort& port) const;
  template <typename Port>
  v1::PortStats port_stats(const Slot& slot, const Port& port) const;
  v1::Element describe(const Slot& slot) const;
  v1::Link describe(const Link& link) const;
  v1::ElementStats stats_of(const Slot& slot) const;
  v1::LinkStats stats_of(const Link& link) const;

  // End.
  void close(const std::string& reason, Done done);
  void close_if_empty();
  void closed();

  Environment& environment;
  Loop& loop_;
  v1::Session description;
  EventLog events;
  const std::shared_ptr<rtc::LoudestSources> loudest_;  // null: everybody is forwarded
  std::unique_ptr<gst::Pipeline> pipeline;
  Slots slots;
  size_t discarding = 0;  // elements that are no part of the session and still have to close
  Links links;
  Wiring wiring;
  FlowWatch flow;
  SpeakerWatch speakers;
  Loop::Timer ticks;
  Loop::Timer looks;    // while packets are expected to begin
  Loop::Timer listens;  // while somebody speaks
  std::string close_reason;
  std::vector<Done> waiting_for_close;
  bool is_closed = false;
  Guard guard;
};

}  // namespace kms::graph
