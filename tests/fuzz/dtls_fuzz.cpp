// SPDX-License-Identifier: Apache-2.0
// Input: datagrams, each behind a 16-bit length, as a server and a client of ours would get them.
#include <cstdlib>
#include <memory>

#include "kms-core/rtc/dtls/dtls_transport.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"

namespace {

using namespace kms::rtc;

const DtlsContext& context() {
  static const auto certificate = std::move(*DtlsCertificate::make());
  static const auto made = std::move(*DtlsContext::create(certificate));
  return made;
}

void require(bool truth) {
  if (!truth) std::abort();
}

void feed(DtlsRole role, Bytes input) {
  const auto now = Clock::now();
  const auto send = [](Bytes datagram) { require(datagram.size() <= DtlsTransport::kMaxDatagram); };
  const auto transport = std::move(*DtlsTransport::create(context(), {role, Fingerprint{}, send}, now));
  transport->start(now);
  ByteReader reader(input);
  while (reader.left() > 0) transport->on_datagram(reader.bytes(reader.u16()), now);
  require(!transport->keys());  // nobody here has a certificate whose hash is zero
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  feed(DtlsRole::kServer, {data, size});
  feed(DtlsRole::kClient, {data, size});
  return 0;
}
