// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <cstddef>

namespace kms::rtc {

// Where libssl puts a handshake's messages together: 22 KB that DTLS keeps for as long as the association
// lives, since a last flight may have to be repeated. Nothing in it is needed between messages, so its memory
// pages are given back to the kernel; they are there again, empty, as soon as libssl touches them. It must
// outlive its SSL.
class HandshakeBuffer {
 public:
  // Notices where the buffer is, by the messages of `ssl`.
  void watch(SSL* ssl);
  // For between two messages. Nothing if no message came since, or where libssl is one that was not looked
  // into.
  void give_back();

 private:
  static void on_message(int written, int version, int type, const void* data, size_t size, SSL* ssl,
                         void* self);

  void* read_ = nullptr;  // where the latest messages were
  void* written_ = nullptr;
  bool touched_ = false;
};

// Gives back the pages that lie wholly in the memory: it is zero there afterwards. The number of bytes.
size_t give_back_pages(void* data, size_t size);

}  // namespace kms::rtc
