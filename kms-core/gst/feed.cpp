// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/feed.hpp"

#include <gst/app/gstappsrc.h>

namespace kms::gst {
namespace {

constexpr guint64 kAhead = 1U << 20;

}  // namespace

std::shared_ptr<Feed> Feed::create(const Shape& shape) {
  struct Access : Feed {};
  auto feed = std::make_shared<Access>();
  feed->element_ = Ref<GstElement>::sink(gst_element_factory_make("appsrc", nullptr));
  auto* source = GST_APP_SRC(feed->element_.get());
  const auto type = shape.seekable ? GST_APP_STREAM_TYPE_SEEKABLE : GST_APP_STREAM_TYPE_STREAM;
  g_object_set(source, "format", GST_FORMAT_BYTES, "stream-type", type, "max-bytes", kAhead, "size",
               shape.size ? static_cast<gint64>(*shape.size) : gint64{-1}, nullptr);
  GstAppSrcCallbacks callbacks{};
  callbacks.need_data = [](GstAppSrc*, guint, gpointer data) {
    if (const auto self = static_cast<std::weak_ptr<Feed>*>(data)->lock()) self->room();
  };
  callbacks.enough_data = [](GstAppSrc*, gpointer data) {
    if (const auto self = static_cast<std::weak_ptr<Feed>*>(data)->lock()) self->full_ = true;
  };
  callbacks.seek_data = [](GstAppSrc*, guint64 offset, gpointer data) -> gboolean {
    if (const auto self = static_cast<std::weak_ptr<Feed>*>(data)->lock()) self->seek(offset);
    return TRUE;
  };
  auto share = std::make_unique<std::weak_ptr<Feed>>(feed);
  gst_app_src_set_callbacks(source, &callbacks, share.release(), [](gpointer data) {
    const std::unique_ptr<std::weak_ptr<Feed>> owned(static_cast<std::weak_ptr<Feed>*>(data));
  });
  return feed;
}

std::optional<Feed::Job> Feed::wait_for_job(uint64_t number) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || job_.number > number; });
  if (closed_) return std::nullopt;
  return job_;
}

// False: the job is over.
bool Feed::wait_for_room(const Job& job, std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return closed_ || job_.number != job.number || !full_; });
  return !closed_ && job_.number == job.number;
}

bool Feed::push(const Job& job, const void* bytes, size_t size) {
  std::unique_lock lock(mutex_);
  if (!wait_for_room(job, lock)) return false;
  auto* buffer = gst_buffer_new_memdup(bytes, size);
  return gst_app_src_push_buffer(GST_APP_SRC(element_.get()), buffer) == GST_FLOW_OK;
}

void Feed::end(const Job& job) {
  std::unique_lock lock(mutex_);
  if (wait_for_room(job, lock)) gst_app_src_end_of_stream(GST_APP_SRC(element_.get()));
}

bool Feed::current(const Job& job) const {
  const std::lock_guard lock(mutex_);
  return !closed_ && job_.number == job.number;
}

void Feed::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

void Feed::seek(uint64_t offset) {
  const std::lock_guard lock(mutex_);
  job_ = {job_.number + 1, offset};
  full_ = true;  // appsrc empties its queue after this call; then it asks for data
  changed_.notify_all();
}

void Feed::room() {
  full_ = false;
  const std::lock_guard lock(mutex_);  // whoever looks at full_ sees it, or waits already
  if (job_.number == 0) job_.number = 1;
  changed_.notify_all();
}

}  // namespace kms::gst
