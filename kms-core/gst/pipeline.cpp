// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/pipeline.hpp"

#include <fmt/format.h>

#include <atomic>

#include "kms-core/base/log.hpp"
#include "kms-core/gst/error_reason.hpp"

namespace kms::gst {
namespace {

std::atomic<unsigned> quarantine_count = 0;

Status stuck_error() {
  return error(StatusCode::kDeadlineExceeded, "PIPELINE_STUCK",
               "the media pipeline does not answer; it was put in quarantine");
}

Status change_state(GstElement* element, GstState state) {
  if (gst_element_set_state(element, state) != GST_STATE_CHANGE_FAILURE) return ok();
  return error(
      StatusCode::kInternal, "MEDIA_ERROR",
      fmt::format("{} cannot go to {}", GST_ELEMENT_NAME(element), gst_element_state_get_name(state)));
}

Status follow_parent(GstElement* element) {
  if (gst_element_sync_state_with_parent(element) != FALSE) return ok();
  return error(StatusCode::kInternal, "MEDIA_ERROR",
               fmt::format("{} cannot follow its pipeline's state", GST_ELEMENT_NAME(element)));
}

// What became of a call. The worker that comes back from it and its deadline may meet there.
enum class Call { kUnderWay, kOverdue, kReturned };

gboolean on_bus(GstBus*, GstMessage* message, gpointer handler) {
  (*static_cast<std::function<void(GstMessage*)>*>(handler))(message);
  return G_SOURCE_CONTINUE;
}

// Dropped where they are posted: nobody here reads them, each element posts six in its life, and each would
// wake the loop.
GstBusSyncReply drop_state_changes(GstBus*, GstMessage* message, gpointer) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_STATE_CHANGED) return GST_BUS_PASS;
  gst_message_unref(message);
  return GST_BUS_DROP;
}

}  // namespace

struct Pipeline::Core {
  Core(const std::string& name, WorkerPool& workers)
      : pipeline(Ref<GstElement>::sink(gst_pipeline_new(name.c_str()))), strand(workers) {}
  ~Core() { gst_element_set_state(pipeline.get(), GST_STATE_NULL); }

  bool stuck() const { return overdue > 0; }
  void call_is_overdue();
  void overdue_call_returned();

  Ref<GstElement> pipeline;
  Strand strand;
  // Calls past their deadline that have not returned. A count, because a call may be found to have returned
  // before it is counted as overdue.
  std::atomic<int> overdue = 0;
  GstState target = GST_STATE_NULL;  // strand only
};

void Pipeline::Core::call_is_overdue() {
  if (overdue.fetch_add(1) != 0) return;
  ++quarantine_count;
  log::error("A pipeline does not answer and is put in quarantine",
             {{"pipeline", GST_ELEMENT_NAME(pipeline.get())}});
}

void Pipeline::Core::overdue_call_returned() {
  if (overdue.fetch_sub(1) == 1) --quarantine_count;
}

Pipeline::Pipeline(const std::string& name, const Where& where)
    : where_(where), core_(std::make_shared<Core>(name, where.workers)) {
  // Every time stamp on a link is media time, so running time must be the clock's own time.
  gst_element_set_start_time(core_->pipeline.get(), GST_CLOCK_TIME_NONE);
  gst_element_set_base_time(core_->pipeline.get(), 0);
  watch_bus();
}

Pipeline::~Pipeline() {
  g_source_destroy(bus_watch_);
  g_source_unref(bus_watch_);
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(core_->pipeline.get()));
  gst_bus_set_flushing(bus.get(), TRUE);
  auto& strand = core_->strand;
  strand.run([core = std::move(core_)] {});  // the last reference goes on a worker, after all calls
}

GstBin* Pipeline::bin() const { return GST_BIN(core_->pipeline.get()); }

void Pipeline::watch_bus() {
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(core_->pipeline.get()));
  gst_bus_set_sync_handler(bus.get(), drop_state_changes, nullptr, nullptr);
  bus_watch_ = gst_bus_create_watch(bus.get());
  auto handler =
      std::make_unique<std::function<void(GstMessage*)>>([this](GstMessage* m) { take_message(m); });
  g_source_set_callback(bus_watch_, G_SOURCE_FUNC(on_bus), handler.release(), [](gpointer data) {
    const std::unique_ptr<std::function<void(GstMessage*)>> owned(
        static_cast<std::function<void(GstMessage*)>*>(data));
  });
  g_source_attach(bus_watch_, where_.loop.context());
}

void Pipeline::take_message(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    take_error(message);
  } else if (on_message_) {
    on_message_(message);
  }
}

void Pipeline::take_error(GstMessage* message) {
  const auto status = status_of(message);
  for (auto* object = message->src; object != nullptr; object = GST_OBJECT_PARENT(object)) {
    const auto owner = owners_.find(reinterpret_cast<GstElement*>(object));
    if (owner == owners_.end()) continue;
    const auto handler = owner->second;  // it may remove itself
    if (handler) return handler(status);
    break;
  }
  if (on_error_) on_error_(status);
}

void Pipeline::run(absl::AnyInvocable<Status(GstElement*)> call, Done done) {
  if (stuck()) return done(stuck_error());
  // Two may answer, the worker and the deadline: the first one does.
  struct Answer {
    Done done;             // loop only
    Loop::Timer deadline;  // loop only
    std::atomic<Call> call = Call::kUnderWay;
  };
  auto answer = std::make_shared<Answer>();
  answer->done = std::move(done);
  answer->deadline = where_.loop.deadline(where_.deadline, guard_.wrap([answer, core = core_] {
    auto under_way = Call::kUnderWay;
    if (!answer->call.compare_exchange_strong(under_way, Call::kOverdue))
      return;  // its answer is posted already
    core->call_is_overdue();
    std::exchange(answer->done, nullptr)(stuck_error());
  }));
  core_->strand.run([core = core_, call = std::move(call), answer, &loop = where_.loop]() mutable {
    auto status = call(core->pipeline.get());
    if (answer->call.exchange(Call::kReturned) == Call::kOverdue) core->overdue_call_returned();
    loop.post([answer = std::move(answer), status = std::move(status)] {
      answer->deadline.stop();
      if (answer->done) std::exchange(answer->done, nullptr)(status);
    });
  });
}

void Pipeline::start(Done done) {
  run(
      [core = core_.get()](GstElement* pipeline) {
        core->target = GST_STATE_PLAYING;
        return change_state(pipeline, GST_STATE_PLAYING);
      },
      std::move(done));
}

void Pipeline::stop(Done done) {
  run(
      [core = core_.get()](GstElement* pipeline) {
        core->target = GST_STATE_NULL;
        return change_state(pipeline, GST_STATE_NULL);
      },
      std::move(done));
}

void Pipeline::recalculate_latency() {
  run(
      [](GstElement* pipeline) {
        gst_bin_recalculate_latency(GST_BIN(pipeline));
        return ok();
      },
      [](const Status&) {});
}

void Pipeline::add(const Ref<GstElement>& element, std::function<void(const Status&)> on_error) {
  owners_[element.get()] = std::move(on_error);
  auto answer = guard_.wrap([this, raw = element.get()](const Status& status) {
    const auto owner = owners_.find(raw);
    if (status.ok() || owner == owners_.end()) return;  // taken out meanwhile: its owner may be gone
    const auto handler = owner->second;                 // it may remove itself
    if (handler) handler(status);
  });
  if (stuck()) return answer(stuck_error());
  gst_bin_add(bin(), element.get());
  run([element, core = core_.get()](
          GstElement*) { return core->target == GST_STATE_PLAYING ? follow_parent(element.get()) : ok(); },
      std::move(answer));
}

// Behind a call that is stuck the answer comes at once, and the element goes when that call returns.
void Pipeline::remove(const Ref<GstElement>& element, Done done) {
  owners_.erase(element.get());
  const auto take_out = [element](GstElement* pipeline) {
    gst_element_set_locked_state(element.get(), TRUE);
    auto status = change_state(element.get(), GST_STATE_NULL);
    const bool taken_in = gst_object_has_as_parent(GST_OBJECT(element.get()), GST_OBJECT(pipeline)) != FALSE;
    if (taken_in) gst_bin_remove(GST_BIN(pipeline), element.get());
    return status;
  };
  if (!stuck()) return run(take_out, std::move(done));
  core_->strand.run([core = core_, take_out] { static_cast<void>(take_out(core->pipeline.get())); });
  done(stuck_error());
}

bool Pipeline::stuck() const { return core_->stuck(); }

unsigned Pipeline::quarantined() { return quarantine_count; }

}  // namespace kms::gst
