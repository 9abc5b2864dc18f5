// SPDX-License-Identifier: Apache-2.0
// Input: how many bytes come at a time, then a TCP stream of framed packets (RFC 4571).
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "kms-core/rtc/net/frame_buffer.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace {

using namespace kms::rtc;
using Frames = std::vector<std::vector<uint8_t>>;

void require(bool truth) {
  if (!truth) std::abort();
}

// What RFC 4571 says of the whole stream; `broken` if it cannot be followed to its end.
Frames frames_in(Bytes stream, bool* broken) {
  Frames all;
  ByteReader reader(stream);
  while (reader.left() >= 2) {
    const size_t size = reader.u16();
    *broken = size > kMaxDatagram;
    if (*broken || reader.left() < size) return all;
    const auto bytes = reader.bytes(size);
    if (size > 0) all.emplace_back(bytes.begin(), bytes.end());
  }
  return all;
}

// The same in pieces, as a connection reads them.
Frames cut(Bytes stream, size_t piece, bool* broken) {
  Frames all;
  FrameBuffer buffer;
  while (!stream.empty() && !buffer.broken()) {
    const auto space = buffer.space();
    require(!space.empty());
    const auto now = stream.first(std::min({piece, space.size(), stream.size()}));
    std::ranges::copy(now, space.begin());
    buffer.filled(now.size());
    stream = stream.subspan(now.size());
    for (auto frame = buffer.next(); !frame.empty(); frame = buffer.next())
      all.emplace_back(frame.begin(), frame.end());
    buffer.compact();
  }
  *broken = buffer.broken();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes stream(data + 1, size - 1);
  bool wanted_broken = false, broken = false;
  const auto wanted = frames_in(stream, &wanted_broken);
  require(cut(stream, data[0] + size_t{1}, &broken) == wanted);
  require(broken == wanted_broken);
  return 0;
}
