// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/idempotent.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

namespace kms::rpc {

std::string canonical_bytes(const google::protobuf::Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);  // maps in order of their keys
    request.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace kms::rpc
