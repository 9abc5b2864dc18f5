// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "kms-core/rtc/dtls/openssl.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// OpenSSL's idea of a socket: each write is one datagram to `send`, and a read gives the one datagram that
// was put in front of it. A memory BIO would glue the datagrams of a flight together. It must outlive its
// BIO.
class DatagramBio {
 public:
  using Send = std::function<void(Bytes datagram)>;

  explicit DatagramBio(Send send) : send_(std::move(send)) {}
  DatagramBio(const DatagramBio&) = delete;
  DatagramBio& operator=(const DatagramBio&) = delete;

  // A BIO that reads and writes here; nothing if OpenSSL fails.
  openssl::Ptr<BIO> make_bio();

  // What the next read gives; the bytes must stay until then. An empty span: nothing there.
  void set_incoming(Bytes datagram) { incoming_ = datagram; }
  size_t sent() const { return sent_; }

 private:
  static int on_write(BIO* bio, const char* data, int size);
  static int on_read(BIO* bio, char* data, int size);
  static long on_control(BIO* bio, int command, long number, void* pointer);
  static BIO_METHOD* method();

  Send send_;
  Bytes incoming_;
  size_t sent_ = 0;
};

}  // namespace kms::rtc
