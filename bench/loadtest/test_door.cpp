// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/test_door.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <future>

#include "kms-core/rtc/net/udp_socket.hpp"

namespace kms::rtc::loadtest::test {
namespace {

constexpr char kAway[] = "/away";

SocketAddress loopback() { return *SocketAddress::parse("127.0.0.1", 0); }

std::string reply(std::string_view status, std::string_view fields, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\n{}Content-Length: {}\r\n\r\n{}", status, fields, body.size(), body);
}

// With each candidate's port replaced.
std::string led_to(std::string sdp, uint16_t port) {
  const std::string before = " 127.0.0.1 ";
  for (size_t at = 0; (at = sdp.find(before, at)) != std::string::npos; ++at) {
    const auto begin = at + before.size();
    sdp.replace(begin, sdp.find(' ', begin) - begin, std::to_string(port));
  }
  return sdp;
}

size_t length_in(const std::string& head) {
  const std::string name = "Content-Length: ";
  const auto at = head.find(name);
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
}

}  // namespace

TestDoor::TestDoor(Mood mood)
    : mood_(mood),
      server_(std::move(*Server::start({.threads = 1, .announced = {"127.0.0.1"}, .tcp = false}))),
      listener_(std::move(*open_tcp_listener(loopback()))),
      nobody_(std::move(*open_udp(loopback(), {}))),
      thread_([this] { run(); }) {}

// Nobody is there to be accepted any more when the listener has been shut down.
TestDoor::~TestDoor() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

std::string TestDoor::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", local_port(listener_.get()), path);
}

void TestDoor::run() {
  for (;;) {
    pollfd wait{listener_.get(), POLLIN, 0};
    poll(&wait, 1, -1);
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection.valid()) return;
    serve(std::move(connection));
  }
}

TestDoor::Request TestDoor::read(int connection) {
  std::string text;
  size_t head = std::string::npos;
  char buffer[4096];
  while (head == std::string::npos || text.size() < head + 4 + length_in(text.substr(0, head))) {
    const auto size = ::recv(connection, buffer, sizeof buffer, 0);
    if (size <= 0) return {};
    text.append(buffer, static_cast<size_t>(size));
    head = text.find("\r\n\r\n");
  }
  const auto method_ends = text.find(' ');
  const auto path_ends = text.find(' ', method_ends + 1);
  return {text.substr(0, method_ends), text.substr(method_ends + 1, path_ends - method_ends - 1),
          text.substr(head + 4)};
}

void TestDoor::serve(UniqueFd connection) {
  const auto request = read(connection.get());
  if (mood_ == Mood::kSaysNothing) return unanswered_.push_back(std::move(connection));
  const auto text = reply_to(request);
  for (size_t sent = 0; sent < text.size();) {
    const auto size = ::send(connection.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return;
    sent += static_cast<size_t>(size);
  }
}

std::string TestDoor::reply_to(const Request& request) {
  if (mood_ == Mood::kRefuses) return reply("503 Service Unavailable", "", "SERVER_FULL: come back later");
  if (request.method == "POST" && leads_on(request.path))
    return reply("307 Temporary Redirect", fmt::format("Location: {}\r\n", url(kAway + request.path)), "");
  if (request.method == "POST") return join(request);
  if (participants_.erase(request.path) == 0) return reply("404 Not Found", "", "");
  --present_;
  ++deleted_;
  return reply("200 OK", "", "");
}

bool TestDoor::leads_on(const std::string& path) const {
  return mood_ == Mood::kLeadsInCircles || (mood_ == Mood::kLeadsAway && !path.starts_with(kAway));
}

// A publisher's sources are its room's; a viewer gets what there is of them.
std::string TestDoor::join(const Request& request) {
  const auto name = fmt::format("/session/{}", ++last_);
  const auto room = request.path.substr(request.path.rfind('/'));
  const bool publishes = request.path.find("/whip/") != std::string::npos;
  Participant participant{server_->create_peer({}), {}};
  if (!publishes) {
    for (const auto& source : rooms_[room])
      participant.consumers.push_back(participant.peer->consume(source));
  }
  std::promise<Result<Answer>> promise;
  participant.peer->answer(request.body,
                           [&](Result<Answer> answer) { promise.set_value(std::move(answer)); });
  const auto answer = promise.get_future().get();
  if (!answer.ok()) return reply("400 Bad Request", "", reason_of(answer.status()));
  if (publishes) rooms_[room] = answer->sources;
  participants_[name] = std::move(participant);
  ++present_;
  const auto sdp =
      mood_ == Mood::kIsSomewhereElse ? led_to(answer->sdp, local_port(nobody_.get())) : answer->sdp;
  return reply("201 Created", fmt::format("Location: {}\r\nContent-Type: application/sdp\r\n", name), sdp);
}

}  // namespace kms::rtc::loadtest::test
