// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/gst_to_rtp.hpp"

#include "kms-core/bridge/outgoing_track.hpp"
#include "kms-core/bridge/rtp_chains.hpp"
#include "kms-core/gst/batch_sink.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::bridge {
namespace {

// An encoder may answer on the thread that asks, so that is no RTC thread.
std::function<void()> key_frame_asker(Loop& loop, const std::shared_ptr<gst::Inlet>& inlet,
                                      const std::function<void()>& on_demand) {
  return [&loop, weak = std::weak_ptr(inlet), on_demand] {
    loop.post([weak, on_demand] {
      const auto self = weak.lock();
      if (!self) return;
      if (on_demand) on_demand();
      self->request_key_unit();
    });
  };
}

}  // namespace

struct GstToRtp::Impl {
  explicit Impl(gst::Pipeline& p) : pipeline(p) {}
  ~Impl();

  gst::Pipeline& pipeline;
  gst::Ref<GstElement> bin;
  std::shared_ptr<gst::Inlet> inlet;
  std::shared_ptr<OutgoingTrack> track;
  rtc::SourceRef source;
};

// The source ends here, and the streaming thread on a worker.
GstToRtp::Impl::~Impl() {
  inlet->detach();
  track->close();
  pipeline.remove(bin, [track = track](const Status&) {});
}

bool GstToRtp::knows(rtc::Codec codec) { return payloader_chain(codec, 0).ok(); }

Result<std::unique_ptr<GstToRtp>> GstToRtp::create(rtc::Server& rtc, gst::Pipeline& pipeline,
                                                   Options options) {
  const auto description = payloader_chain(options.codec, options.mtu);
  if (!description.ok()) return description.status();
  auto chain = gst::parse_chain(*description);
  if (!chain.ok()) return chain.status();
  const auto name = gst::unique_name(options.name);
  const auto inlet = gst::Inlet::create(name + "-in");
  inlet->set_direct();
  inlet->set_catches_up(false);
  const auto track = std::make_shared<OutgoingTrack>(options.codec);
  const auto sink =
      gst::BatchSink::create(name + "-out", {.on_buffer = [track](GstBuffer* buffer) { track->send(buffer); },
                                             .on_batch = [track] { track->end_batch(); }});
  auto bin = gst::make_bin(name, {inlet->element(), sink->element()}, {*chain});
  if (!bin.ok()) return bin.status();

  rtc::LocalSourceOptions wanted;
  wanted.codec = options.codec;
  wanted.cname = std::move(options.cname);
  wanted.keep_from_key_frame = options.keep_from_key_frame;
  wanted.on_key_frame_wanted = key_frame_asker(pipeline.loop(), inlet, options.on_demand);
  wanted.encodings = std::move(options.encodings);
  wanted.on_demand = options.on_demand != nullptr;
  auto local = rtc.create_local_source(wanted);
  auto impl = std::make_unique<Impl>(pipeline);
  impl->bin = *std::move(bin);
  impl->inlet = inlet;
  impl->track = track;
  impl->source = local->source();
  track->open(std::move(local));
  pipeline.add(impl->bin, std::move(options.on_error));
  return std::unique_ptr<GstToRtp>(new GstToRtp(std::move(impl)));  // its constructor is private
}

GstToRtp::GstToRtp(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GstToRtp::~GstToRtp() = default;

const std::shared_ptr<gst::Inlet>& GstToRtp::inlet() const { return impl_->inlet; }
const rtc::SourceRef& GstToRtp::source() const { return impl_->source; }
void GstToRtp::offer(double bps) { impl_->track->offer(bps); }

}  // namespace kms::bridge
