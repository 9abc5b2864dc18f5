// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libsoup/soup.h>

#include <memory>
#include <mutex>

#include "kms-core/base/loop.hpp"
#include "kms-core/http/http_message.hpp"

namespace kms::http {

// Where answers are brought: the server's loop, as long as it is there. Any thread.
class AnswerLoop {
 public:
  explicit AnswerLoop(Loop& loop) : loop_(&loop) {}
  void post(Task task);
  void close();

 private:
  std::mutex mutex_;
  Loop* loop_;  // guarded by mutex_
};

// A paused request that waits for its answer. Made on the loop; answered or dropped on any thread.
class PendingAnswer {
 public:
  PendingAnswer(std::shared_ptr<AnswerLoop> loop, SoupServerMessage* message);
  PendingAnswer(PendingAnswer&&) noexcept = default;
  PendingAnswer& operator=(PendingAnswer&&) noexcept = default;
  ~PendingAnswer();

  void send(Response response);  // once

 private:
  struct Unref {
    void operator()(SoupServerMessage* message) const { g_object_unref(message); }
  };
  std::shared_ptr<AnswerLoop> loop_;  // shared with the server, which may be gone before the answer comes
  std::unique_ptr<SoupServerMessage, Unref> message_;
};

}  // namespace kms::http
