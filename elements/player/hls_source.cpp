// SPDX-License-Identifier: Apache-2.0
#include "elements/player/hls_source.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "elements/player/hls_reader.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/base/thread_times.hpp"
#include "kms-core/gst/feed.hpp"

namespace kms::player {

bool is_hls(const std::string& uri) {
  if (!uri.starts_with("http://") && !uri.starts_with("https://")) return false;
  return uri.substr(0, uri.find_first_of("?#")).ends_with(".m3u8");
}

// The thread's work. Everything but stop() is for the thread.
class HlsSource::Fetcher {
 public:
  using Opened = std::function<void(const Result<std::shared_ptr<gst::Feed>>&)>;
  using Failed = std::function<void(const Status&)>;
  explicit Fetcher(HlsReader::Setup setup) : cancellable_(g_cancellable_new()) {
    setup.cancellable = cancellable_.get();
    reader_ = std::make_unique<HlsReader>(std::move(setup));
  }

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
    changed_.notify_all();
  }

 private:
  bool stopped() const { return g_cancellable_is_cancelled(cancellable_.get()) != FALSE; }

  void work(const Opened& opened, const Failed& failed) {
    auto status = reader_->open();
    if (!status.ok()) return opened(status);
    {
      const std::lock_guard lock(mutex_);
      feed_ = gst::Feed::create({});
    }
    opened(feed_);
    const auto job = stopped() ? std::nullopt : feed_->wait_for_job(0);
    if (!job) return;
    status = reader_->read([&](const char* bytes, size_t size) { return feed_->push(*job, bytes, size); },
                           [this](std::chrono::milliseconds time) { return wait(time); });
    if (stopped()) return;
    if (!status.ok()) return failed(status);
    feed_->end(*job);
  }

  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return stopped(); });
  }

  const Object<GCancellable> cancellable_;
  std::unique_ptr<HlsReader> reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<gst::Feed> feed_;  // set once, under mutex_
};

HlsSource::HlsSource(graph::ElementHost& host, std::string uri, const LiveOptions& options)
    : host_(host), uri_(std::move(uri)), options_(options) {}

HlsSource::~HlsSource() {
  if (!fetcher_) return;
  fetcher_->stop();
  host_.workers().run([thread = std::move(thread_)]() mutable { thread.join(); });
}

void HlsSource::open(Reply<gst::Ref<GstElement>> reply) {
  const auto policy = AddressPolicy::create(host_.config().network.allow);
  if (!policy.ok()) return reply(policy.status());
  fetcher_ = std::make_shared<Fetcher>(
      HlsReader::Setup{.uri = uri_, .policy = *policy, .most_bps = options_.most_bps});
  auto answer = std::make_shared<Reply<gst::Ref<GstElement>>>(std::move(reply));  // copied into std::function
  auto opened = guard_.wrap([answer](const Result<std::shared_ptr<gst::Feed>>& feed) {
    if (!feed.ok()) return (*answer)(feed.status());
    (*answer)((*feed)->element());
  });
  auto failed = guard_.wrap([this](const Status& status) {
    if (on_error_) on_error_(status);
  });
  thread_ = std::thread([fetcher = fetcher_, &loop = host_.loop(), opened, failed] {
    name_thread("player-hls");
    fetcher->run(
        [&](const auto& feed) { loop.post([opened = opened, feed]() mutable { opened(feed); }); },
        [&](const Status& status) { loop.post([failed = failed, status]() mutable { failed(status); }); });
  });
}

}  // namespace kms::player
