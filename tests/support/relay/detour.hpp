// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "kms-core/rtc/net/socket_address.hpp"

namespace kms::test {

// How a peer's media is made to take a relay: the relay is started with the address in the server's
// description, and the peer is given that description with the relay's address in it. Of the peer's own
// candidates nothing need be changed, because a lite agent sends to where checks came from.
//
//   auto relay = Relay::start({.target = *udp_address_in(answer), .down = {.loss = 0.05}});
//   peer takes detour(answer, (*relay)->address());

// The address of the first UDP candidate; without candidates that of the first m-line (c= and m=). Reasons:
// NO_ADDRESS.
Result<rtc::SocketAddress> udp_address_in(std::string_view sdp);

// The description with one UDP candidate in place of all there are, TCP ones among them, in each m-line.
std::string detour(std::string_view sdp, const rtc::SocketAddress& relay);

}  // namespace kms::test
