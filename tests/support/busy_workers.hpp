// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>

#include "kms-core/base/worker_pool.hpp"

namespace kms::test {

// Keeps every thread of a pool busy until it goes, as if each were in a call that hangs. The test's thread.
class BusyWorkers {
 public:
  explicit BusyWorkers(WorkerPool& pool) {
    const auto released = release_.get_future().share();
    for (unsigned i = 0; i < WorkerPool::Limits().most; ++i) pool.run([released] { released.wait(); });
  }
  ~BusyWorkers() { release_.set_value(); }
  BusyWorkers(const BusyWorkers&) = delete;
  BusyWorkers& operator=(const BusyWorkers&) = delete;

 private:
  std::promise<void> release_;
};

}  // namespace kms::test
