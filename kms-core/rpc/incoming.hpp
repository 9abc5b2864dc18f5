// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "kms-core/base/task.hpp"
#include "kms-core/rpc/unary_call.hpp"

namespace kms::rpc {

// What a generated service method is given, as one value that can travel to a control loop and back.
template <typename Request, typename Response>
class Incoming {
 public:
  Incoming(grpc::CallbackServerContext* context, const Request* request, Response* response)
      : call_(UnaryCall::make<UnaryCall>(context->deadline())),
        request_(request),
        response_(response),
        answer_(std::make_shared<Answer>(*call_)) {}

  grpc::ServerUnaryReactor* reactor() const { return call_; }  // valid until answered
  const Request& request() const { return *request_; }

  // Field 1 of every request is the name of the resource that it is about; empty for the server itself.
  std::string resource() const {
    if constexpr (requires(const Request& request) { request.name(); }) {
      return request_->name();
    } else if constexpr (requires(const Request& request) { request.parent(); }) {
      return request_->parent();
    } else {
      return {};
    }
  }

  // False: the work need not begin. A call with a request id is always done, as it is going to be repeated.
  bool is_wanted() const {
    if constexpr (requires(const Request& request) { request.request_id(); }) {
      if (!request_->request_id().empty()) return true;
    }
    return answer_->is_wanted();
  }

  void drop() const { answer_->drop(); }
  void fail(const Status& status) const { answer_->send(about(status, resource())); }
  void succeed(Response&& response) const {
    *response_ = std::move(response);
    answer_->send(ok());
  }
  void finish(Result<Response> result) const {
    result.ok() ? succeed(*std::move(result)) : fail(result.status());
  }
  Reply<Response> reply() const {
    return [incoming = *this](Result<Response> result) { incoming.finish(std::move(result)); };
  }

 private:
  UnaryCall* call_;
  const Request* request_;
  Response* response_;
  std::shared_ptr<Answer> answer_;  // shared by the gRPC thread that posts and the control loop that answers
};

}  // namespace kms::rpc
