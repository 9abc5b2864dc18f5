// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/http_exchange.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

namespace kms::rtc::loadtest {
namespace {

std::string request_text(const HttpRequest& request) {
  auto text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", request.method,
                          request.target.path, request.target.host);
  if (!request.token.empty()) text += fmt::format("Authorization: Bearer {}\r\n", request.token);
  if (request.body.empty()) return text + "\r\n";
  return text + fmt::format("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{}",
                            request.body.size(), request.body);
}

Status unreachable(const char* what, int code) {
  return error(StatusCode::kUnavailable, "HTTP_UNREACHABLE",
               fmt::format("the server cannot be {}: {}", what, std::strerror(code)));
}

bool may_go_on(int code) { return code == EAGAIN || code == EINTR || code == EINPROGRESS; }

int error_of(int socket) {
  int code = 0;
  socklen_t size = sizeof code;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

}  // namespace

HttpExchange::HttpExchange(EventLoop& loop, const HttpRequest& request, Done done)
    : loop_(loop), done_(std::move(done)), unsent_(request_text(request)) {
  begin(request.target.address);
}

HttpExchange::~HttpExchange() {
  if (socket_.valid()) loop_.unwatch(socket_.get());
}

// What fails at once is told from the loop as well, when the socket says so.
void HttpExchange::begin(const SocketAddress& server) {
  socket_ = UniqueFd(::socket(server.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int at_once = 1;
  setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  [[maybe_unused]] const int pending = ::connect(socket_.get(), server.data(), server.size());
  [[maybe_unused]] const auto status =
      loop_.watch(socket_.get(), EPOLLIN | EPOLLOUT, [this](uint32_t events) { on_event(events); });
}

void HttpExchange::on_event(uint32_t events) {
  if (events & EPOLLERR) return finish(unreachable("reached", error_of(socket_.get())));
  if (!unsent_.empty() && (events & EPOLLOUT)) return write();
  if (events & (EPOLLIN | EPOLLHUP)) read();
}

void HttpExchange::write() {
  const auto sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (!may_go_on(errno)) finish(unreachable("written to", errno));
    return;
  }
  unsent_.erase(0, static_cast<size_t>(sent));
  if (unsent_.empty()) loop_.change(socket_.get(), EPOLLIN);
}

void HttpExchange::read() {
  char buffer[16384];
  const auto size = ::recv(socket_.get(), buffer, sizeof buffer, 0);
  if (size < 0) {
    if (!may_go_on(errno)) finish(unreachable("read from", errno));
    return;
  }
  received_.append(buffer, static_cast<size_t>(size));
  auto reply = read_http_reply(received_, size == 0);
  if (!reply.ok()) return finish(reply.status());
  if (*reply) finish(std::move(**reply));
}

void HttpExchange::finish(Result<HttpReply> result) {
  loop_.unwatch(socket_.get());
  socket_ = UniqueFd();
  const auto done = std::move(done_);  // it may destroy us
  done(std::move(result));
}

}  // namespace kms::rtc::loadtest
