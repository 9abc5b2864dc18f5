// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "kms-core/graph/element.hpp"
#include "kms/v1/hub.pb.h"

namespace kms::graph {

// The ports of a hub, which are made and released while it lives. A hub port "alice" is a way in and a way
// out of each kind of media that the hub deals with: sink ports and source ports "alice.audio" and
// "alice.video". Who changes them says host().ports_changed() afterwards. Control loop.
class HubPorts {
 public:
  // Makes the ways in and out of one hub port, at most one of each kind and direction; names are given here.
  using Make = std::function<Result<Ports>(const std::string& port_id)>;

  HubPorts(ElementHost& host, Ports& ports) : host_(host), ports_(ports) {}

  // Makes the hub port asked for, or one of a new id when that is empty. Errors: INVALID_ID, PORT_EXISTS,
  // PORT_QUOTA, those of `make`.
  Result<v1::HubPort> create(const std::string& asked, const Make& make);
  // Its ports go, and what is handed on from there ends. Errors: PORT_NOT_FOUND.
  Status release(const std::string& port_id);
  // PORT_NOT_FOUND, which names those that are there.
  Status check(const std::string& port_id) const;

  // Of a hub that hands media on as it comes: its hub ports send nothing at first.
  static Make handing_on(std::vector<MediaKind> kinds);
  // What enters at `from` leaves at `to`, and nothing else does; empty: nothing at all.
  void hand_on(MediaKind kind, const std::string& from, const std::string& to);

  const std::set<std::string>& ids() const { return ids_; }

  // "alice.video"
  static std::string port_name(const std::string& port_id, MediaKind kind);
  // What a kind declares: the ports of a hub port that is called "port", one of each kind and direction.
  // `conformance.txtpb` makes that one.
  static std::vector<PortSpec> declared(const std::vector<MediaKind>& kinds);

 private:
  Status room() const;
  v1::HubPort add(const std::string& id, Ports made);

  ElementHost& host_;
  Ports& ports_;
  std::set<std::string> ids_;
};

// The kinds that a command for one kind or for both means. Errors: INVALID_OPTIONS (field "kind").
Result<std::vector<MediaKind>> sound_or_pictures(MediaKind asked);

// Whether a LinkSpec that says `asked` means this port: by its own name, or by that of its hub port.
bool is_called(const std::string& port, MediaKind kind, const std::string& asked);

}  // namespace kms::graph
