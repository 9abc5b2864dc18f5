// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kms::storage {

// How far a transfer in parts has come; kept in a file, so that it goes on after a restart. One thread.
class Multipart {
 public:
  // Reads the file; what is no record of ours counts as nothing.
  explicit Multipart(std::string file);

  bool begun() const { return !upload_id_.empty(); }
  const std::string& upload_id() const { return upload_id_; }
  uint64_t part_bytes() const { return part_bytes_; }
  const std::vector<std::string>& etags() const { return etags_; }  // of the parts that are there, from 1 on

  void begin(const std::string& upload_id, uint64_t part_bytes);
  void add(const std::string& etag);
  void forget();

  // What tells an object storage which parts make the object.
  std::string manifest() const;

 private:
  const std::string file_;
  std::string upload_id_;
  uint64_t part_bytes_ = 0;
  std::vector<std::string> etags_;
};

}  // namespace kms::storage
