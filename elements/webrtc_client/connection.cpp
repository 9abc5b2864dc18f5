// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "kms-core/base/config.hpp"
#include "kms-core/rtc/peer/local_addresses.hpp"

namespace kms::webrtc_client {
namespace {

using namespace std::chrono_literals;
using State = gst::WebRtcBin::State;

// What has been gathered by then goes into the offer.
constexpr auto kLongestGathering = 3s;
constexpr auto kWatchEvery = 500ms;
constexpr auto kGoodbye = 3s;

// libnice leaves loopback out by itself, and binds each socket to its interface: by UDP a server on this
// machine, or its TURN server, could not be reached there.
std::vector<std::string> addresses_under(const AddressPolicy& policy) {
  constexpr char kLoopback[] = "127.0.0.1";
  if (!policy.allows(kLoopback)) return {};
  auto all = rtc::local_addresses(true);
  if (std::ranges::find(all, kLoopback) == all.end()) all.emplace_back(kLoopback);
  return all;
}

}  // namespace

// Whether the peer's certificate is the one that the answer promised. What is expected is set before the peer
// can be reached.
struct Connection::Verdict {
  enum class Is { kOpen, kGood, kBad };
  rtc::Fingerprint expected;
  std::atomic<Is> is = Is::kOpen;
  std::atomic<bool> has_media = false;  // something came of that peer

  // A certificate that is good does not make up for one that was not.
  bool judge(const std::string& pem) {
    const auto fingerprint = fingerprint_of(pem);
    const bool good = fingerprint && *fingerprint == expected && is != Is::kBad;
    is = good ? Is::kGood : Is::kBad;
    return good;
  }
};

// A handler for other threads: what it does is done on the loop, if the connection is still there.
template <typename Work>
auto Connection::posted(Work work) {
  return [&loop = host_.loop(), guarded = guard_.wrap(std::move(work))](auto... told) {
    loop.post([call = guarded, told...]() mutable { call(told...); });
  };
}

Connection::Connection(graph::ElementHost& host, std::shared_ptr<const Settings> settings, Plan plan,
                       Listener& listener)
    : host_(host),
      settings_(std::move(settings)),
      plan_(std::move(plan)),
      listener_(&listener),
      verdict_(std::make_shared<Verdict>()) {
  deadline_ = host_.loop().after(settings_->timeout, [this] {
    const bool asked = answered_ || offer_.empty();
    over(StatusCode::kUnavailable, asked ? "CONNECTION_FAILED" : "SERVER_UNREACHABLE",
         fmt::format("there is no connection after {} ms", settings_->timeout.count()));
  });
  resolve();
}

Connection::~Connection() = default;

void Connection::resolve() {
  if (settings_->ice_servers.empty()) {
    // Posted: it may fail at once, and the listener is about to keep us.
    return host_.loop().post(guard_.wrap([this] { run(std::vector<std::string>()); }));
  }
  auto done = posted([this](const Result<std::vector<std::string>>& servers) { run(servers); });
  call_ = std::make_unique<WebCall>(host_, [settings = settings_, done](GCancellable* cancellable) {
    done(resolved(settings->ice_servers, settings->policy, cancellable));
  });
}

void Connection::run(const Result<std::vector<std::string>>& servers) {
  if (!servers.ok()) return over(servers.status());
  gst::WebRtcBin::Options options{.lines = plan_.lines,
                                  .stun = {},
                                  .turn = {},
                                  .relay_only = settings_->relay_only,
                                  .addresses = addresses_under(settings_->policy),
                                  .latency = settings_->latency};
  for (const auto& server : *servers) {
    if (server.starts_with("turn")) options.turn.push_back(server);
    if (!server.starts_with("turn")) options.stun = server;
  }
  const auto bin = gst::WebRtcBin::create("webrtc", options, handlers());
  if (!bin.ok()) return over(bin.status());
  bin_ = *bin;
  pipeline_ = std::make_unique<gst::Pipeline>(
      host_.name(),
      gst::Pipeline::Where{host_.loop(), host_.workers(), host_.config().pipelines.state_deadline});
  pipeline_->on_error([this](const Status& status) {
    const bool failed = reason_of(status) != "PIPELINE_STUCK";
    if (!failed) return over(status);
    over(StatusCode::kUnavailable, connected_ ? "CONNECTION_LOST" : "CONNECTION_FAILED", message_of(status));
  });
  pipeline_->on_message([this](GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) pipeline_->recalculate_latency();
  });
  for (const auto& element : bin_->elements()) pipeline_->add(element);
  pipeline_->start(guard_.wrap([this](const Status& status) {
    if (!status.ok()) return over(status);
    ask_for_offer();
  }));
}

gst::WebRtcBin::Handlers Connection::handlers() {
  return {.on_offer = posted([this](const Result<std::string>& offer) { offer_made(offer); }),
          .on_answer_taken = posted([this](const Status& status) {
            if (!status.ok()) over(StatusCode::kInvalidArgument, "ANSWER_INVALID", message_of(status));
          }),
          .on_state = posted([this](State state) { state_changed(state); }),
          .on_certificate =
              [verdict = verdict_,
               refuse = posted([this] {
                 over(StatusCode::kPermissionDenied, "CERTIFICATE_MISMATCH",
                      "the peer's certificate is not the one that the server's answer promised");
               })](const std::string& pem) {
                if (!verdict->judge(pem)) refuse();
              },
          .on_goodbye = posted([this] {
            over(StatusCode::kUnavailable, connected_ ? "CONNECTION_LOST" : "CONNECTION_FAILED",
                 "the server has closed the connection");
          }),
          .on_packet =
              [verdict = verdict_, take = plan_.on_packet](bool video, GstBuffer* packet) {
                if (verdict->is != Verdict::Is::kGood) return;
                verdict->has_media = true;
                take(video, packet);
              }};
}

void Connection::ask_for_offer() {
  const auto failed = guard_.wrap([this](const Status& status) {
    if (!status.ok()) over(status);
  });
  pipeline_->run(
      [bin = bin_](GstElement*) {
        bin->make_offer();
        return ok();
      },
      failed);
  gathering_ = host_.loop().after(kLongestGathering, [this, failed] {
    pipeline_->run(
        [bin = bin_](GstElement*) {
          bin->offer_now();
          return ok();
        },
        failed);
  });
}

void Connection::offer_made(const Result<std::string>& offer) {
  gathering_.stop();
  if (!offer.ok()) return over(StatusCode::kInternal, "CONNECTION_FAILED", message_of(offer.status()));
  if (listener_ == nullptr || !offer_.empty()) return;
  offer_ = *offer;
  asking_ = true;
  auto done = goodbye_.wrap([this](const Result<Welcome>& welcome) { asked(welcome); });
  call_ = std::make_unique<WebCall>(
      host_, [settings = settings_, text = *offer, done, &loop = host_.loop()](GCancellable* cancel) {
        loop.post([call = done, welcome = post_offer(*settings, text, cancel)]() mutable { call(welcome); });
      });
}

// What the server has made for a connection that is not wanted any more is taken back.
void Connection::asked(const Result<Welcome>& welcome) {
  asking_ = false;
  if (!closing_) return welcomed(welcome);
  if (welcome.ok()) resource_ = welcome->resource;
  say_goodbye();
  left(ok());
}

void Connection::welcomed(const Result<Welcome>& welcome) {
  if (!welcome.ok()) return over(welcome.status());
  answered_ = true;
  resource_ = welcome->resource;
  auto agreement = read_answer(offer_, welcome->answer, [this](const std::string& address) {
    return settings_->policy.allows(address);
  });
  if (!agreement.ok()) return over(agreement.status());
  agreement_ = *std::move(agreement);
  verdict_->expected = agreement_.fingerprint;
  take_answer(agreement_, welcome->ice_servers);
}

void Connection::take_answer(const Agreement& agreement, const std::vector<std::string>& servers) {
  pipeline_->run(
      [bin = bin_, servers, sdp = agreement.sdp](GstElement*) {
        for (const auto& server : servers) {
          if (server.starts_with("turn")) bin->add_turn(server);
        }
        bin->take_answer(sdp);
        return ok();
      },
      guard_.wrap([this](const Status& status) {
        if (!status.ok()) over(status);
      }));
}

// What is only disconnected may come back; checks of ICE tell when it has not.
void Connection::state_changed(State state) {
  if (state == State::kFailed) {
    return over(
        StatusCode::kUnavailable, connected_ ? "CONNECTION_LOST" : "CONNECTION_FAILED",
        connected_ ? "the server does not answer any more" : "no way to the server works (ICE, DTLS)");
  }
  const bool good = verdict_->is == Verdict::Is::kGood;
  if (state != State::kConnected || !good || connected_ || listener_ == nullptr) return;
  connected_ = true;
  deadline_.stop();
  begin_watch();
  listener_->connected(agreement_);
}

void Connection::begin_watch() {
  quiet_for_ = {};
  watch_ = host_.loop().every(kWatchEvery, [this] { watch(); });
}

// Without media nobody has anything to say. Looks are counted and no time: where the machine itself stood
// still nothing could come.
void Connection::watch() {
  const auto received = bin_->received();
  const auto sent = bin_->sent();
  const bool silent = std::exchange(received_, received) == received;
  const bool idle = std::exchange(sent_, sent) == sent && !verdict_->has_media;
  quiet_for_ = !silent || idle ? 0ms : quiet_for_ + kWatchEvery;
  if (quiet_for_ < settings_->stall) return;
  over(StatusCode::kUnavailable, "CONNECTION_LOST",
       fmt::format("the server has sent nothing for {} ms", settings_->stall.count()));
}

void Connection::want_key_frame() {
  pipeline_->run(
      [bin = bin_](GstElement*) {
        bin->want_key_frame();
        return ok();
      },
      [](const Status&) {});
}

void Connection::over(StatusCode code, const char* reason, const std::string& why) {
  over(error(code, reason, why));
}

void Connection::over(const Status& why) {
  deadline_.stop();
  gathering_.stop();
  watch_.stop();
  if (auto* listener = std::exchange(listener_, nullptr)) listener->lost(why);
}

void Connection::close(Done done) {
  listener_ = nullptr;
  guard_.reset();
  deadline_.stop();
  gathering_.stop();
  watch_.stop();
  if (!asking_) call_.reset();
  closing_ = std::move(done);
  leaving_ = 1;
  const auto one_left = goodbye_.wrap([this](const Status& status) { left(status); });
  if (pipeline_) {
    ++leaving_;
    pipeline_->run(
        [bin = bin_](GstElement*) {
          bin->settle();
          return ok();
        },
        [](const Status&) {});
    pipeline_->stop(one_left);
  }
  if (asking_) {
    ++leaving_;
    deadline_ = host_.loop().after(kGoodbye, [this] { call_.reset(); });
  }
  say_goodbye();
  left(ok());
}

void Connection::say_goodbye() {
  if (resource_.empty()) return;
  ++leaving_;
  const auto one_left = goodbye_.wrap([this](const Status& status) { left(status); });
  call_ = std::make_unique<WebCall>(host_, [settings = settings_, resource = resource_, one_left,
                                            &loop = host_.loop()](GCancellable* cancel) {
    delete_resource(*settings, resource, cancel);
    loop.post([one = one_left]() mutable { one(ok()); });
  });
  deadline_ = host_.loop().after(kGoodbye, [this] { call_.reset(); });
}

void Connection::left(const Status& status) {
  if (!status.ok()) outcome_ = status;
  if (--leaving_ > 0 || !closing_) return;
  deadline_.stop();
  std::exchange(closing_, nullptr)(outcome_);
}

}  // namespace kms::webrtc_client
