// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "elements/recorder/journal.hpp"
#include "elements/recorder/part.hpp"
#include "kms-core/base/worker_pool.hpp"
#include "kms-core/storage/uploads.hpp"

namespace kms::recorder {

// A part that a killed server left, and what became of it: Part::outcome says why it could not be finished.
struct Recovered {
  std::string element;  // resource name that its recorder had
  Part part;
};

// Finishes what the journal knows of dead servers, once, on a worker. The file is completed as a copy beside
// it, which takes its place when it is whole. Any thread.
class Recovery {
 public:
  // They outlive it; `uploads` may be null. What was being written into the spool is handed over to it.
  Recovery(const Config& config, WorkerPool& workers, storage::Uploads* uploads);
  std::vector<Recovered> list() const;  // so far
  bool working() const;

 private:
  struct State {
    std::mutex mutex;
    std::vector<Recovered> list;
    bool working = true;
  };
  std::shared_ptr<State> state_;  // shared with the worker
};

// One of them. `uploads`: as above. Blocks.
Recovered recover(const Config& config, JournalEntry& entry, storage::Uploads* uploads = nullptr);

}  // namespace kms::recorder
