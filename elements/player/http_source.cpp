// SPDX-License-Identifier: Apache-2.0
#include "elements/player/http_source.hpp"

#include <array>
#include <mutex>
#include <utility>

#include "elements/player/http_fetch.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/gst/feed.hpp"

namespace kms::player {

// The thread's work. Everything but stop() is for the thread.
class HttpSource::Fetcher {
 public:
  using Opened = std::function<void(const Result<std::shared_ptr<gst::Feed>>&)>;
  using Failed = std::function<void(const Status&)>;
  Fetcher(HttpFetch::Request request, AddressPolicy policy)
      : request_(std::move(request)), policy_(std::move(policy)), cancellable_(g_cancellable_new()) {}

  void run(const Opened& opened, const Failed& failed) {
    GMainContext* context = g_main_context_new();
    g_main_context_push_thread_default(context);
    work(opened, failed);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
  }

  // Any thread. Whatever the thread waits for, it goes on and ends.
  void stop() {
    g_cancellable_cancel(cancellable_.get());
    const std::lock_guard lock(mutex_);
    if (feed_) feed_->close();
  }

 private:
  bool stopped() const { return g_cancellable_is_cancelled(cancellable_.get()) != FALSE; }

  void work(const Opened& opened, const Failed& failed) {
    auto fetch = HttpFetch::get(request_, policy_, cancellable_.get());
    if (!fetch.ok()) return opened(fetch.status());
    {
      const std::lock_guard lock(mutex_);
      feed_ = gst::Feed::create({.size = (*fetch)->size(), .seekable = (*fetch)->seekable()});
    }
    opened(feed_);
    uint64_t done = 0;
    while (const auto job = stopped() ? std::nullopt : feed_->wait_for_job(done)) {
      done = job->number;
      const auto status = serve(*job, std::move(*fetch));
      fetch = std::unique_ptr<HttpFetch>();
      if (!status.ok() && !stopped()) return failed(status);
    }
  }

  // `first`: the answer that is there already, from the beginning of the resource.
  Status serve(const gst::Feed::Job& job, std::unique_ptr<HttpFetch> first) {
    if (!first || job.offset != 0) {
      auto request = request_;
      request.offset = job.offset;
      auto fetch = HttpFetch::get(request, policy_, cancellable_.get());
      if (!fetch.ok()) return fetch.status();
      first = std::move(*fetch);
    }
    std::array<char, 64 * 1024> bytes;
    for (;;) {
      const auto count = first->read(bytes.data(), bytes.size(), cancellable_.get());
      if (!feed_->current(job)) return ok();
      if (!count.ok()) return count.status();
      if (*count == 0) break;
      if (!feed_->push(job, bytes.data(), *count)) return ok();
    }
    feed_->end(job);
    return ok();
  }

  const HttpFetch::Request request_;
  const AddressPolicy policy_;
  const Object<GCancellable> cancellable_;
  std::mutex mutex_;
  std::shared_ptr<gst::Feed> feed_;  // set once, under mutex_
};

HttpSource::HttpSource(graph::ElementHost& host, std::string uri, unsigned patience_s)
    : host_(host), uri_(std::move(uri)), patience_s_(patience_s) {}

HttpSource::~HttpSource() {
  if (!fetcher_) return;
  fetcher_->stop();
  host_.workers().run([thread = std::move(thread_)]() mutable { thread.join(); });
}

void HttpSource::open(Reply<gst::Ref<GstElement>> reply) {
  const auto policy = AddressPolicy::create(host_.config().network.allow);
  if (!policy.ok()) return reply(policy.status());
  fetcher_ = std::make_shared<Fetcher>(HttpFetch::Request{.uri = uri_, .patience_s = patience_s_}, *policy);
  auto answer = std::make_shared<Reply<gst::Ref<GstElement>>>(std::move(reply));  // copied into std::function
  auto opened = guard_.wrap([answer](const Result<std::shared_ptr<gst::Feed>>& feed) {
    if (!feed.ok()) return (*answer)(feed.status());
    (*answer)((*feed)->element());
  });
  auto failed = guard_.wrap([this](const Status& status) {
    if (on_error_) on_error_(status);
  });
  thread_ = std::thread([fetcher = fetcher_, &loop = host_.loop(), opened, failed] {
    fetcher->run(
        [&](const auto& feed) { loop.post([opened = opened, feed]() mutable { opened(feed); }); },
        [&](const Status& status) { loop.post([failed = failed, status]() mutable { failed(status); }); });
  });
}

}  // namespace kms::player
