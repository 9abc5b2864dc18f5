// SPDX-License-Identifier: Apache-2.0
// A client that can be killed or stopped: subscribes to a session's events, says so, and reads until the end.
//   kms-event-client HOST:PORT sessions/x
#include <cstdio>

#include "tests/support/rpc_client.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  kms::test::RpcClient client(argv[1]);
  grpc::ClientContext context;
  kms::v1::SubscribeEventsRequest request;
  request.set_name(argv[2]);
  const auto reader = client.sessions->SubscribeEvents(&context, request);
  reader->WaitForInitialMetadata();
  std::puts("subscribed");
  std::fflush(stdout);
  kms::v1::Event event;
  while (reader->Read(&event)) continue;
  return reader->Finish().ok() ? 0 : 1;
}
