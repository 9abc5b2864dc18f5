// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/graph/session_store.hpp"

namespace kms::rpc {

// One page of the server's sessions, each described on its own control loop, one after the other.
// Errors: INVALID_PAGE_TOKEN.
void list_sessions(graph::SessionStore& sessions, const v1::ListSessionsRequest& request,
                   Reply<v1::ListSessionsResponse> reply);

}  // namespace kms::rpc
