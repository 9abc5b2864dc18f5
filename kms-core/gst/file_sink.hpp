// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// Where a recording ends: writes what a muxer makes into an open file. Small buffers are gathered and written
// together without being copied, so that a file costs a few system calls a second; what is older than
// kLongestWait is written with the next buffer, so that a dying process loses no more. Streaming thread,
// unless said otherwise.
class FileSink {
 public:
  static constexpr std::chrono::milliseconds kLongestWait{400};

  // Takes over the descriptor `file`.
  static std::shared_ptr<FileSink> create(const std::string& name, int file);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  // The GStreamer element, with one sink pad "sink". It keeps this object alive; add it to a bin at once.
  GstElement* element() const { return element_; }

  // Length of the file in bytes, with what is gathered. Any thread.
  uint64_t size() const { return size_; }

  // The GStreamer element only. Zero, or the errno of what failed; after a failure nothing more is written.
  int write(Ref<GstBuffer> buffer);
  int seek(uint64_t position);
  int flush();

 private:
  explicit FileSink(int file) : file_(file) {}
  int write_out();

  GstElement* element_ = nullptr;  // owns us
  const int file_;
  int failure_ = 0;
  std::vector<Ref<GstBuffer>> gathered_;
  uint64_t gathered_at_ = 0;  // position in the file
  uint64_t gathered_bytes_ = 0;
  size_t gathered_memories_ = 0;
  std::chrono::steady_clock::time_point oldest_;
  std::atomic<uint64_t> size_ = 0;
};

}  // namespace kms::gst
