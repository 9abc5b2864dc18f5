// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/viewer.hpp"

#include <algorithm>

#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtp/key_frame.hpp"
#include "kms-core/rtc/rtp/rtx.hpp"

namespace kms::rtc::loadtest {
namespace {

using std::chrono::milliseconds;

constexpr Duration kViewerReportInterval = milliseconds(1000);
constexpr Duration kFeedbackInterval = milliseconds(50);
constexpr Duration kKeyFrameInterval = milliseconds(500);  // between requests, and before the first
constexpr size_t kMostAskedAtOnce = 64;
constexpr char kViewerName[] = "loadtest";

}  // namespace

// Begins with a report where the server has not agreed to less (RFC 5506).
struct Viewer::Compound {
  explicit Compound(const Viewer& viewer) : connection(viewer.connection_) {
    const auto* any = viewer.any_line();
    if (any && !any->line().reduced_size) writer.receiver_report(viewer.ssrc_, {});
  }
  MutableBytes rest() { return room().subspan(writer.size()); }
  MutableBytes room() { return MutableBytes(buffer).first(buffer.size() - SrtcpSealer::kOverhead); }
  // With `more` bytes that were written to rest().
  void send(size_t more = 0) { connection.send_rtcp(buffer, writer.size() + more); }

  Connection& connection;
  std::array<uint8_t, 1200> buffer;
  RtcpWriter writer{room()};
};

Viewer::Viewer(Workplace& place, Connection& connection, const Agreement& agreement, uint32_t room)
    : place_(place), connection_(connection), room_(room), ssrc_(static_cast<uint32_t>(place.random()) | 1) {
  if (agreement.audio && receives(agreement.audio->direction)) audio_.emplace(*agreement.audio);
  if (agreement.video && receives(agreement.video->direction)) video_.emplace(*agreement.video);
}

void Viewer::start(TimePoint now) {
  waits_for_key_frame_ = video_.has_value();
  key_frame_due_ = video_ ? now + kKeyFrameInterval : TimePoint::max();
  report_due_ = now + kViewerReportInterval;
  feedback_due_ = now + kFeedbackInterval;
}

TimePoint Viewer::deadline() const {
  auto deadline = std::min({report_due_, feedback_due_, key_frame_due_});
  return video_ ? std::min(deadline, video_->missing_deadline()) : deadline;
}

void Viewer::on_time(TimePoint now) {
  if (video_ && now >= video_->missing_deadline()) ask_for_missing(now);
  if (now >= key_frame_due_) ask_for_key_frame(now);
  if (now >= feedback_due_) send_feedback(now);
  if (now >= report_due_) report(now);
}

void Viewer::on_rtp(MutableBytes packet, TimePoint arrived) {
  const auto view = RtpView::parse(packet);
  if (!view) return;
  if (first_packet_ == TimePoint{}) first_packet_ = arrived;
  note_transport(*view, arrived);
  const auto type = view->payload_type();
  if (video_ && video_->carries(type)) return take(*video_, *view, arrived, false);
  if (audio_ && audio_->carries(type)) return take(*audio_, *view, arrived, false);
  if (video_ && video_->repairs(type)) return take_repaired(packet, arrived);
  ++place_.count(Count::kUnknown);
}

const IncomingLine* Viewer::any_line() const {
  if (video_) return &*video_;
  return audio_ ? &*audio_ : nullptr;
}

void Viewer::note_transport(const RtpView& packet, TimePoint now) {
  const auto* any = any_line();  // one number for all lines of a transport
  const auto id = any ? any->line().extensions.id_of(ExtensionKind::kTransportSequence) : uint8_t{0};
  const auto value = id != 0 ? packet.extension(id) : std::nullopt;
  if (value && value->size() == 2) arrivals_.on_packet(load_u16(value->data()), now);
}

// Without a packet, RTX is padding that probes the way.
void Viewer::take_repaired(MutableBytes packet, TimePoint now) {
  const auto ssrc = video_->ssrc();
  if (!ssrc) return;
  const auto original = rtx_unwrap(packet, {video_->line().payload_type, *ssrc});
  const auto view = RtpView::parse(original);
  if (view) take(*video_, *view, now, true);
}

void Viewer::take(IncomingLine& line, const RtpView& packet, TimePoint now, bool repaired) {
  if (!line.on_packet(packet, now, repaired)) return;
  const bool video = &line == (video_ ? &*video_ : nullptr);
  note_latency(packet, now, video);
  if (!video) return;
  if (starts_key_frame(line.line().codec.codec, packet.payload())) {
    if (first_key_frame_ == TimePoint{}) first_key_frame_ = now;
    waits_for_key_frame_ = false;
    key_frame_due_ = TimePoint::max();
  }
}

void Viewer::note_latency(const RtpView& packet, TimePoint now, bool video) {
  const auto stamp = place_.stamps.read(packet.payload());
  if (!stamp) return;
  if (stamp->room != room_) ++place_.count(Count::kMisrouted);
  (video ? place_.tally.video_latency : place_.tally.audio_latency).add(now - stamp->sent);
}

void Viewer::on_rtcp(Bytes compound, TimePoint now) {
  RtcpReader reader(compound);
  while (const auto packet = reader.next()) {
    const auto info = read_sender_info(*packet);
    if (!info) continue;
    if (audio_) audio_->on_sender_report(*info, now);
    if (video_) video_->on_sender_report(*info, now);
  }
}

void Viewer::report(TimePoint now) {
  report_due_ = now + kViewerReportInterval;
  std::array<ReportBlock, 2> blocks;
  size_t count = 0;
  for (auto* line : {audio_ ? &*audio_ : nullptr, video_ ? &*video_ : nullptr}) {
    const auto block = line ? line->report(now) : std::nullopt;
    if (block) blocks[count++] = *block;
  }
  Compound compound(*this);
  compound.writer = RtcpWriter(compound.room());
  compound.writer.receiver_report(ssrc_, std::span(blocks).first(count));
  compound.writer.cname({ssrc_, kViewerName});
  compound.send();
}

void Viewer::ask_for_missing(TimePoint now) {
  std::array<uint16_t, kMostAskedAtOnce> sequences;
  const auto count = video_->missing(now, sequences);
  if (video_->take_hopeless() && !waits_for_key_frame_) {
    waits_for_key_frame_ = true;
    key_frame_due_ = now;
  }
  if (count == 0) return;
  Compound compound(*this);
  compound.writer.nack({ssrc_, *video_->ssrc()}, std::span(sequences).first(count));
  compound.send();
  place_.count(Count::kViewerNacks) += count;
}

// Before the first packet nobody knows the SSRC, and the server should ask by itself.
void Viewer::ask_for_key_frame(TimePoint now) {
  key_frame_due_ = now + kKeyFrameInterval;
  if (!video_->ssrc() || !video_->line().pli) return;
  Compound compound(*this);
  compound.writer.pli({ssrc_, *video_->ssrc()});
  compound.send();
  ++place_.count(Count::kViewerPlis);
}

void Viewer::send_feedback(TimePoint now) {
  feedback_due_ = now + kFeedbackInterval;
  const auto about = video_ && video_->ssrc() ? video_->ssrc() : audio_ ? audio_->ssrc() : std::nullopt;
  while (arrivals_.has_news()) {
    Compound compound(*this);
    const auto size = arrivals_.write({ssrc_, about.value_or(0)}, compound.rest());
    if (size == 0) return;
    compound.send(size);
    ++place_.count(Count::kViewerFeedback);
  }
}

void Viewer::add_to(Tally& tally) const {
  if (video_) tally.video += video_->totals();
  if (audio_) tally.audio += audio_->totals();
}

}  // namespace kms::rtc::loadtest
