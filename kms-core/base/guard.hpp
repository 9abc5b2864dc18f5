// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

namespace kms {

// A member that makes late answers harmless: what was wrapped does nothing once the guard is gone. Guard and
// wrapped calls live on one loop; only the wrapped object itself may travel through other threads.
class Guard {
 public:
  template <typename Function>
  auto wrap(Function function) const {
    return
        [alive = std::weak_ptr<const char>(alive_), function = std::move(function)](auto&&... args) mutable {
          if (!alive.expired()) function(std::forward<decltype(args)>(args)...);
        };
  }
  // From now on nothing that was wrapped before runs.
  void reset() { alive_ = std::make_shared<char>(); }

 private:
  std::shared_ptr<const char> alive_ = std::make_shared<char>();
};

}  // namespace kms
