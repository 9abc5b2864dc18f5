// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/datagram_bio.hpp"

#include <algorithm>
#include <cstring>

namespace kms::rtc {

openssl::Ptr<BIO> DatagramBio::make_bio() {
  openssl::Ptr<BIO> bio(method() ? BIO_new(method()) : nullptr);
  if (!bio) return bio;
  BIO_set_data(bio.get(), this);
  BIO_set_init(bio.get(), 1);
  return bio;
}

int DatagramBio::on_write(BIO* bio, const char* data, int size) {
  auto* self = static_cast<DatagramBio*>(BIO_get_data(bio));
  ++self->sent_;
  self->send_({reinterpret_cast<const uint8_t*>(data), static_cast<size_t>(size)});
  return size;
}

int DatagramBio::on_read(BIO* bio, char* data, int size) {
  auto* self = static_cast<DatagramBio*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self->incoming_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const size_t count = std::min(self->incoming_.size(), static_cast<size_t>(size));
  std::memcpy(data, self->incoming_.data(), count);
  self->incoming_ = {};
  return static_cast<int>(count);
}

// Whatever is not known here must be answered with 0: libssl reads a 1 to its kernel-TLS questions as yes.
long DatagramBio::on_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO_METHOD* DatagramBio::method() {
  static const openssl::Ptr<BIO_METHOD> method = [] {
    openssl::Ptr<BIO_METHOD> made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kms datagrams"));
    if (made) {
      BIO_meth_set_write(made.get(), on_write);
      BIO_meth_set_read(made.get(), on_read);
      BIO_meth_set_ctrl(made.get(), on_control);
    }
    return made;
  }();
  return method.get();
}

}  // namespace kms::rtc
