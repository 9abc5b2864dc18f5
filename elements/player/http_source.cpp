// SPDX-License-Identifier: Apache-2.0
#include "elements/player/http_source.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "elements/player/http_fetch.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/base/thread_times.hpp"
#include "kms-core/gst/feed.hpp"
#include "kms/player/v1/player.pb.h"

namespace kms::player {
namespace {

// Before an attempt to go on; twice as long before each further one.
constexpr std::chrono::milliseconds kFirstWait{250};
constexpr std::chrono::milliseconds kLongestWait{8000};

}  // namespace

// The thread's work. Everything but stop() is for the thread.
class HttpSource::Fetcher {
 public:
  // Where a part that was broken off goes on.
  struct Resumption {
    uint64_t offset;
    unsigned attempt;
    std::string reason;
  };
  // Told on the thread.
  struct Events {
    std::function<void(const Result<std::shared_ptr<gst::Feed>>&)> opened;
    std::function<void(const Status&)> failed;
    std::function<void(const Resumption&)> resuming;
  };
  // `attempts`: how often in sequence, without a byte, it tries to go on.
  Fetcher(HttpFetch::Request request, AddressPolicy policy, unsigned attempts)
      : request_(std::move(request)),
        policy_(std::move(policy)),
        cancellable_(g_cancellable_new()),
        attempts_(attempts) {}

  void run(const Events& events) {
    GMainContext* context = g_main_context_new();
    g_main_context_push_thread_default(context);
    work(events);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
  }

  // Any thread. Whatever the thread waits for, it goes on and ends.
  void stop() {
    g_cancellable_cancel(cancellable_.get());
    const std::lock_guard lock(mutex_);
    woken_.notify_all();
    if (feed_) feed_->close();
  }

 private:
  bool stopped() const { return g_cancellable_is_cancelled(cancellable_.get()) != FALSE; }

  void work(const Events& events) {
    auto fetch = HttpFetch::get(request_, policy_, cancellable_.get());
    if (!fetch.ok()) return events.opened(settled(fetch.status()));
    resumable_ = (*fetch)->seekable();
    request_.validator = (*fetch)->validator();
    request_.size = (*fetch)->size();
    {
      const std::lock_guard lock(mutex_);
      feed_ = gst::Feed::create({.size = (*fetch)->size(), .seekable = (*fetch)->seekable()});
    }
    events.opened(feed_);
    uint64_t done = 0;
    while (const auto job = stopped() ? std::nullopt : feed_->wait_for_job(done)) {
      done = job->number;
      const auto status = serve(*job, std::move(*fetch), events);
      fetch = std::unique_ptr<HttpFetch>();
      if (!status.ok() && !stopped()) return events.failed(status);
    }
  }

  // `first`: the answer that is there already, from the beginning of the resource.
  Status serve(const gst::Feed::Job& job, std::unique_ptr<HttpFetch> first, const Events& events) {
    auto at = job.offset;
    unsigned attempt = 0;
    if (at != 0) first.reset();
    for (;;) {
      const auto before = at;
      const auto status = first ? pump(job, *first, at) : fetch_on(job, at);
      first.reset();
      if (status.ok() || stopped() || !feed_->current(job)) return ok();
      attempt = at > before ? 1 : attempt + 1;
      if (!resumable_ || !may_pass(status) || attempt > attempts_) return settled(status);
      events.resuming({at, attempt, reason_of(status)});
      if (!wait(backoff(attempt))) return ok();
    }
  }

  Status fetch_on(const gst::Feed::Job& job, uint64_t& at) {
    auto request = request_;
    request.offset = at;
    auto fetch = HttpFetch::get(request, policy_, cancellable_.get());
    return fetch.ok() ? pump(job, **fetch, at) : fetch.status();
  }

  // OK: all was handed on, or nobody wants it any more.
  Status pump(const gst::Feed::Job& job, HttpFetch& fetch, uint64_t& at) {
    std::array<char, 64 * 1024> bytes;
    for (;;) {
      const auto count = fetch.read(bytes.data(), bytes.size(), cancellable_.get());
      if (!feed_->current(job)) return ok();
      if (!count.ok()) return count.status();
      if (*count == 0) break;
      if (!feed_->push(job, bytes.data(), *count)) return ok();
      at += *count;
    }
    feed_->end(job);
    return ok();
  }

  // False: stopped meanwhile.
  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !woken_.wait_for(lock, time, [this] { return stopped(); });
  }

  // Whatever it was for a request, for the media it is final.
  static Status settled(const Status& status) {
    if (status.code() != StatusCode::kUnavailable) return status;
    return error(StatusCode::kFailedPrecondition, reason_of(status), message_of(status));
  }

  static std::chrono::milliseconds backoff(unsigned attempt) {
    return std::min<std::chrono::milliseconds>(kFirstWait * (1U << std::min(attempt - 1, 10U)), kLongestWait);
  }

  HttpFetch::Request request_;
  const AddressPolicy policy_;
  const Object<GCancellable> cancellable_;
  const unsigned attempts_;
  bool resumable_ = false;
  std::mutex mutex_;
  std::condition_variable woken_;    // by stop()
  std::shared_ptr<gst::Feed> feed_;  // set once, under mutex_
};

HttpSource::HttpSource(graph::ElementHost& host, std::string uri) : host_(host), uri_(std::move(uri)) {}

HttpSource::~HttpSource() {
  if (!fetcher_) return;
  fetcher_->stop();
  host_.workers().run([thread = std::move(thread_)]() mutable { thread.join(); });
}

void HttpSource::open(Reply<gst::Ref<GstElement>> reply) {
  const auto policy = AddressPolicy::create(host_.config().network.allow);
  if (!policy.ok()) return reply(policy.status());
  const auto patience = std::chrono::ceil<std::chrono::seconds>(host_.config().player.stall_deadline);
  fetcher_ = std::make_shared<Fetcher>(
      HttpFetch::Request{.uri = uri_, .patience_s = static_cast<unsigned>(patience.count())}, *policy,
      host_.config().player.resume_attempts);
  auto answer = std::make_shared<Reply<gst::Ref<GstElement>>>(std::move(reply));  // copied into std::function
  auto opened = guard_.wrap([answer](const Result<std::shared_ptr<gst::Feed>>& feed) {
    if (!feed.ok()) return (*answer)(feed.status());
    (*answer)((*feed)->element());
  });
  auto failed = guard_.wrap([this](const Status& status) {
    if (on_error_) on_error_(status);
  });
  auto resuming = guard_.wrap([this](const Fetcher::Resumption& how) {
    v1::Resuming event;
    event.set_offset_bytes(how.offset);
    event.set_attempt(how.attempt);
    event.set_reason(how.reason);
    host_.emit(event);
  });
  auto& loop = host_.loop();
  const auto posted = [&loop](auto handler) {
    return [&loop, handler](const auto& what) { loop.post([handler, what]() mutable { handler(what); }); };
  };
  thread_ = std::thread(
      [fetcher = fetcher_, events = Fetcher::Events{posted(opened), posted(failed), posted(resuming)}] {
        name_thread("player-http");
        fetcher->run(events);
      });
}

}  // namespace kms::player
