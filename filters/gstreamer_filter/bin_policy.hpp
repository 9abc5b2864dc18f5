// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"

namespace kms::gstreamer_filter {

// Decides what a bin description may contain, from its text alone: nothing of it is made before it passed.
// Whatever is not understood as an allowed element, a property of one, raw caps or a link is refused.
class BinPolicy {
 public:
  explicit BinPolicy(const Config& config);

  // Errors: INVALID_OPTIONS (empty), ELEMENT_NOT_ALLOWED (metadata: element), PLUGIN_MISSING (metadata:
  // plugin), URI_NOT_ALLOWED (a file that the configuration does not let be read).
  Status check(const std::string& description) const;
  // The elements that a parsed description really has.
  Status check_elements(const std::vector<std::string>& factories) const;
  // A property that names a file.
  Status check_property(const std::string& name, const std::string& value) const;

 private:
  Status check_element(const std::string& factory) const;
  Status check_word(const std::string& word) const;

  const Config& config_;
  const std::set<std::string> allowed_;
};

}  // namespace kms::gstreamer_filter
