// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/uploads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "kms-core/base/log.hpp"
#include "kms-core/base/thread_times.hpp"
#include "kms-core/storage/deposit.hpp"
#include "kms-core/storage/lanes.hpp"

namespace kms::storage {
namespace {

// libsoup's blocking calls run the loop that is their thread's own.
class ThreadContext {
 public:
  ThreadContext() : context_(g_main_context_new()) { g_main_context_push_thread_default(context_); }
  ~ThreadContext() {
    g_main_context_pop_thread_default(context_);
    g_main_context_unref(context_);
  }
  ThreadContext(const ThreadContext&) = delete;
  ThreadContext& operator=(const ThreadContext&) = delete;

 private:
  GMainContext* const context_;
};

std::string id_of(const std::string& path) { return std::filesystem::path(path).stem().string(); }

}  // namespace

struct Uploads::Impl {
  Impl(const Config& c, AddressPolicy p, std::unique_ptr<Spool> s)
      : config(c),
        policy(std::move(p)),
        spool(std::move(s)),
        cancellable(g_cancellable_new()),
        lanes({c.uploads.first_pause, c.uploads.longest_pause, c.uploads.give_up}) {}

  void load();
  std::vector<std::string> queue(const Spool::Entry& entry);
  void work();
  void send(std::unique_lock<std::mutex>& lock, const Spool::Entry& entry);
  News settle(const Spool::Entry& entry, const Status& status, bool& tell);

  const Config config;
  const AddressPolicy policy;
  const std::unique_ptr<Spool> spool;  // null: there is none
  const web::Object<GCancellable> cancellable;
  std::mutex mutex;  // guards all below
  std::condition_variable wake;
  Lanes lanes;
  std::map<std::string, Order> open;  // by id
  std::vector<std::string> interrupted;
  std::map<std::string, Listener> listeners;  // by group
  std::vector<std::thread> threads;
  std::mt19937 random{std::random_device{}()};
  bool stopping = false;
};

Uploads::Uploads(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Uploads>> Uploads::start(const Config& config) {
  auto policy = AddressPolicy::create(config.network.allow);
  if (!policy.ok()) return policy.status();
  std::unique_ptr<Spool> spool;
  if (!config.spool.folder.empty()) {
    auto opened = Spool::open(config.spool);
    if (!opened.ok()) return opened.status();
    spool = *std::move(opened);
  }
  auto impl = std::make_unique<Impl>(config, *std::move(policy), std::move(spool));
  impl->load();
  return std::unique_ptr<Uploads>(new Uploads(std::move(impl)));
}

Uploads::~Uploads() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  g_cancellable_cancel(impl_->cancellable.get());
  impl_->wake.notify_all();
  for (auto& thread : impl_->threads) thread.join();
}

void Uploads::Impl::load() {
  if (!spool) return;
  for (const auto& entry : spool->load()) {
    log::info("A file waits to be uploaded from before", {{"uri", entry.order.uri}, {"bytes", entry.bytes}});
    const std::lock_guard lock(mutex);
    if (entry.open) {
      open[entry.id] = entry.order;
      interrupted.push_back(spool->data(entry.id));
      continue;
    }
    for (const auto& needless : queue(entry)) spool->remove(needless);
  }
}

// With the mutex held. Answers the ids that are needless now.
std::vector<std::string> Uploads::Impl::queue(const Spool::Entry& entry) {
  auto needless = lanes.add(entry);
  // Never more threads than groups at a time.
  if (threads.size() < std::min<size_t>(config.uploads.parallel, lanes.size()))
    threads.emplace_back([this] { work(); });
  wake.notify_one();
  return needless;
}

void Uploads::Impl::work() {
  name_thread("upload");
  const ThreadContext context;
  std::unique_lock lock(mutex);
  while (!stopping) {
    if (const auto entry = lanes.take(std::chrono::steady_clock::now())) {
      if (lanes.next()) wake.notify_one();  // another looks after the lanes that wait
      send(lock, *entry);
      continue;
    }
    if (const auto next = lanes.next()) {
      wake.wait_until(lock, *next);
    } else {
      wake.wait(lock);
    }
  }
}

void Uploads::Impl::send(std::unique_lock<std::mutex>& lock, const Spool::Entry& entry) {
  lock.unlock();
  const Goods goods{spool->data(entry.id), entry.order.content_type, spool->progress(entry.id)};
  const auto status = deposit(entry.order.uri, goods, {config, policy, cancellable.get()});
  if (status.ok()) spool->remove(entry.id);
  lock.lock();
  if (!status.ok() && stopping) return;
  bool tell = true;
  const auto news = settle(entry, status, tell);
  wake.notify_one();  // the lane's next file
  const auto found = listeners.find(entry.order.group);
  if (!tell || found == listeners.end()) return;
  const auto listener = found->second;
  lock.unlock();
  listener(news);
  lock.lock();
}

// With the mutex held.
Uploads::News Uploads::Impl::settle(const Spool::Entry& entry, const Status& status, bool& tell) {
  News news{.uri = entry.order.uri, .bytes = entry.bytes, .status = status};
  if (status.ok()) {
    lanes.done(entry.order.group);
    news.last = !lanes.has(entry.order.group);
    log::info("An upload was stored", {{"uri", news.uri}, {"bytes", news.bytes}});
    return news;
  }
  const auto chance = std::uniform_real_distribution<>(0, 1)(random);
  const auto verdict =
      lanes.failed(entry.order.group, reason_of(status), std::chrono::steady_clock::now(), chance);
  news.given_up = verdict.given_up;
  news.pause = verdict.pause;
  news.last = !lanes.has(entry.order.group);
  tell = verdict.news;
  if (verdict.given_up) {
    log::warn("An upload was given up; the file stays in the spool, for the next start",
              {{"uri", news.uri}, {"file", spool->data(entry.id)}, {"why", message_of(status)}});
  } else if (verdict.news) {
    log::warn("An upload failed and is tried again",
              {{"uri", news.uri}, {"pause_ms", news.pause.count()}, {"why", message_of(status)}});
  }
  return news;
}

Status Uploads::check(const std::string& uri) const {
  const auto target = resolve(uri, impl_->config);
  if (!target.ok()) return target.status();
  return impl_->spool ? ok() : no_spool(uri);
}

Result<std::string> Uploads::begin(const Order& order) {
  if (auto status = check(order.uri); !status.ok()) return status;
  const auto id = impl_->spool->add(order);
  if (!id.ok()) return id.status();
  const std::lock_guard lock(impl_->mutex);
  impl_->open[*id] = order;
  return impl_->spool->data(*id);
}

Status Uploads::grow(const std::string& path, uint64_t bytes) {
  return impl_->spool ? impl_->spool->grow(id_of(path), bytes) : ok();
}

Status Uploads::finish(const std::string& path) {
  Order order;
  {
    const std::lock_guard lock(impl_->mutex);
    auto taken = impl_->open.extract(id_of(path));
    if (taken.empty()) return ok();
    order = std::move(taken.mapped());
    std::erase(impl_->interrupted, path);
  }
  const auto entry = impl_->spool->finish(id_of(path), order);
  if (!entry.ok()) return entry.status();
  std::vector<std::string> needless;
  {
    const std::lock_guard lock(impl_->mutex);
    needless = impl_->queue(*entry);
  }
  for (const auto& id : needless) impl_->spool->remove(id);
  return ok();
}

void Uploads::drop(const std::string& path) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->open.erase(id_of(path)) == 0) return;
    std::erase(impl_->interrupted, path);
  }
  impl_->spool->remove(id_of(path));
}

std::vector<std::string> Uploads::interrupted() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->interrupted;
}

std::string Uploads::uri_of(const std::string& path) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->open.find(id_of(path));
  return found == impl_->open.end() ? "" : found->second.uri;
}

void Uploads::listen(const std::string& group, Listener listener) {
  const std::lock_guard lock(impl_->mutex);
  impl_->listeners[group] = std::move(listener);
}

void Uploads::forget(const std::string& group) {
  const std::lock_guard lock(impl_->mutex);
  impl_->listeners.erase(group);
}

bool Uploads::waits(const std::string& group) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->lanes.has(group);
}

size_t Uploads::waiting_files() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->lanes.files();
}

uint64_t Uploads::waiting_bytes() const { return impl_->spool ? impl_->spool->bytes() : 0; }

}  // namespace kms::storage
