// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/reset_gate.hpp"

#include <gmock/gmock.h>

#include "kms-core/rtc/wire/byte_writer.hpp"

namespace kms::rtc {
namespace {

using testing::ElementsAreArray;
using testing::IsEmpty;
using Packet = std::vector<uint8_t>;

Packet chunk(uint8_t type, const std::vector<uint32_t>& words) {
  Packet out(4 + 4 * words.size());
  ByteWriter writer(out);
  writer.u8(type);
  writer.u8(0);
  writer.u16(static_cast<uint16_t>(out.size()));
  for (const auto word : words) writer.u32(word);
  return out;
}
// Of stream 7, after this TSN.
Packet request(uint32_t tsn) { return chunk(130, {13u << 16 | 18, 1, 2, tsn, 7u << 16}); }
Packet init(uint32_t tsn) { return chunk(1, {99, 100'000, 5u << 16 | 5, tsn}); }
Packet sack(uint32_t tsn) { return chunk(3, {tsn, 100'000, 0}); }
Packet data(uint32_t tsn) { return chunk(0, {tsn, 0, 53, 0xabcdef00}); }

Packet packet(const std::vector<Packet>& chunks, uint32_t checksum = 0) {
  Packet out{0x13, 0x88, 0x13, 0x88, 1, 2, 3, 4, 0, 0, 0, 0};
  store_u32(out.data() + 8, checksum);
  for (const auto& each : chunks) out.insert(out.end(), each.begin(), each.end());
  return out;
}

TEST(ResetGate, LetsARequestPassOnceAllBeforeItIsHere) {
  ResetGate gate;
  gate.note_sent(packet({sack(1000)}));
  const auto due = packet({request(1000)}, 5);

  EXPECT_EQ(gate.pass(due).data(), due.data());
  EXPECT_THAT(gate.release(), IsEmpty());
}

TEST(ResetGate, HoldsARequestUntilWhatIsMissingHasCome) {
  ResetGate gate;
  gate.note_sent(packet({sack(0xfffffffe)}));

  EXPECT_THAT(gate.pass(packet({request(1)}, 5)), IsEmpty());
  EXPECT_TRUE(gate.note_sent(packet({sack(0)})));
  EXPECT_THAT(gate.release(), IsEmpty());
  EXPECT_TRUE(gate.note_sent(packet({data(3), sack(1)})));

  EXPECT_THAT(gate.release(), ElementsAreArray(packet({request(1)})));
  EXPECT_FALSE(gate.note_sent(packet({sack(2)})));
}

TEST(ResetGate, LetsTheRestOfThePacketPass) {
  ResetGate gate;
  gate.note_sent(packet({sack(10)}));

  const auto passed = gate.pass(packet({sack(1), request(12), data(11)}, 5));

  EXPECT_THAT(passed, ElementsAreArray(packet({sack(1), data(11)})));
}

TEST(ResetGate, KeepsTheLatestOfSeveral) {
  ResetGate gate;
  gate.note_sent(packet({sack(10)}));
  gate.pass(packet({request(12)}));
  gate.pass(packet({request(11)}));
  gate.note_sent(packet({sack(11)}));

  EXPECT_THAT(gate.release(), ElementsAreArray(packet({request(11)})));
  EXPECT_THAT(gate.release(), IsEmpty());
}

TEST(ResetGate, KnowsTheBeginningOfAPeerThatHasSentNothingYet) {
  ResetGate gate;
  gate.pass(packet({init(1000)}));
  const auto due = packet({request(999)}), early = packet({request(1000)});

  EXPECT_EQ(gate.pass(due).data(), due.data());
  EXPECT_THAT(gate.pass(early), IsEmpty());
}

TEST(ResetGate, LeavesABeginningAloneOnceDataHasCome) {
  ResetGate gate;
  gate.note_sent(packet({sack(10)}));
  gate.pass(packet({init(1000)}));

  EXPECT_THAT(gate.pass(packet({request(11)})), IsEmpty());
}

TEST(ResetGate, LeavesWhatIsCutOffToSctp) {
  ResetGate gate;
  gate.note_sent(packet({sack(10)}));
  auto whole = packet({request(12)});

  for (; !whole.empty(); whole.pop_back()) {
    const auto passed = gate.pass(whole);
    EXPECT_TRUE(passed.empty() || passed.data() == whole.data()) << whole.size();
  }
  const auto none = chunk(130, {13u << 16 | 2});
  const auto bad = packet({none, chunk(130, {}), Packet{130, 0, 0, 1}});
  EXPECT_EQ(gate.pass(bad).data(), bad.data());
}

}  // namespace
}  // namespace kms::rtc
