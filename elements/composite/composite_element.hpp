// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "elements/composite/composite_options.hpp"
#include "elements/composite/picture_hub.hpp"
#include "kms-core/graph/hub_ports.hpp"
#include "kms-core/mix/sound_hub.hpp"

namespace kms::composite {

// Composite. Control loop; its mixers have a thread each while there is something to mix.
class CompositeElement : public graph::Element {
 public:
  // Errors: INVALID_OPTIONS, LAYOUT_INVALID, URI_NOT_ALLOWED, INVALID_ID, PORT_EXISTS, PORT_QUOTA. An image
  // that cannot be read is an ElementError.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::CompositeOptions& options);

  // Commands; contracts and errors in composite.proto.
  Result<v1::CreateHubPortResponse> create_hub_port(const v1::CreateHubPortRequest& asked);
  Status delete_hub_port(const std::string& port_id);
  Status set_input(const v1::SetInputRequest& asked);
  Result<v1::SetLayoutResponse> set_layout(const v1::Layout& layout);
  void set_background(const v1::Background& background, Done done);

  void close(Done done) override;
  void sink_linked(const graph::SinkPort& port, bool linked) override;
  void source_linked(const graph::SourcePort& port, bool linked) override {
    sound_.source_linked(port, linked);
  }

 private:
  CompositeElement(graph::ElementHost& element_host, const Settings& settings);
  Status begin(const v1::CompositeOptions& options);
  Result<kms::v1::HubPort> add_port(const std::string& port_id, const kms::v1::MixerInput& input);
  Result<graph::Ports> make(const std::string& port_id, const mix::InputSettings& settings);
  void tell_speaker(const std::string& port_id);
  void take_wishes();

  PictureHub pictures_;
  mix::SoundHub sound_;
  graph::HubPorts hub_ports_;
  Strand images_;  // the last one asked for is the last one set
  Guard guard_;
};

}  // namespace kms::composite
