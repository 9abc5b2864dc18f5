// SPDX-License-Identifier: Apache-2.0
// What touches every packet must not touch the heap: this binary counts.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include "kms-core/rtc/rtp/key_frame.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"
#include "kms-core/rtc/rtp/rtp_editor.hpp"
#include "kms-core/rtc/rtp/rtx.hpp"
#include "kms-core/rtc/rtp/test_packets.hpp"

namespace {

size_t allocations = 0;

}  // namespace

void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (!memory) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace kms::rtc {
namespace {

void edit(MutableBytes packet) {
  RtpEditor editor(packet);
  editor.set_sequence(7);
  editor.set_ssrc(9);
}

TEST(Allocation, IsCounted) {
  const size_t before = allocations;
  const auto something = std::make_unique<int>(1);
  EXPECT_EQ(allocations, before + 1);
}

TEST(Allocation, NeverHappensOnThePathOfAPacket) {
  auto packet = test::make_rtp({.extension = {0x10, 'a', 0x21, 1, 2, 0, 0, 0}, .payload = {0x10, 0x50, 3}});
  std::array<uint8_t, 1500> out{};
  const size_t before = allocations;

  for (int i = 0; i < 100; ++i) {
    const auto view = RtpView::parse(packet);
    const bool key = view && starts_key_frame(Codec::kVp8, view->payload());
    const bool known = packet_kind(packet) == PacketKind::kRtp && view->extension(1).has_value();
    const size_t wrapped = rtx_wrap(packet, {97, 1, 2}, out);
    const auto original = rtx_unwrap(MutableBytes(out).first(wrapped), {96, 9});
    edit(original);
    if (!key || !known || original.empty()) std::abort();
  }

  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace kms::rtc
