// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms/webrtc_client/v1/webrtc_client.grpc.pb.h"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/turn_server.hpp"
#include "tests/support/waiting.hpp"
#include "tests/support/whip_client.hpp"

namespace kms::test {

// A server with a door that is a client of others on this machine, too.
inline const std::string kDoorAndClient =
    std::string("rtc: { ") + kPatientRtc + ", whip: true }\nnetwork: { allow: [127.0.0.0/8] }\n";

inline uint16_t port_of(const std::string& address) {
  return static_cast<uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

// Sound and pictures come, some of each.
inline bool watches(rtc::test::TestPeer& viewer) {
  viewer.clear();
  return viewer.receive_until([&] { return viewer.count(true) > 10 && viewer.count(false) > 10; }, kPatience);
}

template <typename Options>
void use_relay_alone(Options& options, const std::string& uri) {
  options.mutable_connection()->set_relay_only(true);
  if (uri.empty()) return;
  auto& server = *options.mutable_connection()->add_ice_servers();
  server.add_urls(uri);
  server.set_username(TurnServer::kUser);
  server.set_credential(TurnServer::kCredential);
}

// From where a participant of a room is heard: the port of the server that has the room tells. `role` is
// "publisher" or "viewer", of which there must be one. 0: there is none.
inline uint16_t port_heard_from(RpcClient& server, const std::string& session, const std::string& role) {
  v1::ListElementsRequest list;
  list.set_parent(session);
  v1::ListElementsResponse all;
  server.call(*server.elements, &v1::ElementService::Stub::ListElements, list, &all);
  for (const auto& element : all.elements()) {
    const auto tag = element.tags().find("whip");
    if (tag == element.tags().end() || tag->second != role) continue;
    webrtc::v1::GetRtcStatsRequest request;
    request.set_name(element.name());
    webrtc::v1::GetRtcStatsResponse stats;
    const auto stub = webrtc::v1::WebRtcService::NewStub(server.channel);
    server.call(*stub, &webrtc::v1::WebRtcService::Stub::GetRtcStats, request, &stats);
    const auto& pair = stats.transport().selected_candidate_pair();
    return pair.empty() ? 0 : port_of(pair);
  }
  return 0;
}

}  // namespace kms::test
