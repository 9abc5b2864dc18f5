// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "elements/recorder/words/h265_units.hpp"

namespace {

using namespace kms::recorder;

void require(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

// The first byte says how long lengths are, the rest is a picture.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  h265::length_bytes_of({reinterpret_cast<const char*>(data), size});
  if (size == 0) return 0;
  const size_t length_bytes = (data[0] & 3U) + 1;
  const std::vector<uint8_t> picture(data + 1, data + size);
  const auto before = h265::picture_of(picture, length_bytes);
  auto broken = picture;
  h265::break_link(broken, length_bytes);

  const auto after = h265::picture_of(broken, length_bytes);
  require(after != h265::Picture::kCra);
  require(before == h265::Picture::kCra ? after == h265::Picture::kOther : after == before);
  // Only types are other ones, and what has none of them is as it was.
  for (size_t i = 0; i < picture.size(); ++i) require(((picture[i] ^ broken[i]) & 0x81U) == 0);
  auto again = broken;
  h265::break_link(again, length_bytes);
  require(again == broken);
  return 0;
}
