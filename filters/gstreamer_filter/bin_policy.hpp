// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"
#include "kms-core/gst/inspect.hpp"

namespace kms::gstreamer_filter {

// Decides what a bin description may contain, from its text alone: nothing of it is made before it passed.
// Whatever is not understood as an allowed element, a property of one, raw caps or a link is refused. What
// was made of the text is looked at again, since the text may have meant more than was understood.
class BinPolicy {
 public:
  static constexpr size_t kMostElements = 256;  // of one bin; caps count as one
  static constexpr size_t kMostQueues = 16;     // of them; each has a thread
  // Transforms of raw media that open nothing and start no program: allowed when the configuration lists
  // none.
  static const std::set<std::string>& built_in();

  explicit BinPolicy(const Config& config);

  // Errors: INVALID_OPTIONS (empty, or quoted as it must not be), ELEMENT_NOT_ALLOWED (metadata: element),
  // PLUGIN_MISSING (metadata: plugin), BIN_QUOTA (metadata: quota), and those of check_property().
  Status check(const std::string& description) const;
  // The elements that a parsed description really has, and what was set on them.
  Status check_elements(const std::vector<std::string>& factories) const;
  Status check_properties(const std::vector<gst::ChangedProperty>& properties) const;
  // Errors: PROPERTY_NOT_ALLOWED (it would hold up threads; metadata: property), URI_NOT_ALLOWED (it names a
  // file that the configuration does not let be read), INVALID_OPTIONS (it should name a file).
  Status check_property(const std::string& name, const std::string& value) const;

 private:
  Status check_element(const std::string& factory) const;
  Status check_word(const std::string& word) const;
  Status check_file(const std::string& value) const;

  const Config& config_;
  const std::set<std::string> allowed_;
};

}  // namespace kms::gstreamer_filter
