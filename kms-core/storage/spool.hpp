// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"

namespace kms::storage {

// What is to become of a file in the spool.
struct Order {
  std::string uri;  // where it goes
  std::string content_type;
  std::string group;      // those of one group are stored one after the other
  bool replaces = false;  // a later one of the same URI makes it needless
};

// The folder in which files wait for their storage, and how much is in it. A file is `<id>.data`; what is to
// become of it stands beside it, in `<id>.open` while it is written and in `<id>.parcel` from then on; an
// interrupted transfer has its record in `<id>.parts`. Ids rise with time. One server at a time has the
// folder. The calls ask the disk; any thread.
class Spool {
 public:
  struct Entry {
    std::string id;
    Order order;
    uint64_t bytes = 0;
    bool open = false;
  };
  // Makes the folder if need be. Errors: SPOOL_UNUSABLE.
  static Result<std::unique_ptr<Spool>> open(const Config::Spool& config);
  ~Spool();

  // What an earlier server left, oldest first.
  std::vector<Entry> load();

  // A new entry that is open; its id. What replaces (a playlist, small) is taken also when the spool is full.
  // Errors: SPOOL_FULL, NO_SPACE, WRITE_FAILED.
  Result<std::string> add(const Order& order);
  // An open file has grown to so many bytes. Errors: SPOOL_FULL (it counts all the same).
  Status grow(const std::string& id, uint64_t bytes);
  // The file is whole. Errors: WRITE_FAILED.
  Result<Entry> finish(const std::string& id, const Order& order);
  void remove(const std::string& id);

  std::string data(const std::string& id) const { return folder_ + "/" + id + ".data"; }
  std::string progress(const std::string& id) const { return folder_ + "/" + id + ".parts"; }
  uint64_t bytes() const { return bytes_; }

 private:
  Spool(const Config::Spool& config, int lock);
  std::string path(const std::string& id, const char* ending) const { return folder_ + "/" + id + ending; }
  std::string next_id();
  struct Size {
    uint64_t bytes = 0;
    bool always = false;  // there is room for it
  };
  bool count(const std::string& id, uint64_t bytes);
  Status full() const;

  const std::string folder_;
  const uint64_t max_bytes_;
  const int lock_;  // open file that is locked
  std::atomic<uint64_t> bytes_ = 0;
  std::mutex mutex_;
  std::map<std::string, Size> sizes_;  // by id
  uint64_t last_id_ = 0;
};

}  // namespace kms::storage
