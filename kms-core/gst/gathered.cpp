// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/gathered.hpp"

#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace kms::gst {
namespace {

// The memories of buffers, mapped for reading.
class Mapped {
 public:
  Mapped() = default;
  ~Mapped() {
    for (auto& map : maps_) gst_memory_unmap(map.memory, &map);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  bool complete() const { return complete_; }
  std::vector<iovec>& pieces() { return pieces_; }

  void operator()(const std::string& bytes) {
    pieces_.push_back({const_cast<char*>(bytes.data()), bytes.size()});
  }
  void operator()(const Ref<GstBuffer>& buffer) {
    for (guint i = 0; i < gst_buffer_n_memory(buffer.get()); ++i) {
      GstMapInfo info;
      if (gst_memory_map(gst_buffer_peek_memory(buffer.get(), i), &info, GST_MAP_READ) == FALSE) {
        complete_ = false;
        return;
      }
      maps_.push_back(info);
      pieces_.push_back({info.data, info.size});
    }
  }

 private:
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

void Gathered::add(std::string bytes) {
  size_ += bytes.size();
  pieces_.emplace_back(std::move(bytes));
}

void Gathered::add(Ref<GstBuffer> buffer) {
  size_ += gst_buffer_get_size(buffer.get());
  pieces_.emplace_back(std::move(buffer));
}

void Gathered::clear() {
  pieces_.clear();
  size_ = 0;
}

int Gathered::write(int file, uint64_t position) const {
  Mapped mapped;
  for (const auto& piece : pieces_) std::visit(mapped, piece);
  return mapped.complete() ? write_all(file, mapped.pieces(), position) : EIO;
}

}  // namespace kms::gst
