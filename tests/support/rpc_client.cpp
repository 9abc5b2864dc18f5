// SPDX-License-Identifier: Apache-2.0
#include "tests/support/rpc_client.hpp"

#include "kms/pass_through/v1/pass_through.pb.h"
#include "kms/v1/error.pb.h"

namespace kms::test {
namespace {

std::string code_name(grpc::StatusCode code) {
  static const char* const kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return kNames[code];
}

}  // namespace

Outcome outcome_of(const grpc::Status& status) {
  Outcome outcome{.code = status.error_code(), .message = status.error_message()};
  v1::RpcStatus details;
  v1::ErrorDetail detail;
  details.ParseFromString(status.error_details());
  if (details.details_size() == 1 && details.details(0).UnpackTo(&detail)) {
    outcome.reason = detail.reason();
    outcome.resource = detail.resource();
    outcome.metadata = {detail.metadata().begin(), detail.metadata().end()};
  }
  return outcome;
}

std::string to_text(const Outcome& outcome) {
  return outcome.reason.empty() ? code_name(outcome.code) : code_name(outcome.code) + "/" + outcome.reason;
}

std::string to_text(const grpc::Status& status) { return to_text(outcome_of(status)); }

RpcClient::RpcClient(const std::string& address, int buffer_bytes) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  // Clients of one process must not share a connection: one shall vanish without the others.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (buffer_bytes != 0) {
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, buffer_bytes);
  }
  channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  sessions = v1::SessionService::NewStub(channel);
  elements = v1::ElementService::NewStub(channel);
  graph = v1::GraphService::NewStub(channel);
}

void RpcClient::set_deadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(40));
}

void RpcClient::set_deadline_of_stream(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(100));
}

std::string RpcClient::create_session(const v1::CreateSessionRequest& request, v1::Session* session) {
  v1::CreateSessionResponse response;
  auto text = call(*sessions, &v1::SessionService::Stub::CreateSession, request, &response);
  if (session != nullptr) *session = response.session();
  return text;
}

std::string RpcClient::create_session(const std::string& id, int lease_seconds) {
  v1::CreateSessionRequest request;
  request.set_session_id(id);
  request.mutable_lease()->set_seconds(lease_seconds);
  return create_session(request);
}

std::string RpcClient::delete_session(const std::string& name) {
  v1::DeleteSessionRequest request;
  request.set_name(name);
  v1::DeleteSessionResponse response;
  return call(*sessions, &v1::SessionService::Stub::DeleteSession, request, &response);
}

std::string RpcClient::get_session(const std::string& name) {
  v1::GetSessionRequest request;
  request.set_name(name);
  v1::GetSessionResponse response;
  return call(*sessions, &v1::SessionService::Stub::GetSession, request, &response);
}

std::string RpcClient::create_element(const v1::CreateElementRequest& request, v1::Element* element) {
  v1::CreateElementResponse response;
  auto text = call(*elements, &v1::ElementService::Stub::CreateElement, request, &response);
  if (element != nullptr) *element = response.element();
  return text;
}

std::string RpcClient::create_pass_through(const std::string& session, const std::string& id) {
  v1::CreateElementRequest request;
  request.set_parent(session);
  request.mutable_element()->set_element_id(id);
  request.mutable_element()->mutable_options()->PackFrom(pass_through::v1::PassThroughOptions());
  return create_element(request);
}

std::string RpcClient::delete_element(const std::string& name) {
  v1::DeleteElementRequest request;
  request.set_name(name);
  v1::DeleteElementResponse response;
  return call(*elements, &v1::ElementService::Stub::DeleteElement, request, &response);
}

std::string RpcClient::connect(const std::string& session, const v1::LinkSpec& link) {
  v1::ConnectRequest request;
  request.set_parent(session);
  *request.mutable_link() = link;
  v1::ConnectResponse response;
  return call(*graph, &v1::GraphService::Stub::Connect, request, &response);
}

std::string RpcClient::connect(const std::string& session, const std::string& source,
                               const std::string& sink) {
  v1::LinkSpec link;
  link.set_source(source);
  link.set_sink(sink);
  return connect(session, link);
}

std::string RpcClient::apply(const v1::ApplyGraphRequest& request, v1::ApplyGraphResponse* response) {
  return call(*graph, &v1::GraphService::Stub::ApplyGraph, request, response);
}

EventReader::EventReader(RpcClient& client, const std::string& session, uint64_t after_sequence) {
  RpcClient::set_deadline_of_stream(context_);
  v1::SubscribeEventsRequest request;
  request.set_name(session);
  request.set_after_sequence(after_sequence);
  reader_ = client.sessions->SubscribeEvents(&context_, request);
}

EventReader::~EventReader() { context_.TryCancel(); }

bool EventReader::next(v1::Event& event) { return reader_->Read(&event); }

std::vector<v1::Event> EventReader::rest() {
  std::vector<v1::Event> events;
  v1::Event event;
  while (next(event)) events.push_back(event);
  return events;
}

Outcome EventReader::outcome() { return outcome_of(reader_->Finish()); }

std::string EventReader::end() { return to_text(outcome()); }

}  // namespace kms::test
