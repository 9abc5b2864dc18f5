// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/rungs.hpp"

#include <fmt/format.h>

namespace kms::graph {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLook{500};
// An encoder that nobody takes from goes on for so long: a receiver whose way is just at its bounds comes
// back.
constexpr std::chrono::seconds kLinger{5};

}  // namespace

Result<std::unique_ptr<Rungs>> Rungs::create(rtc::Server& rtc, gst::Pipeline& pipeline, Options options) {
  auto rungs = std::unique_ptr<Rungs>(new Rungs(pipeline, std::move(options)));  // its constructor is private
  const auto smaller = ladder().first(ladder().size() - 1);
  for (const auto& rung : smaller) {
    if (auto status = rungs->add(rtc, rung); !status.ok()) return status;
  }
  rungs->timer_ = pipeline.loop().every(kLook, [self = rungs.get()] { self->look(); });
  return rungs;
}

Rungs::~Rungs() = default;

Status Rungs::add(rtc::Server& rtc, const Rung& rung) {
  all_.push_back(std::make_unique<Each>(Each{rung, {}, {}}));
  auto to = options_.to;
  to.name = fmt::format("{}-{}", to.name, rung.max_height);
  to.on_demand = guard_.wrap([this, each = all_.back().get()] { start(*each); });
  auto bridge = bridge::GstToRtp::create(rtc, pipeline_, std::move(to));
  if (!bridge.ok()) return bridge.status();
  all_.back()->bridge = std::move(*bridge);
  return ok();
}

void Rungs::feed(const Full& full) {
  full_ = full;
  for (const auto& each : all_) {
    if (each->encoder && each->encoder->inlet()->source() != full.raw)
      each->encoder->inlet()->attach(full.raw);
  }
  look();
}

void Rungs::start(Each& each) {
  each.taken = steady_clock::now();
  if (each.encoder || !full_.raw) return;
  auto job = options_.job;
  job.name = fmt::format("{}-{}", job.name, each.rung.max_height);
  job.rung = each.rung;
  auto made = Transcoder::create(job, pipeline_, options_.to.on_error);
  if (!made.ok()) return options_.to.on_error(made.status());
  each.encoder = std::move(*made);
  each.encoder->inlet()->attach(full_.raw);
  each.bridge->inlet()->attach(each.encoder->fan_out());
  options_.on_start(*each.encoder);
}

void Rungs::stop(Each& each) {
  if (!each.encoder) return;
  options_.on_stop(*each.encoder);
  each.bridge->inlet()->detach();
  each.encoder.reset();
}

void Rungs::stop() {
  for (const auto& each : all_) stop(*each);
}

// A rung is on offer while the pictures are larger than its own, and come.
void Rungs::look() {
  const auto now = steady_clock::now();
  const auto height = full_.encoder->height();
  const bool comes = full_.bridge->source()->comes(rtc::Clock::now());
  full_.bridge->offer(full_.encoder->bitrate_bps());
  for (const auto& each : all_) {
    each->bridge->offer(comes && height > each->rung.max_height ? each->rung.bitrate_bps : 0);
    if (each->bridge->source()->taken()) each->taken = now;
    if (now - each->taken > kLinger) stop(*each);
  }
}

std::vector<const Transcoder*> Rungs::running() const {
  std::vector<const Transcoder*> out;
  for (const auto& each : all_) {
    if (each->encoder) out.push_back(each->encoder.get());
  }
  return out;
}

}  // namespace kms::graph
