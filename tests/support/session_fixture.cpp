// SPDX-License-Identifier: Apache-2.0
#include "tests/support/session_fixture.hpp"

#include <condition_variable>
#include <mutex>

#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using namespace std::chrono_literals;

v1::Session description(const LiveSession::Setup& setup) {
  v1::Session out;
  out.set_name("sessions/test");
  out.set_refuse_transcoding(setup.refuse_transcoding);
  out.set_max_audible(setup.max_audible);
  return out;
}

v1::LinkSpec link(const std::string& source, const std::string& sink) {
  v1::LinkSpec out;
  out.set_source(source);
  out.set_sink(sink);
  return out;
}

}  // namespace

LiveSession::LiveSession(Setup setup) : config_(std::move(setup.config)) {
  gst::init();
  if (setup.declare) setup.declare(catalog_);
  session_ = std::make_unique<graph::Session>(environment_, loops_.next(), description(setup));
  subscription_ = *session_->events().subscribe(0, [this] {
    const std::lock_guard lock(mutex_);
    wake_ = true;
    woken_.notify_all();
  });
}

LiveSession::~LiveSession() {
  EXPECT_TRUE(close().ok());
  session_->events().unsubscribe(subscription_);
  Loop& loop = session_->loop();
  loop.run([&] { session_.reset(); });
  loops_.flush();  // elements are destroyed on their loop, and may need workers to the end
}

Result<v1::ApplyGraphResponse> LiveSession::apply(
    const std::vector<v1::ElementSpec>& elements,
    const std::vector<std::pair<std::string, std::string>>& links) {
  v1::ApplyGraphRequest request;
  for (const auto& spec : elements) *request.add_elements() = spec;
  for (const auto& [from, to] : links) *request.add_links() = link(from, to);
  return on_loop([&](graph::Session& s) { return s.apply(request); });
}

Status LiveSession::connect(const std::string& source, const std::string& sink) {
  return on_loop([&](graph::Session& s) { return s.connect(link(source, sink)).status(); });
}

Status LiveSession::disconnect(const std::string& source, const std::string& sink) {
  return on_loop([&](graph::Session& s) { return s.disconnect(link(source, sink)).status(); });
}

Status LiveSession::remove(const std::string& id) {
  std::promise<Status> gone;
  session_->loop().post(
      [&] { session_->delete_element(element(id), [&](const Status& s) { gone.set_value(s); }); });
  return gone.get_future().get();
}

Status LiveSession::close(const std::string& reason) {
  std::promise<Status> closed;
  session_->loop().post([&] { session_->close(reason, [&](const Status& s) { closed.set_value(s); }); });
  return closed.get_future().get();
}

v1::GetGraphResponse LiveSession::graph() {
  return on_loop([](graph::Session& s) { return s.graph(); });
}

v1::GetStatsResponse LiveSession::stats() {
  return on_loop([](graph::Session& s) { return *s.stats(s.name()); });
}

uint64_t LiveSession::frames_at(const std::string& sink) {
  const auto all = stats();
  for (const auto& link : all.links()) {
    if (link.link().sink() == element(sink)) return link.frames();
  }
  return 0;
}

void LiveSession::take_events() {
  for (auto item = subscription_->next(); item.event; item = subscription_->next())
    events_.push_back(*item.event);
}

v1::Event LiveSession::await(const std::function<bool(const v1::Event&)>& fits,
                             std::chrono::milliseconds patience) {
  v1::Event found;
  const bool came = eventually(
      [&] {
        take_events();
        while (seen_ < events_.size()) {
          found = events_[seen_++];
          if (fits(found)) return true;
        }
        return false;
      },
      patience);
  EXPECT_TRUE(came) << "the event did not come";
  return came ? found : v1::Event();
}

bool LiveSession::eventually(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, 20ms, [this] { return std::exchange(wake_, false); });
  }
  return true;
}

bool LiveSession::rest() {
  return test::eventually([this] { return workers_.threads() == kWorkers.kept; });
}

std::vector<v1::Event> LiveSession::events() {
  take_events();
  return events_;
}

}  // namespace kms::test
