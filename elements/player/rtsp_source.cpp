// SPDX-License-Identifier: Apache-2.0
#include "elements/player/rtsp_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "elements/player/rtsp_formats.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/base/thread_times.hpp"

namespace kms::player {

// The thread's work. What is not said to be for any thread is for the thread.
class RtspSource::Talk {
 public:
  using Told = std::function<void(const Status&)>;
  explicit Talk(RtspSession::Setup setup) : cancellable_(g_cancellable_new()) {
    setup.cancellable = cancellable_.get();
    session_ = std::make_unique<RtspSession>(std::move(setup));
  }

  void run(const Told& opened, const Told& failed) {
    GMainContext* context = g_main_context_new();
    g_main_context_push_thread_default(context);
    work(opened, failed);
    session_->hang_up();  // its sources are of this context
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
  }

  // Once it was opened, until play_into().
  const RtspSession& session() const { return *session_; }

  // Any thread.
  void play_into(std::shared_ptr<gst::RtpReceiver> receiver) {
    const std::lock_guard lock(mutex_);
    receiver_ = std::move(receiver);
    changed_.notify_all();
  }
  // Any thread. Whatever the thread waits for, it goes on and ends.
  void stop() {
    g_cancellable_cancel(cancellable_.get());
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  // Any thread.
  void report(unsigned stream, std::string packet) { session_->report(stream, std::move(packet)); }

 private:
  bool stopped() const { return g_cancellable_is_cancelled(cancellable_.get()) != FALSE; }

  std::shared_ptr<gst::RtpReceiver> wait_for_receiver() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return receiver_ || stopped(); });
    return std::exchange(receiver_, nullptr);
  }

  void work(const Told& opened, const Told& failed) {
    auto status = session_->open();
    opened(status);
    if (!status.ok()) return;
    const auto receiver = wait_for_receiver();
    if (!receiver || stopped()) return;
    status = session_->play(receiver);
    if (stopped()) return;
    if (status.ok() && session_->on_demand()) return receiver->end();
    if (status.ok()) status = error(StatusCode::kFailedPrecondition, "UNREADABLE", "the source has ended");
    failed(status);
  }

  const Object<GCancellable> cancellable_;
  std::unique_ptr<RtspSession> session_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<gst::RtpReceiver> receiver_;  // guarded by mutex_
};

RtspSource::RtspSource(graph::ElementHost& host, std::string uri, const LiveOptions& options)
    : host_(host), uri_(std::move(uri)), options_(options) {}

RtspSource::~RtspSource() {
  if (!talk_) return;
  talk_->stop();
  host_.workers().run([thread = std::move(thread_)]() mutable { thread.join(); });
}

void RtspSource::open(Reply<gst::Ref<GstElement>> reply) {
  const auto policy = AddressPolicy::create(host_.config().network.allow);
  if (!policy.ok()) return reply(policy.status());
  const auto uri = parse_live_uri(uri_);
  if (!uri.ok()) return reply(uri.status());
  talk_ = std::make_shared<Talk>(RtspSession::Setup{
      .uri = *uri, .policy = *policy, .transport = options_.transport, .stall = options_.stall});
  auto answer = std::make_shared<Reply<gst::Ref<GstElement>>>(std::move(reply));  // copied into std::function
  auto opened = guard_.wrap([answer](const Status& status) {
    if (!status.ok()) return (*answer)(status);
    (*answer)(gst::Ref<GstElement>());
  });
  auto failed = guard_.wrap([this](const Status& status) {
    if (on_error_) on_error_(status);
  });
  thread_ = std::thread([talk = talk_, &loop = host_.loop(), opened, failed] {
    name_thread("player-rtsp");
    talk->run(
        [&](const Status& status) { loop.post([opened = opened, status]() mutable { opened(status); }); },
        [&](const Status& status) { loop.post([failed = failed, status]() mutable { failed(status); }); });
  });
}

// One stream of each kind was chosen: for the first line of that kind.
Result<std::shared_ptr<gst::TrackBin>> RtspSource::tracks_to(const std::vector<gst::TrackLine>& lines) {
  gst::RtpReceiver::Parts parts{.streams = {}, .latency = options_.latency, .send = {}};
  for (const auto& [about, chain] : talk_->session().streams()) {
    const auto line = std::find_if(lines.begin(), lines.end(), [video = about.video](const auto& candidate) {
      return candidate.video == video;
    });
    parts.streams.push_back({.caps = rtp_caps_of(about),
                             .chain = chain,
                             .outlet = line->outlet,
                             .video = about.video,
                             .line = static_cast<size_t>(line - lines.begin())});
  }
  parts.send = [talk = std::weak_ptr(talk_)](unsigned stream, std::string packet) {
    if (const auto to = talk.lock()) to->report(stream, std::move(packet));
  };
  auto receiver = gst::RtpReceiver::create("rtsp", parts);
  if (!receiver.ok()) return receiver.status();
  receiver_ = *receiver;
  return std::shared_ptr<gst::TrackBin>(*receiver);
}

void RtspSource::flow() { talk_->play_into(std::move(receiver_)); }

}  // namespace kms::player
