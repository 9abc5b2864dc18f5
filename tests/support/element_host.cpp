// SPDX-License-Identifier: Apache-2.0
#include "tests/support/element_host.hpp"

#include <glib.h>

#include <algorithm>

#include "kms-core/gst/init.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::test {

FakeHost::FakeHost(Config config) : config_(std::move(config)), uploads_(*storage::Uploads::start(config_)) {
  gst::init();
}

FakeHost::~FakeHost() {
  on_loop([this] { processing_.reset(); });
  on_loop([] {});  // what was posted meanwhile may need the workers
}

bool FakeHost::wait_for(const std::string& part, size_t times) const {
  return events_.wait([&](const auto& events) {
    return static_cast<size_t>(std::count_if(events.begin(), events.end(), [&](const std::string& event) {
             return event.find(part) != std::string::npos;
           })) >= times;
  });
}

bool FakeHost::rest() {
  g_thread_pool_set_max_unused_threads(0);
  return eventually([this] { return workers_.threads() == kWorkers.kept; });
}

Status FakeHost::call(const std::function<void(Done)>& start) {
  auto answer = std::make_shared<Watched<std::optional<Status>>>();  // the answer may come after we gave up
  on_loop([&] {
    start([answer](const Status& status) { answer->change([&](auto& value) { value = status; }); });
  });
  if (!answer->wait([](const auto& value) { return value.has_value(); })) {
    return error(StatusCode::kDeadlineExceeded, "TEST_PATIENCE", "no answer");
  }
  return *answer->copy();
}

gst::Pipeline& FakeHost::processing() {
  if (!processing_) {
    processing_ = std::make_unique<gst::Pipeline>("processing", gst::Pipeline::Where{loop_, workers_});
    processing_->start([](const Status&) {});
  }
  return *processing_;
}

rtc::Server& FakeHost::rtc() {
  if (!rtc_) rtc_ = start_rtc();
  return *rtc_;
}

void FakeHost::emit(const google::protobuf::Message& event) {
  say(std::string(event.GetDescriptor()->full_name()) + " {" + event.ShortDebugString() + "}");
}

void FakeHost::fail(const Status& status) {
  say("ElementError " + reason_of(status) + ": " + message_of(status));
}

void FakeHost::ports_changed() {
  plan();
  say("PortsChanged");
}

void FakeHost::say(const std::string& event) {
  events_.change([&](auto& events) { events.push_back(event); });
}

}  // namespace kms::test
