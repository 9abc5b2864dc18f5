// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/metrics.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/http/metrics_figures.hpp"
#include "kms-core/http/metrics_text.hpp"

namespace kms::http {
namespace {

using std::chrono::system_clock;

constexpr size_t kAtOnce = 8;  // sessions that are asked

uint64_t resident_bytes() {
  uint64_t whole = 0;
  uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> whole >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t open_files() {
  std::error_code failure;
  const std::filesystem::directory_iterator all("/proc/self/fd", failure);
  return static_cast<uint64_t>(std::distance(begin(all), end(all)));
}

// What must not be asked on the HTTP loop. On workers, one call at a time.
struct ProcessLook {
  explicit ProcessLook(std::function<std::pair<uint64_t, uint64_t>()> asks) : uploads(std::move(asks)) {}
  MetricsFigures::Process look() {
    MetricsFigures::Process out;
    out.threads = times.look();
    out.resident_bytes = resident_bytes();
    out.open_files = open_files();
    out.started = started;
    if (uploads) std::tie(out.uploads_files, out.uploads_bytes) = uploads();
    return out;
  }
  const std::function<std::pair<uint64_t, uint64_t>()> uploads;
  const double started = std::chrono::duration<double>(system_clock::now().time_since_epoch()).count();
  ThreadTimes times;
};

// The answers to one request, or to several that came at the same time. HTTP loop; what is asked answers
// there.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(const MetricsSources& sources, std::function<void(Task)> post)
      : sources_(sources), post_(std::move(post)), names_(sources.sessions.names()) {}

  void begin(Strand& strand, const std::shared_ptr<ProcessLook>& process) {
    sources_.rtc.statistics(
        here<rtc::ServerStatistics>([](Gathering& self, auto& given) { self.figures_.rtc = given; }));
    auto take =
        here<MetricsFigures::Process>([](Gathering& self, auto& given) { self.figures_.process = given; });
    strand.run([process, take] { take(process->look()); });
    for (size_t i = 0; i < kAtOnce; ++i) ask_next();
    finish_if_complete();
  }
  void add(HttpServer::Answer answer) { waiting_.push_back(std::move(answer)); }
  bool done() const { return done_; }

  // Answers with what has come.
  void finish() {
    if (std::exchange(done_, true)) return;
    figures_.sessions = names_.size();
    figures_.sessions_unanswered = names_.size() - next_ + asked_;
    figures_.draining = sources_.sessions.draining();
    figures_.dropped_frames = gst::Inlet::dropped_by_all();
    figures_.quarantined = gst::Pipeline::quarantined();
    const Response response{.type = std::string(MetricsText::kType), .body = to_text(figures_)};
    for (auto& answer : waiting_) answer(response);
    waiting_.clear();
  }

 private:
  // For another thread: brings what it is given to `take(self, given)` on the loop.
  template <typename Given, typename Take>
  std::function<void(const Given&)> here(Take take) {
    return [post = post_, weak = weak_from_this(), take](const Given& given) {
      post([weak, take, given]() mutable {
        const auto self = weak.lock();
        if (!self || self->done_) return;
        take(*self, given);
        self->finish_if_complete();
      });
    };
  }

  void ask_next() {
    while (next_ < names_.size()) {
      auto take = here<graph::SessionTally>([](Gathering& self, const auto& tally) {
        --self.asked_;
        self.figures_.graph.add(tally);
        self.ask_next();
      });
      const auto asked = sources_.sessions.with_session(
          names_[next_++], [take](const graph::Session& session) { take(session.tally()); });
      if (!asked.ok()) continue;  // it is being closed
      ++asked_;
      return;
    }
  }
  void finish_if_complete() {
    if (asked_ == 0 && next_ == names_.size() && figures_.rtc && figures_.process) finish();
  }

  const MetricsSources& sources_;
  const std::function<void(Task)> post_;
  const std::vector<std::string> names_;
  size_t next_ = 0;
  size_t asked_ = 0;
  MetricsFigures figures_;
  std::vector<HttpServer::Answer> waiting_;
  bool done_ = false;
};

// HTTP loop.
class Metrics {
 public:
  Metrics(HttpServer& server, const MetricsSources& sources)
      : server_(server),
        sources_(sources),
        strand_(sources.workers),
        process_(std::make_shared<ProcessLook>(sources.uploads)) {}

  void answer(HttpServer::Answer answer) {
    if (gathering_ && !gathering_->done()) return gathering_->add(std::move(answer));
    gathering_ = std::make_shared<Gathering>(sources_, server_.poster());
    gathering_->add(std::move(answer));
    deadline_ = server_.loop().after(sources_.deadline, [this] { gathering_->finish(); });
    gathering_->begin(strand_, process_);
  }

 private:
  HttpServer& server_;
  const MetricsSources sources_;
  Strand strand_;
  const std::shared_ptr<ProcessLook> process_;  // shared with a worker that looks
  std::shared_ptr<Gathering> gathering_;
  Loop::Timer deadline_;
};

}  // namespace

void add_metrics(HttpServer& server, const MetricsSources& sources) {
  auto metrics = std::make_shared<Metrics>(server, sources);
  server.route("/metrics", [metrics](const Request& request, HttpServer::Answer answer) {
    if (request.path != "/metrics") return answer({.status = 404, .body = "not found\n"});
    if (request.method != "GET" && request.method != "HEAD")
      return answer({.status = 405, .body = "only GET\n", .headers = {{"Allow", "GET, HEAD"}}});
    metrics->answer(std::move(answer));
  });
}

}  // namespace kms::http
