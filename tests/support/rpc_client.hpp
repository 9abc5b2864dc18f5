// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kms/v1/element.grpc.pb.h"
#include "kms/v1/graph.grpc.pb.h"
#include "kms/v1/session.grpc.pb.h"

namespace kms::test {

// How a call ended, with what kms says besides gRPC's code.
struct Outcome {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string reason = {};
  std::string resource = {};
  std::map<std::string, std::string> metadata = {};
  std::string message = {};

  bool ok() const { return code == grpc::StatusCode::OK; }
};
Outcome outcome_of(const grpc::Status& status);

// "OK", or code and reason: "NOT_FOUND/SESSION_NOT_FOUND".
std::string to_text(const Outcome& outcome);
std::string to_text(const grpc::Status& status);

// Plain calls to a server, each with a deadline of 40 s; what is answered last is kept.
class RpcClient {
 public:
  // With `buffer_bytes` the client takes no more than about that much before it is read.
  explicit RpcClient(const std::string& address, int buffer_bytes = 0);

  template <typename Stub, typename Request, typename Response>
  std::string call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    set_deadline(context);
    last = outcome_of((stub.*method)(&context, request, response));
    return to_text(last);
  }

  // Each answers "OK" or code and reason.
  std::string create_session(const v1::CreateSessionRequest& request, v1::Session* session = nullptr);
  std::string create_session(const std::string& id, int lease_seconds = 30);
  std::string delete_session(const std::string& name);
  std::string get_session(const std::string& name);
  std::string create_element(const v1::CreateElementRequest& request, v1::Element* element = nullptr);
  std::string create_pass_through(const std::string& session, const std::string& id);
  std::string delete_element(const std::string& name);
  std::string connect(const std::string& session, const v1::LinkSpec& link);
  std::string connect(const std::string& session, const std::string& source, const std::string& sink);
  std::string apply(const v1::ApplyGraphRequest& request, v1::ApplyGraphResponse* response);

  static void set_deadline(grpc::ClientContext& context);
  // A stream is open for as long as a test on a slow machine may take.
  static void set_deadline_of_stream(grpc::ClientContext& context);

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::SessionService::Stub> sessions;
  std::unique_ptr<v1::ElementService::Stub> elements;
  std::unique_ptr<v1::GraphService::Stub> graph;
  Outcome last;
};

// A session's events as they come.
class EventReader {
 public:
  EventReader(RpcClient& client, const std::string& session, uint64_t after_sequence = 0);
  ~EventReader();  // cancels the stream

  // Waits until the server has taken the subscription, or refused it.
  void wait_until_subscribed() { reader_->WaitForInitialMetadata(); }
  // The next event; nothing at the end of the stream.
  bool next(v1::Event& event);
  std::vector<v1::Event> rest();
  // After the last event: how the stream ended. One of the two, once.
  Outcome outcome();
  std::string end();

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::Event>> reader_;
};

}  // namespace kms::test
