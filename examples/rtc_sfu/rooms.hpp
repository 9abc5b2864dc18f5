// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kms-core/rtc/rtc.hpp"

namespace kms::sfu {

// One WHIP or WHEP session: a publisher or a viewer of a room.
struct Participant {
  std::string room;
  bool publishes = false;
  bool connected = false;  // has been, at least
  std::unique_ptr<rtc::Peer> peer;
  std::vector<std::unique_ptr<rtc::Consumer>> consumers;
};

// Who is in which room, by the random name in the Location header. A room has one publisher and exists as
// long as that does; viewers may outstay it and see the next one. Not thread-safe.
class Rooms {
 public:
  // Gives the new participant's name.
  std::string add(Participant participant);
  Participant* find(const std::string& name);
  // Moves a participant out; with a publisher, its room ends. False if there is no such participant.
  bool take(const std::string& name, Participant& out);

  // What a participant's peer has come to.
  void set_state(const std::string& name, rtc::PeerState state);
  // How many participants have never been connected.
  size_t connecting() const;

  // Whether the room has a publisher that shows signs of life.
  bool has_publisher(const std::string& room) const;
  // Moves a publisher out that shows none; its room ends. False if there is no such publisher.
  bool take_silent_publisher(const std::string& room, Participant& out);
  // What the room's publisher sends, from now on to all its viewers; nothing before it has been answered.
  void set_sources(const std::string& publisher, std::vector<rtc::SourceRef> sources);
  const std::vector<rtc::SourceRef>* sources(const std::string& room) const;

 private:
  struct Publisher {
    std::string name;
    std::vector<rtc::SourceRef> sources;
    bool silent = false;
  };

  std::map<std::string, Participant> participants_;
  std::map<std::string, Publisher> publishers_;
};

}  // namespace kms::sfu
