// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/rtp_to_gst.hpp"

#include <algorithm>
#include <atomic>
#include <vector>

#include "kms-core/bridge/encoding_choice.hpp"
#include "kms-core/bridge/incoming_track.hpp"
#include "kms-core/bridge/rtp_chains.hpp"
#include "kms-core/gst/outlet.hpp"
#include "kms-core/gst/push_source.hpp"
#include "kms-core/gst/strip.hpp"
#include "kms-core/rtc/tap.hpp"

namespace kms::bridge {
namespace {

constexpr std::chrono::milliseconds kFollow{500};

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
  Impl(rtc::Server& r, gst::Pipeline& p) : rtc(r), pipeline(p) {}
  ~Impl();

  std::unique_ptr<rtc::Tap> tap(const rtc::SourceRef& of);
  void follow();
  void follow_encodings(rtc::TimePoint now);
  void follow_layers(rtc::TimePoint now);

  rtc::Server& rtc;
  gst::Pipeline& pipeline;
  gst::Ref<GstElement> bin;
  std::shared_ptr<gst::FanOut> fan_out;
  std::shared_ptr<IncomingTrack> track;
  std::shared_ptr<Waker> waker;
  rtc::SourceRef source;
  // Of a simulcast track.
  std::vector<rtc::SourceRef> encodings;
  rtc::PictureSize wanted;
  EncodingChoice choice;
  uint64_t aim = 0;
  bool offered = false;
  Loop::Timer timer;
};

std::unique_ptr<rtc::Tap> RtpToGst::Impl::tap(const rtc::SourceRef& of) {
  return rtc.tap(of, {.on_packets = [waker = waker] { waker->call(); }});
}

void RtpToGst::Impl::follow() {
  if (encodings.size() > 1) return follow_encodings(rtc::Clock::now());
  follow_layers(rtc::Clock::now());
}

// Of one encoding, its spatial layers.
void RtpToGst::Impl::follow_layers(rtc::TimePoint now) {
  const auto* layers = source->layers();
  const size_t count = layers && source->comes(now) ? layers->counts(now).spatial : 1;
  if (count < 2) return;
  std::vector<EncodingChoice::Encoding> all;
  for (uint8_t i = 0; i < count; ++i) all.push_back({layers->size(i), layers->bps({.spatial = i}), true});
  const auto read = std::min<size_t>(track->layers().limit(), count - 1);
  const auto chosen = choice.choose(all, read, wanted, now);
  track->layers().want(chosen + 1 < count ? static_cast<uint8_t>(chosen) : rtc::LayerLimits::kAll);
}

void RtpToGst::Impl::follow_encodings(rtc::TimePoint now) {
  std::vector<EncodingChoice::Encoding> all;
  for (const auto& each : encodings) all.push_back({each->picture(), each->most_bps(), each->comes(now)});
  const auto useful = EncodingChoice::useful(all, wanted);
  for (size_t i = 0; i < encodings.size(); ++i) {
    if (useful[i]) encodings[i]->wish(now);
  }
  const auto reads = track->taps().reads();
  const auto read = std::ranges::find(encodings, reads, &rtc::SourceTrack::id) - encodings.begin();
  const auto chosen = encodings[choice.choose(all, static_cast<size_t>(read), wanted, now)];
  // What is taken back may have taken over meanwhile.
  if (chosen->id() == aim && (offered || aim == reads)) return;
  aim = chosen->id();
  offered = aim != reads;
  track->taps().offer(offered ? tap(chosen) : nullptr, aim);
}

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

  auto impl = std::make_unique<Impl>(rtc, pipeline);
  impl->bin = *std::move(bin);
  impl->fan_out = outlet->fan_out();
  impl->track = track;
  impl->waker = std::make_shared<Waker>(pipeline.loop(), push_source);
  track->taps().open(impl->tap(source), impl->aim = source->id());
  pipeline.add(impl->bin, std::move(options.on_error));
  impl->fan_out->on_key_unit_request([weak = std::weak_ptr(track)] {
    if (const auto self = weak.lock()) self->taps().want_key_frame();
  });
  impl->source = source;
  impl->encodings = source->encodings();
  if (impl->encodings.size() > 1 || source->codec() == rtc::Codec::kVp9)
    impl->timer = pipeline.loop().every(kFollow, [to = impl.get()] { to->follow(); });
  return std::unique_ptr<RtpToGst>(new RtpToGst(std::move(impl)));  // its constructor is private
}

RtpToGst::RtpToGst(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RtpToGst::~RtpToGst() = default;

const std::shared_ptr<gst::FanOut>& RtpToGst::fan_out() const { return impl_->fan_out; }
void RtpToGst::want(const rtc::PictureSize& size) {
  if (impl_->wanted == size) return;
  impl_->wanted = size;
  impl_->follow();
}
RtpToGst::Stats RtpToGst::stats() const { return impl_->track->stats(); }

}  // namespace kms::bridge
