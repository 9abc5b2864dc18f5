// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"

namespace kms {

// Which files the elements of this server may touch: what lies in the folders of the configuration, seen
// after every symbolic link was followed. The calls ask the file system and change nothing; any thread. What
// was checked can change before it is opened: check again on the worker that opens it.
class UriPolicy {
 public:
  // `config` must outlive the policy.
  explicit UriPolicy(const Config& config) : files_(config.files) {}

  // The canonical path of a file to read, inside one of files.read. A file that is not there passes (opening
  // it says so). Errors: INVALID_OPTIONS (no file URI: file:///absolute/path), URI_NOT_ALLOWED (outside, a
  // ".." in it, or a folder, device, pipe or socket).
  Result<std::string> readable_file(const std::string& uri) const;

  // The canonical path of a file to write, inside one of files.write. Folders in its way that are missing are
  // the caller's to make (std::filesystem::create_directories of its parent_path, on a worker). Errors as
  // above.
  Result<std::string> writable_file(const std::string& uri) const;

 private:
  const Config::Files& files_;
};

}  // namespace kms
