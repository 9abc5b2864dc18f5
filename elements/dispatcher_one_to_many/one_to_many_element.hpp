// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "kms-core/graph/hub_ports.hpp"
#include "kms/dispatcher_one_to_many/v1/dispatcher_one_to_many.pb.h"

namespace kms::dispatcher_one_to_many {

// All its source ports re-offer what the sink ports of one hub port get: the planner sees through it, and
// media never touches it. Control loop.
class OneToManyElement : public graph::Element {
 public:
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::DispatcherOneToManyOptions& options);

  // Commands; contracts and errors in dispatcher_one_to_many.proto.
  Result<v1::CreateHubPortResponse> create_hub_port(const std::string& port_id);
  Status delete_hub_port(const std::string& port_id);
  Status set_source(const std::string& port_id, kms::v1::MediaKind kind);
  Status remove_source(kms::v1::MediaKind kind);
  v1::GetSourceResponse source() const;

 private:
  using Sources = std::map<kms::v1::MediaKind, std::string>;  // empty: none

  explicit OneToManyElement(graph::ElementHost& element_host);
  Status begin(const v1::DispatcherOneToManyOptions& options);
  Result<kms::v1::HubPort> add_port(const std::string& port_id);
  Status change_source(const std::string& port_id, kms::v1::MediaKind kind);
  void hand_on_to(const std::string& port_id);
  // Makes `next` what is handed on, and says so when it is something else.
  void commit(const Sources& next);

  graph::HubPorts hub_ports_;
  Sources sources_{{kms::v1::MEDIA_KIND_AUDIO, ""}, {kms::v1::MEDIA_KIND_VIDEO, ""}};
};

}  // namespace kms::dispatcher_one_to_many
