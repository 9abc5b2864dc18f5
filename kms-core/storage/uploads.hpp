// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"
#include "kms-core/storage/spool.hpp"

namespace kms::storage {

// Brings files from the spool to where they belong, for the whole server: in the order of their coming within
// a group, some groups at a time, each tried again with growing pauses until its storage has it. What is not
// stored when the server ends is stored by the next one. The calls are for any thread; those that ask the
// disk say so.
class Uploads {
 public:
  // What became of a try to store a file.
  struct News {
    std::string uri;
    uint64_t bytes = 0;
    Status status = ok();               // OK: the storage has it
    bool given_up = false;              // no more tries before the server's next start
    std::chrono::milliseconds pause{};  // before the next try
    bool last = false;                  // nothing else of its group waits
  };
  // On a thread of the uploads: post. Failures that go on as they began are not told again.
  using Listener = std::function<void(const News&)>;

  // Without spool.folder nothing can be uploaded: begin() says so. Asks the disk. Errors: SPOOL_UNUSABLE,
  // CONFIG_INVALID.
  static Result<std::unique_ptr<Uploads>> start(const Config& config);
  ~Uploads();  // breaks off what is under way

  // Whether a URI may be uploaded to. Errors: INVALID_OPTIONS, URI_NOT_ALLOWED.
  Status check(const std::string& uri) const;

  // Answers the path of a file to be made and written. Asks the disk. Errors: those of check(), SPOOL_FULL,
  // NO_SPACE, WRITE_FAILED.
  Result<std::string> begin(const Order& order);
  // So many bytes are in the file now. Errors: SPOOL_FULL.
  Status grow(const std::string& path, uint64_t bytes);
  // The file is whole and goes its way. Asks the disk. Errors: WRITE_FAILED.
  Status finish(const std::string& path);
  // It is not wanted. Asks the disk.
  void drop(const std::string& path);

  // Files that an earlier server was writing when it died; they wait for finish() or drop().
  std::vector<std::string> interrupted() const;
  // Where a file that is being written goes; empty: it is none.
  std::string uri_of(const std::string& path) const;

  void listen(const std::string& group, Listener listener);
  void forget(const std::string& group);

  // Something of the group is not stored yet and was not given up.
  bool waits(const std::string& group) const;
  size_t waiting_files() const;    // that are whole; those given up are none of them
  uint64_t waiting_bytes() const;  // in the spool

 private:
  struct Impl;
  explicit Uploads(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::storage
