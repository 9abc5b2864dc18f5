// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/handshake_buffer.hpp"

#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace kms::rtc {
namespace {

// The buffer is a block of malloc() that is made with at least this size, and messages begin at its first
// byte: so it is in the sources of 3.0 (state_machine(), dtls1_do_write(), dtls_get_message()), and said
// nowhere else.
constexpr size_t kLeastSize = SSL3_RT_MAX_PLAIN_LENGTH;

bool is_known_libssl() {
  static const bool known = OPENSSL_version_major() == 3 && OPENSSL_version_minor() == 0;
  return known;
}

}  // namespace

void HandshakeBuffer::watch(SSL* ssl) {
  SSL_set_msg_callback(ssl, on_message);
  SSL_set_msg_callback_arg(ssl, this);
}

void HandshakeBuffer::on_message(int written, int, int type, const void* data, size_t, SSL*, void* self) {
  if (type != SSL3_RT_HANDSHAKE) return;
  auto& buffer = *static_cast<HandshakeBuffer*>(self);
  (written != 0 ? buffer.written_ : buffer.read_) = const_cast<void*>(data);
  buffer.touched_ = true;
}

// What is read and what is written lie at one place: that is the buffer and no record's.
void HandshakeBuffer::give_back() {
  if (!std::exchange(touched_, false) || !is_known_libssl() || read_ != written_) return;
  const size_t size = malloc_usable_size(read_);
  if (size >= kLeastSize) give_back_pages(read_, size);
}

size_t give_back_pages(void* data, size_t size) {
  static const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(data) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(data) + size) / page * page;
  if (begin >= end) return 0;
  return madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED) == 0 ? end - begin : 0;
}

}  // namespace kms::rtc
