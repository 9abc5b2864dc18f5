// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gio/gio.h>

#include <string>
#include <vector>

#include "elements/webrtc_client/settings.hpp"

namespace kms::webrtc_client {

// What a WHIP or WHEP server is told and says, over HTTP. All of it blocks; on a thread that has a
// GMainContext of its own as default.

// What came of an offer.
struct Welcome {
  std::string answer;
  std::string resource;                  // URI to DELETE; empty: the server named none
  std::vector<std::string> ice_servers;  // as webrtcbin wants them, addresses checked
};

// POSTs the offer; follows five redirections. Errors: URI_NOT_ALLOWED, SERVER_UNREACHABLE, SERVER_REFUSED,
// UNAUTHORIZED, NOT_FOUND, ANSWER_INVALID; metadata: retry_after, in seconds, where the server says so.
Result<Welcome> post_offer(const Settings& settings, const std::string& offer, GCancellable* cancellable);

// Says goodbye. What becomes of it nobody asks.
void delete_resource(const Settings& settings, const std::string& resource, GCancellable* cancellable);

// ICE servers as webrtcbin wants them: names are looked up here and never again. Errors: URI_NOT_ALLOWED,
// SERVER_UNREACHABLE.
Result<std::vector<std::string>> resolved(const std::vector<IceServer>& servers, const AddressPolicy& policy,
                                          GCancellable* cancellable);

}  // namespace kms::webrtc_client
