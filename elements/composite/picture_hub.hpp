// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/mix/picture_input.hpp"
#include "kms-core/mix/picture_mixer.hpp"

namespace kms::composite {

// The pictures of a hub: a way in for each of its hub ports, and one picture of all that goes out. Control
// loop.
class PictureHub {
 public:
  struct Options {
    mix::PictureMixer::Options mixer;
    mix::Layout layout;
    std::chrono::nanoseconds patience{};
  };
  // `on_wishes`: what wishes() says may have changed.
  PictureHub(graph::ElementHost& host, const Options& options, std::function<void()> on_wishes);
  PictureHub(const PictureHub&) = delete;
  PictureHub& operator=(const PictureHub&) = delete;

  const mix::Size& size() const { return options_.mixer.size; }

  // The hub's own source port "video".
  graph::SourcePort picture_of_all() const;
  // The sink and the source port of a new hub port. Errors: PLUGIN_MISSING.
  Result<graph::Ports> add(const std::string& port_id, const std::string& display_name);
  void rename(const std::string& port_id, const std::string& display_name);
  void remove(const std::string& port_id);

  void set_layout(mix::Layout layout);
  // port_ids that the layout names and that are no inputs.
  std::vector<std::string> not_there() const;
  void set_speaker(const std::string& port_id);
  // By port_id: how large the pictures of an input need be, as they come; 1x1 where nobody sees them.
  std::map<std::string, mix::Size> wishes() const;
  void set_background(mix::Color color, std::shared_ptr<const mix::Picture> image);

  // See graph::Element; of all ports of the hub.
  void sink_linked(const graph::SinkPort& port, bool linked);

  void close(Done done);

 private:
  struct Place {
    std::string port_id;
    std::string display_name;
    std::unique_ptr<mix::PictureInput> input;
    std::shared_ptr<const mix::NamePlate> plate = {};
    bool pictures = false;  // come in
    bool sound = false;     // comes in
  };
  Place* find(const std::string& port_id);
  void write(Place& place);
  void set_plate(const std::string& port_id, const std::string& name,
                 std::shared_ptr<const mix::NamePlate> plate);
  void show();
  void wish();

  graph::ElementHost& host_;
  const Options options_;
  const std::function<void()> on_wishes_;
  const std::shared_ptr<mix::PictureMixer> mixer_;
  mix::Scene scene_;           // without its inputs
  std::vector<Place> places_;  // in the order in which they came
  bool wishing_ = false;       // on_wishes_ is on its way
  Guard guard_;
};

}  // namespace kms::composite
