// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "kms-core/graph/hub_ports.hpp"
#include "kms/dispatcher/v1/dispatcher.pb.h"

namespace kms::dispatcher {

// Its source ports re-offer what its sink ports get, as its connections say: the planner sees through it, and
// media never touches it. Control loop.
class DispatcherElement : public graph::Element {
 public:
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::DispatcherOptions& options);

  // Commands; contracts and errors in dispatcher.proto.
  Result<v1::CreateHubPortResponse> create_hub_port(const std::string& port_id);
  Status delete_hub_port(const std::string& port_id);
  Status connect(const v1::Connection& asked);
  Result<v1::DisconnectHubPortsResponse> disconnect(const v1::Connection& asked);
  v1::ListConnectionsResponse connections() const;

 private:
  // Where media leaves, and of which kind; and where it comes from.
  using Sink = std::pair<std::string, kms::v1::MediaKind>;
  using Connections = std::map<Sink, std::string>;

  explicit DispatcherElement(graph::ElementHost& element_host);
  Status begin(const v1::DispatcherOptions& options);
  Result<kms::v1::HubPort> add_port(const std::string& port_id);
  // `next` with what is asked for.
  Status add(const v1::Connection& asked, Connections& next) const;
  // Makes `next` the connections of the hub, and says what has changed.
  void commit(Connections next);

  graph::HubPorts hub_ports_;
  Connections connections_;
};

}  // namespace kms::dispatcher
