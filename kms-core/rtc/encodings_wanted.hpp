// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace kms::rtc {

// Of one track of pictures that a peer sends: which of its encodings somebody would have.
struct EncodingsWanted {
  struct Encoding {
    std::string rid;  // empty: the only one
    bool wanted = true;
  };
  std::string mid;
  std::vector<Encoding> encodings;  // all, as the peer named them
};

}  // namespace kms::rtc
