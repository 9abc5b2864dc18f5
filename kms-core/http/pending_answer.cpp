// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/pending_answer.hpp"

#include <utility>

namespace kms::http {
namespace {

void set_response(SoupServerMessage* message, const Response& response) {
  auto* headers = soup_server_message_get_response_headers(message);
  for (const auto& [name, value] : response.headers)
    soup_message_headers_replace(headers, name.c_str(), value.c_str());
  soup_server_message_set_response(message, response.type.c_str(), SOUP_MEMORY_COPY, response.body.data(),
                                   response.body.size());
  soup_server_message_set_status(message, response.status, nullptr);
}

}  // namespace

void AnswerLoop::post(Task task) {
  const std::lock_guard lock(mutex_);
  if (loop_ != nullptr) loop_->post(std::move(task));
}

void AnswerLoop::close() {
  const std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

PendingAnswer::PendingAnswer(std::shared_ptr<AnswerLoop> loop, SoupServerMessage* message)
    : loop_(std::move(loop)), message_(static_cast<SoupServerMessage*>(g_object_ref(message))) {
  soup_server_message_pause(message);
}

PendingAnswer::~PendingAnswer() {
  if (message_) send({.status = 500, .body = "the request was dropped\n"});
}

void PendingAnswer::send(Response response) {
  loop_->post([message = std::move(message_), response = std::move(response)] {
    set_response(message.get(), response);
    soup_server_message_unpause(message.get());
  });
}

}  // namespace kms::http
