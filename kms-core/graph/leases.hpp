// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "kms-core/base/loop.hpp"

namespace kms::graph {

// When each session's life ends unless it is renewed. One timer for all, on one loop; any thread.
class Leases {
 public:
  using Clock = std::chrono::steady_clock;
  // Called on the loop; the lease is gone by then.
  using Lapsed = std::function<void(const std::string& name)>;

  Leases(Loop& loop, Lapsed lapsed);
  ~Leases();  // not on the loop; `lapsed` is not called any more

  void add(const std::string& name, std::chrono::milliseconds length);
  void remove(const std::string& name);

  // When the lease ends now; nothing when there is none.
  std::optional<std::chrono::system_clock::time_point> renew(const std::string& name);

  // As long as a hold lives, the lease does not run; it starts anew when the last one goes. A hold may
  // outlive this.
  std::shared_ptr<void> hold(const std::string& name);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with holds, which other threads let go
};

}  // namespace kms::graph
