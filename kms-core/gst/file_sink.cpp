// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/file_sink.hpp"

#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "kms-core/gst/file_sink_element.hpp"

namespace kms::gst {
namespace {

constexpr uint64_t kGatheredBytes = 256 << 10;
constexpr size_t kGatheredMemories = IOV_MAX / 2;

// The memories of buffers, mapped for reading.
class Mapped {
 public:
  explicit Mapped(const std::vector<Ref<GstBuffer>>& buffers) {
    for (const auto& buffer : buffers) map(buffer.get());
  }
  ~Mapped() {
    for (auto& map : maps_) gst_memory_unmap(map.memory, &map);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  bool complete() const { return complete_; }
  std::vector<iovec>& pieces() { return pieces_; }

 private:
  void map(GstBuffer* buffer) {
    for (guint i = 0; i < gst_buffer_n_memory(buffer); ++i) {
      GstMapInfo info;
      if (gst_memory_map(gst_buffer_peek_memory(buffer, i), &info, GST_MAP_READ) == FALSE) {
        complete_ = false;
        return;
      }
      maps_.push_back(info);
      pieces_.push_back({info.data, info.size});
    }
  }

  std::vector<GstMapInfo> maps_;
  std::vector<iovec> pieces_;
  bool complete_ = true;
};

// Leaves of `pieces` what was not among the first `written` bytes.
std::pair<iovec*, size_t> rest_of(std::pair<iovec*, size_t> pieces, size_t written) {
  auto [piece, count] = pieces;
  while (count > 0 && written >= piece->iov_len) {
    written -= piece->iov_len;
    ++piece;
    --count;
  }
  if (count > 0) {
    piece->iov_base = static_cast<char*>(piece->iov_base) + written;
    piece->iov_len -= written;
  }
  return {piece, count};
}

int write_all(int file, std::vector<iovec>& pieces, uint64_t position) {
  std::pair<iovec*, size_t> rest{pieces.data(), pieces.size()};
  rest = rest_of(rest, 0);
  while (rest.second > 0) {
    const auto count = static_cast<int>(std::min<size_t>(rest.second, IOV_MAX));
    const auto written = pwritev(file, rest.first, count, static_cast<off_t>(position));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return ENOSPC;
    position += static_cast<uint64_t>(written);
    rest = rest_of(rest, static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace

std::shared_ptr<FileSink> FileSink::create(const std::string& name, int file) {
  struct Access : FileSink {
    explicit Access(int f) : FileSink(f) {}
  };
  auto sink = std::make_shared<Access>(file);
  sink->element_ = make_file_sink_element(name, sink);
  return sink;
}

FileSink::~FileSink() { close(file_); }

int FileSink::write(Ref<GstBuffer> buffer) {
  if (failure_ != 0) return failure_;
  if (gathered_.empty()) oldest_ = std::chrono::steady_clock::now();
  gathered_bytes_ += gst_buffer_get_size(buffer.get());
  gathered_memories_ += gst_buffer_n_memory(buffer.get());
  gathered_.push_back(std::move(buffer));
  size_ = std::max<uint64_t>(size_, gathered_at_ + gathered_bytes_);
  const bool enough = gathered_bytes_ >= kGatheredBytes || gathered_memories_ >= kGatheredMemories;
  return enough || std::chrono::steady_clock::now() - oldest_ >= kLongestWait ? flush() : 0;
}

int FileSink::seek(uint64_t position) {
  if (position == gathered_at_ + gathered_bytes_) return failure_;
  const int failed = flush();
  gathered_at_ = position;
  return failed;
}

int FileSink::flush() {
  if (failure_ == 0 && !gathered_.empty()) failure_ = write_out();
  gathered_.clear();
  gathered_at_ += gathered_bytes_;
  gathered_bytes_ = 0;
  gathered_memories_ = 0;
  return failure_;
}

int FileSink::write_out() {
  Mapped mapped(gathered_);
  return mapped.complete() ? write_all(file_, mapped.pieces(), gathered_at_) : EIO;
}

}  // namespace kms::gst
