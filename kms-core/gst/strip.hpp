// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/factory.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/outlet.hpp"

namespace kms::gst {

// A bin: an inlet, a chain of transforms, an outlet. What filters, decoders and encoders are made of. Made
// and released on the control loop; put it into a Pipeline.
class Strip {
 public:
  // `kind` begins its name in GStreamer's logs. `description` is a chain in gst-launch syntax with one open
  // end on either side. Errors: PLUGIN_MISSING (metadata: plugin), INVALID_OPTIONS (what the parser said).
  static Result<std::unique_ptr<Strip>> create(const std::string& kind, const std::string& description);
  // The same of elements that follow each other, each with a pad "sink" and a pad "src".
  static Result<std::unique_ptr<Strip>> create(const std::string& kind, const Elements& parts);

  // For an encoder of sound: see SteadySound. Before the first buffer.
  void steady_sound();

  const Ref<GstElement>& bin() const { return bin_; }
  const std::shared_ptr<Inlet>& inlet() const { return inlet_; }
  const std::shared_ptr<FanOut>& fan_out() const { return outlet_->fan_out(); }

  // An element of the description by its name; null when there is none.
  Ref<GstElement> find(const std::string& name) const;

 private:
  Strip() = default;
  Ref<GstElement> bin_;
  std::shared_ptr<Inlet> inlet_;
  std::shared_ptr<Outlet> outlet_;
};

// A name that no other element has: a bin refuses two of the same name.
std::string unique_name(const std::string& kind);

// A bin of `parts`, linked one behind the other between two elements of which the first has a pad "src" and
// the last a pad "sink". Takes the ends' floating references. Errors: INVALID_OPTIONS when they do not fit.
struct Ends {
  GstElement* first;
  GstElement* last;
};
Result<Ref<GstElement>> make_bin(const std::string& name, const Ends& ends, const Elements& parts);

// Parses a chain in gst-launch syntax into a bin with ghost pads "sink" and "src" where one is open. Errors
// as above.
Result<Ref<GstElement>> parse_chain(const std::string& description);

}  // namespace kms::gst
