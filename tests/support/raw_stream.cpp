// SPDX-License-Identifier: Apache-2.0
#include "tests/support/raw_stream.hpp"

namespace kms::test {

RawStream::RawStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::string& message)
    : stub_(channel) {
  context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(100));
  call_ = stub_.PrepareCall(&context_, method, &queue_);
  call_->StartCall(this);
  if (!step()) return;
  const grpc::Slice slice(message);
  call_->WriteLast(grpc::ByteBuffer(&slice, 1), {}, this);
  (void)step();
}

RawStream::~RawStream() {
  context_.TryCancel();
  grpc::Status status;
  call_->Finish(&status, this);
  (void)step();
}

bool RawStream::step() {
  void* tag = nullptr;
  bool good = false;
  return queue_.Next(&tag, &good) && good;
}

std::optional<std::string> RawStream::read() {
  grpc::ByteBuffer buffer;
  call_->Read(&buffer, this);
  if (!step()) return std::nullopt;
  grpc::Slice slice;
  if (!buffer.DumpToSingleSlice(&slice).ok()) return std::nullopt;
  return std::string(slice.begin(), slice.end());
}

}  // namespace kms::test
