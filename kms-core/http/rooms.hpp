// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kms-core/rtc/rtc.hpp"

namespace kms::http {

// One WHIP or WHEP session: a publisher or a viewer of a room.
struct Participant {
  std::string room;
  bool publishes = false;
  std::unique_ptr<rtc::Peer> peer;
  std::vector<std::unique_ptr<rtc::Consumer>> consumers;
};

// Who is in which room, by the random name in the Location header. A room has one publisher and exists as
// long as that does. Not thread-safe.
class Rooms {
 public:
  // Gives the new participant's name.
  std::string add(Participant participant);
  Participant* find(const std::string& name);
  // Moves a participant out; with a publisher, its room ends. False if there is no such participant.
  bool take(const std::string& name, Participant& out);

  bool has_publisher(const std::string& room) const { return publishers_.count(room) > 0; }
  // What the room's publisher sends; nothing before it has been answered.
  void set_sources(const std::string& publisher, std::vector<rtc::SourceRef> sources);
  const std::vector<rtc::SourceRef>* sources(const std::string& room) const;

 private:
  struct Publisher {
    std::string name;
    std::vector<rtc::SourceRef> sources;
  };

  std::map<std::string, Participant> participants_;
  std::map<std::string, Publisher> publishers_;
};

}  // namespace kms::http
