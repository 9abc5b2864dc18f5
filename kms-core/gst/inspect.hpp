// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// What GStreamer says an element factory is for ("Filter/Effect/Video"), without making an element; nothing
// when it is not installed. Any thread.
std::optional<std::string> factory_class(const std::string& factory);

// The factories of all elements in a bin, also of those in bins within it.
std::vector<std::string> factories_in(const Ref<GstElement>& bin);

// A property that has another value than an element is born with. `value` is empty for what is no text.
struct ChangedProperty {
  std::string factory;
  std::string name;
  std::string value;
};
// Those of all elements in a bin that are texts or numbers and can be read; a list of texts gives one for
// each.
std::vector<ChangedProperty> changed_properties(const Ref<GstElement>& bin);

// Pads of the elements in a bin that nothing is linked to. A sink pad for captions is no open end: the
// element works without.
std::vector<Ref<GstPad>> open_pads(const Ref<GstElement>& bin, GstPadDirection direction);

// Whether exactly one sink pad and one source pad of the elements in a parsed chain are open.
bool has_two_ends(const Ref<GstElement>& chain);

// An element in a bin by its name, or by its factory when that occurs once; null when there is none.
Ref<GstElement> find_element(const Ref<GstElement>& bin, const std::string& name_or_factory);

// Sets a property from text as in gst-launch. Errors: UNKNOWN_PROPERTY (none of that name that can be set
// now), INVALID_VALUE (not of its type, or out of range).
Status set_property(GstElement* element, const std::string& name, const std::string& value);

}  // namespace kms::gst
