// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// Bytes that go into a file together: own ones, and those of buffers, which are not copied. One thread.
class Gathered {
 public:
  void add(std::string bytes);
  void add(Ref<GstBuffer> buffer);
  uint64_t size() const { return size_; }  // bytes
  void clear();

  // Writes all of it at `position` in as few calls as the system takes. Zero, or the errno of what failed.
  int write(int file, uint64_t position) const;

 private:
  std::vector<std::variant<std::string, Ref<GstBuffer>>> pieces_;
  uint64_t size_ = 0;
};

}  // namespace kms::gst
