// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "kms-core/base/worker_pool.hpp"

namespace kms::http {

// Who may publish and who may watch, by bearer tokens (RFC 6750) in files of the operator's: a line is a
// token for all rooms, or a room's name and a token for it; what begins with # is a comment. Files are read
// for each request, so that tokens can be changed. HTTP loop.
class Tokens {
 public:
  struct Files {
    std::string publish;  // empty: everybody may
    std::string watch;
  };
  // `post` brings answers to the HTTP loop.
  Tokens(WorkerPool& workers, Files files, std::function<void(Task)> post)
      : workers_(workers), files_(std::move(files)), post_(std::move(post)) {}

  struct Claim {
    bool publishes = false;
    std::string room;
    std::string authorization;  // the header's value; empty: none
  };
  // Answers on the HTTP loop, at once where no token is needed. Errors: TOKEN_MISSING, TOKEN_WRONG,
  // TOKENS_UNREADABLE.
  void check(const Claim& claim, Done done);

 private:
  WorkerPool& workers_;
  const Files files_;
  const std::function<void(Task)> post_;
};

// Whether a file's text has the token for the room. Takes as long for any token that is not in it.
bool has_token(const std::string& text, const std::string& room, const std::string& token);

}  // namespace kms::http
