// SPDX-License-Identifier: Apache-2.0
#include "tests/support/hostile/raw_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace kms::test::hostile {

std::string RawServer::Connection::read_request() const {
  std::string request;
  char byte = 0;
  while (!request.ends_with("\r\n\r\n") && recv(fd_, &byte, 1, 0) == 1) request += byte;
  return request;
}

bool RawServer::Connection::send(const std::string& bytes) const {
  for (size_t done = 0; done < bytes.size();) {
    const auto count = ::send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

void RawServer::Connection::wait_until_closed() const {
  char byte = 0;
  while (recv(fd_, &byte, 1, 0) > 0) {
  }
}

RawServer::RawServer(Script script, const std::string& address) : script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &own.sin_addr);
  socklen_t size = sizeof own;
  auto* any = reinterpret_cast<sockaddr*>(&own);
  if (bind(listener_, any, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, any, &size) != 0) {
    throw std::runtime_error("no server on " + address);
  }
  port_ = ntohs(own.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
  over_ = true;
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  close(listener_);
}

std::string RawServer::uri(const std::string& host) const {
  return fmt::format("http://{}:{}/x", host, port_);
}

std::string RawServer::address() const { return fmt::format("127.0.0.1:{}", port_); }

void RawServer::accept_all() {
  while (!over_) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int little = 16'384;  // what was sent was taken, not left waiting in the kernel
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number = count_++] { serve(fd, number); });
  }
}

void RawServer::serve(int fd, size_t number) {
  script_(Connection(fd, number));
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  close(fd);
}

RangeServer::RangeServer(std::string content, std::function<size_t(size_t number)> cut_after)
    : content_(std::move(content)),
      cut_after_(std::move(cut_after)),
      server_([this](const RawServer::Connection& connection) { answer(connection); }) {}

std::vector<RangeServer::Request> RangeServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void RangeServer::note(size_t index, size_t sent) {
  const std::lock_guard lock(mutex_);
  requests_[index].sent = sent;
}

void RangeServer::answer(const RawServer::Connection& connection) {
  constexpr size_t kPiece = 16'384;
  const auto request = connection.read_request();
  const auto range = request.find("bytes=");
  const size_t offset = range == std::string::npos ? 0 : std::stoul(request.substr(range + 6));
  size_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    index = requests_.size();
    requests_.push_back({offset, 0});
  }
  const auto most = std::min(cut_after_(connection.number()), content_.size() - offset);
  if (!connection.send(fmt::format("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{}\r\n"
                                   "Content-Length: {}\r\nETag: \"1\"\r\nConnection: close\r\n\r\n",
                                   offset, content_.size() - 1, content_.size(), content_.size() - offset))) {
    return;
  }
  for (size_t sent = 0; sent < most;) {
    const auto piece = std::min(kPiece, most - sent);
    if (!connection.send(content_.substr(offset + sent, piece))) return;
    note(index, sent += piece);
  }
}

}  // namespace kms::test::hostile
