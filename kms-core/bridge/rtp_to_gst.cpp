// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/rtp_to_gst.hpp"

#include <atomic>

#include "kms-core/bridge/incoming_track.hpp"
#include "kms-core/bridge/rtp_chains.hpp"
#include "kms-core/gst/outlet.hpp"
#include "kms-core/gst/push_source.hpp"
#include "kms-core/gst/strip.hpp"
#include "kms-core/rtc/tap.hpp"

namespace kms::bridge {
namespace {

// What the RTC thread does when packets are there: wakes the streaming thread, which begins with the first.
// It never owns the source: with that goes the tap, which waits for this very call to return.
struct Waker {
  Waker(Loop& l, const std::shared_ptr<gst::PushSource>& s) : loop(l), source(s), bell(s->bell()) {}

  Loop& loop;
  const std::weak_ptr<gst::PushSource> source;
  const std::shared_ptr<WakeUp> bell;
  std::atomic<bool> begun = false;

  void call() {
    bell->ring();
    if (begun.load(std::memory_order_relaxed) || begun.exchange(true)) return;
    loop.post([source = source] {
      if (const auto self = source.lock()) self->start();
    });
  }
};

}  // namespace

struct RtpToGst::Impl {
  explicit Impl(gst::Pipeline& p) : pipeline(p) {}
  ~Impl();

  gst::Pipeline& pipeline;
  gst::Ref<GstElement> bin;
  std::shared_ptr<gst::FanOut> fan_out;
  std::shared_ptr<IncomingTrack> track;
  std::shared_ptr<Waker> waker;
};

// The streaming thread ends on a worker, and the tap with it.
RtpToGst::Impl::~Impl() {
  waker->begun = true;  // nothing is posted any more
  pipeline.remove(bin, [](const Status&) {});
}

bool RtpToGst::knows(rtc::Codec codec) { return depayloader_chain(codec).ok(); }

Result<std::unique_ptr<RtpToGst>> RtpToGst::create(rtc::Server& rtc, const rtc::SourceRef& source,
                                                   gst::Pipeline& pipeline, Options options) {
  const auto description = depayloader_chain(source->codec());
  if (!description.ok()) return description.status();
  auto chain = gst::parse_chain(*description);
  if (!chain.ok()) return chain.status();
  const auto name = gst::unique_name(options.name);
  const auto outlet = gst::Outlet::create(name + "-out");
  const auto track = std::make_shared<IncomingTrack>(source->codec(), outlet->fan_out(), options.patience);
  const auto push_source =
      gst::PushSource::create(name + "-in", rtp_caps(source->codec(), source->parameters()),
                              [track](gst::PushSource& out) { return track->work(out, rtc::Clock::now()); });
  auto bin = gst::make_bin(name, {push_source->element(), outlet->element()}, {*chain});
  if (!bin.ok()) return bin.status();

  auto impl = std::make_unique<Impl>(pipeline);
  impl->bin = *std::move(bin);
  impl->fan_out = outlet->fan_out();
  impl->track = track;
  impl->waker = std::make_shared<Waker>(pipeline.loop(), push_source);
  rtc::TapOptions tap;
  tap.on_packets = [waker = impl->waker] { waker->call(); };
  track->open(rtc.tap(source, tap));
  pipeline.add(impl->bin, std::move(options.on_error));
  impl->fan_out->on_key_unit_request([weak = std::weak_ptr(track)] {
    if (const auto self = weak.lock()) self->want_key_frame();
  });
  return std::unique_ptr<RtpToGst>(new RtpToGst(std::move(impl)));  // its constructor is private
}

RtpToGst::RtpToGst(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RtpToGst::~RtpToGst() = default;

const std::shared_ptr<gst::FanOut>& RtpToGst::fan_out() const { return impl_->fan_out; }
RtpToGst::Stats RtpToGst::stats() const { return impl_->track->stats(); }

}  // namespace kms::bridge
