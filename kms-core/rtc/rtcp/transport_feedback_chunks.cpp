// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/rtcp/transport_feedback_chunks.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

constexpr size_t kOneBitSymbols = 14;
constexpr size_t kTwoBitSymbols = 7;
constexpr size_t kLongestRun = 0x1fff;

using Symbols = std::span<const ArrivalSymbol>;

size_t run_length(Symbols symbols) {
  const auto end = std::ranges::find_if(symbols, [&](ArrivalSymbol symbol) { return symbol != symbols[0]; });
  return std::min(static_cast<size_t>(end - symbols.begin()), kLongestRun);
}

uint16_t vector_chunk(Symbols symbols, size_t capacity, unsigned bits) {
  unsigned chunk = bits == 1 ? 0x8000 : 0xc000;
  for (size_t i = 0; i < symbols.size(); ++i) {
    chunk |= static_cast<unsigned>(symbols[i]) << (bits * (capacity - 1 - i));
  }
  return static_cast<uint16_t>(chunk);
}

// Writes one chunk and says how many symbols it took.
size_t write_chunk(Symbols symbols, ByteWriter& to) {
  const size_t run = run_length(symbols);
  const auto fourteen = symbols.first(std::min(symbols.size(), kOneBitSymbols));
  const bool one_bit = std::ranges::find(fourteen, ArrivalSymbol::kLargeDelta) == fourteen.end();
  const size_t vector_size = std::min(symbols.size(), one_bit ? kOneBitSymbols : kTwoBitSymbols);
  if (run >= vector_size) {
    to.u16(static_cast<uint16_t>(static_cast<unsigned>(symbols[0]) << 13 | run));
    return run;
  }
  const auto taken = symbols.first(vector_size);
  to.u16(one_bit ? vector_chunk(taken, kOneBitSymbols, 1) : vector_chunk(taken, kTwoBitSymbols, 2));
  return vector_size;
}

}  // namespace

void write_status_chunks(Symbols symbols, ByteWriter& to) {
  while (!symbols.empty()) symbols = symbols.subspan(write_chunk(symbols, to));
}

}  // namespace kms::rtc
