// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>
#include <string_view>
#include <utility>

#include "kms-core/graph/duration.hpp"

namespace kms::webrtc_client {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 7> kFinal{
    "URI_NOT_ALLOWED", "UNAUTHORIZED",   "CODEC_UNSUPPORTED", "CERTIFICATE_MISMATCH",
    "PIPELINE_STUCK",  "PLUGIN_MISSING", "INVALID_OPTIONS"};

bool is_final(const Status& why) { return std::ranges::find(kFinal, reason_of(why)) != kFinal.end(); }

// What the server asked for (Retry-After).
milliseconds asked_for(const Status& why) {
  const auto metadata = info_of(why).metadata;
  const auto found = metadata.find("retry_after");
  if (found == metadata.end()) return milliseconds(0);
  unsigned seconds = 0;
  const auto& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(seconds);
}

}  // namespace

Client::Client(graph::ElementHost& host, Settings settings, Owner owner)
    : host_(host),
      settings_(std::make_shared<const Settings>(std::move(settings))),
      owner_(std::move(owner)) {}

void Client::start(Done done) {
  if (!stuck_.ok()) return done(stuck_);
  if (state_ == v1::STATE_CONNECTED) return done(ok());
  starting_.push_back(std::move(done));
  if (state_ == v1::STATE_CONNECTING || state_ == v1::STATE_RECONNECTING) return;
  failed_ = 0;
  enter(v1::STATE_CONNECTING);
  connect();
}

void Client::connect() {
  connection_ =
      std::make_unique<Connection>(host_, settings_, owner_.plan, static_cast<Connection::Listener&>(*this));
}

void Client::connected(const Agreement& agreement) {
  failed_ = 0;
  owner_.on_connected(agreement, *connection_);
  enter(v1::STATE_CONNECTED);
  answer(ok());
}

void Client::lost(const Status& why) {
  let_go();
  if (!try_again(why)) end(why, v1::STATE_FAILED);
}

// False: that was the last one, or none would help.
bool Client::try_again(const Status& why) {
  const bool enough = settings_->attempts > 0 && failed_ >= settings_->attempts;
  if (!settings_->retries || is_final(why) || enough) return false;
  const auto wait = next_wait(why);
  wait_ = host_.loop().after(wait, [this] { connect(); });
  state_ = v1::STATE_RECONNECTING;
  v1::StateChanged event;
  event.set_state(state_);
  event.set_attempt(++failed_);
  event.set_reason(reason_of(why));
  event.set_message(message_of(why));
  *event.mutable_next_attempt_in() = graph::to_duration(wait);
  host_.emit(event);
  return true;
}

// Many clients that lost one server must not come back in one moment.
milliseconds Client::next_wait(const Status& why) const {
  constexpr uint32_t kMostDoublings = 20;
  const auto doubled = settings_->first_wait * (int64_t{1} << std::min(failed_, kMostDoublings));
  const auto asked = std::min(asked_for(why), std::max(settings_->longest_wait, milliseconds(60'000)));
  static thread_local std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<double> spread(0.8, 1.2);
  const auto own = static_cast<double>(std::min(doubled, settings_->longest_wait).count()) * spread(random);
  return std::max(milliseconds(static_cast<int64_t>(own)), asked);
}

void Client::end(const Status& status, v1::State state) {
  owner_.on_ended();
  if (state == v1::STATE_FAILED) host_.fail(status);
  enter(state, state == v1::STATE_FAILED ? status : ok());
  answer(status);
}

// It lives on until it has said goodbye.
void Client::let_go() {
  if (!connection_) return;
  if (state_ == v1::STATE_CONNECTED) owner_.on_disconnected();
  auto& leaving = *leaving_.emplace_back(std::move(connection_));
  leaving.close(guard_.wrap([this, raw = &leaving](const Status& status) {
    host_.loop().post(guard_.wrap([this, raw, status] { left(raw, status); }));
  }));
}

void Client::left(const Connection* connection, const Status& status) {
  if (!status.ok()) stuck_ = status;
  std::erase_if(leaving_, [&](const auto& one) { return one.get() == connection; });
  if (!stuck_.ok() && state_ == v1::STATE_RECONNECTING) {
    wait_.stop();
    end(stuck_, v1::STATE_FAILED);
  }
  if (!leaving_.empty()) return;
  for (auto& done : std::exchange(stopping_, {})) done(stuck_);
}

void Client::stop(Done done) {
  wait_.stop();
  let_go();
  end(error(StatusCode::kAborted, "STOPPED", "it was stopped before it was connected"), v1::STATE_STOPPED);
  if (leaving_.empty()) return done(stuck_);
  stopping_.push_back(std::move(done));
}

void Client::answer(const Status& status) {
  for (auto& done : std::exchange(starting_, {})) done(status);
}

void Client::enter(v1::State state, const Status& why) {
  if (std::exchange(state_, state) == state) return;
  v1::StateChanged event;
  event.set_state(state);
  if (!why.ok()) {
    event.set_reason(reason_of(why));
    event.set_message(message_of(why));
  }
  host_.emit(event);
}

}  // namespace kms::webrtc_client
