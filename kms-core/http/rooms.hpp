// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/graph/session_store.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::http {

// A publisher or a viewer of a room, as it joins.
struct Seat {
  std::string room;
  bool publishes = false;
  std::string offer;
};

// Who is in which room. A room is the session of its name, and is made when the first one comes; what is in
// that session is Stage's. Its lease does not run while anybody is in it. HTTP loop; what control loops
// answer and tell is posted there.
class Rooms : public std::enable_shared_from_this<Rooms> {
 public:
  struct Settings {
    size_t max_connecting = 500;  // participants that have never been connected, at most
    bool whep_waits = false;      // viewers may come before the publisher
  };
  // `post` brings tasks to the HTTP loop as long as that is there.
  Rooms(graph::SessionStore& sessions, Settings settings, std::function<void(Task)> post)
      : sessions_(sessions), settings_(settings), post_(std::move(post)) {}

  struct Joined {
    std::string name;  // random: whoever knows it may end the participant
    std::string answer;
    std::string tag;  // of its ICE session, with the quotes of an ETag
  };
  // A publisher joins at once and takes the stage from an earlier one when it is connected, which ends that.
  // Who cannot take it is ended himself.
  // Errors: INVALID_ID, SESSION_NOT_FOUND, NO_PUBLISHER, TOO_MANY_CONNECTING, SDP_..., NOTHING_TO_SEND,
  // TRACKS_REFUSED, and those of CreateSession and ApplyGraph.
  void join(Seat seat, Reply<Joined> reply);
  struct Known {
    std::string room;
    bool publishes = false;
    std::string tag;
  };
  std::optional<Known> find(const std::string& name) const;  // nothing: gone, or never there

  struct IceUpdate {
    std::string fragment;  // of ours; empty: ICE was not restarted
    std::string tag;
  };
  // The participant's ICE credentials. Errors: PARTICIPANT_NOT_FOUND, PEER_CLOSED, NOT_NEGOTIATED.
  void update_ice(const std::string& name, const rtc::IceCredentials& theirs, Reply<IceUpdate> reply);

  // Answers when the element is gone. Errors: PARTICIPANT_NOT_FOUND.
  void leave(const std::string& name, Done done);

 private:
  struct Participant {
    Seat seat;
    std::string session;
    std::string element;  // id
    uint64_t number = 0;  // later ones have higher
    bool opened_room = false;
    bool connected = false;      // has been, at least
    std::shared_ptr<void> hold;  // on the lease
    Reply<Joined> joining;       // null: answered
    std::string ice_head;        // of fragments that tell of a restart, see ice_fragment_head()
    std::string tag;

    std::string element_name() const { return session + "/elements/" + element; }
  };
  struct Entrance {
    std::shared_ptr<void> hold;
    bool opened_room = false;
  };

  Status check(const Seat& seat) const;
  Result<Entrance> enter(const Seat& seat);
  void ask(const std::string& name);
  template <typename... Given, typename Take>
  std::function<void(Given...)> here(Take take);

  void answered(const std::string& name, const Result<std::string>& answer);
  struct OurIce {
    Result<std::optional<rtc::IceCredentials>> credentials;
    std::vector<std::string> candidates;
  };
  Result<IceUpdate> restarted(const std::string& name, const OurIce& ours);
  void changed(const std::string& name, rtc::PeerState state, const std::string& reason);
  // A later publisher is connected already.
  bool is_superseded(const Participant& publisher) const;
  void take_stage(const std::string& name);
  void stage_taken(const std::string& name, const Status& status);
  // Ends the participant, and a room that was made for it alone.
  void fail(const std::string& name, const Status& why);
  // Who comes meanwhile enters the room anew.
  void close_room(const std::string& room);
  void room_closed(const std::string& room);
  void delete_element(const Participant& gone, Done done);
  bool is_empty(const std::string& session) const;

  graph::SessionStore& sessions_;
  const Settings settings_;
  const std::function<void(Task)> post_;
  std::map<std::string, Participant> participants_;  // by name
  struct Joining {
    Seat seat;
    Reply<Joined> reply;
  };
  std::map<std::string, std::vector<Joining>> closing_;  // rooms, and who waits for their end
  uint64_t numbers_ = 0;
};

}  // namespace kms::http
