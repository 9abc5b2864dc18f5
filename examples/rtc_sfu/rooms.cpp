// SPDX-License-Identifier: Apache-2.0
#include "examples/rtc_sfu/rooms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace kms::sfu {
namespace {

// Whoever knows a session's name may end it: 128 random bits.
std::string random_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

std::string Rooms::add(Participant participant) {
  const auto name = random_name();
  if (participant.publishes) publishers_[participant.room] = {name, {}, false};
  participants_.emplace(name, std::move(participant));
  return name;
}

Participant* Rooms::find(const std::string& name) {
  const auto found = participants_.find(name);
  return found == participants_.end() ? nullptr : &found->second;
}

bool Rooms::take(const std::string& name, Participant& out) {
  const auto found = participants_.find(name);
  if (found == participants_.end()) return false;
  if (found->second.publishes) publishers_.erase(found->second.room);
  out = std::move(found->second);
  participants_.erase(found);
  return true;
}

void Rooms::set_state(const std::string& name, rtc::PeerState state) {
  auto* participant = find(name);
  if (!participant) return;
  participant->connected = participant->connected || state == rtc::PeerState::kConnected;
  if (participant->publishes) publishers_[participant->room].silent = state == rtc::PeerState::kDisconnected;
}

size_t Rooms::connecting() const {
  return static_cast<size_t>(
      std::ranges::count_if(participants_, [](const auto& entry) { return !entry.second.connected; }));
}

bool Rooms::has_publisher(const std::string& room) const {
  const auto found = publishers_.find(room);
  return found != publishers_.end() && !found->second.silent;
}

bool Rooms::take_silent_publisher(const std::string& room, Participant& out) {
  const auto found = publishers_.find(room);
  return found != publishers_.end() && found->second.silent && take(std::string(found->second.name), out);
}

void Rooms::set_sources(const std::string& publisher, std::vector<rtc::SourceRef> sources) {
  const auto* participant = find(publisher);
  if (!participant) return;
  const auto& room = participant->room;
  for (auto& [name, viewer] : participants_) {
    if (viewer.publishes || viewer.room != room) continue;
    viewer.consumers.clear();
    for (const auto& source : sources) viewer.consumers.push_back(viewer.peer->consume(source));
  }
  publishers_[room].sources = std::move(sources);
}

const std::vector<rtc::SourceRef>* Rooms::sources(const std::string& room) const {
  const auto found = publishers_.find(room);
  return found == publishers_.end() || found->second.sources.empty() ? nullptr : &found->second.sources;
}

}  // namespace kms::sfu
