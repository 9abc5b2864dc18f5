// SPDX-License-Identifier: Apache-2.0
#include "tests/support/live_peer/live_peer.hpp"

#include <poll.h>

#include <algorithm>

#include "kms-core/rtc/rtcp/nack_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

constexpr auto kReportEvery = std::chrono::milliseconds(500);
constexpr auto kCheckEvery = std::chrono::seconds(2);  // a peer that checks no more is gone (RFC 7675)
constexpr char kName[] = "test";                       // as TestPeer's offer says

TestPeer::Options transport_of(const LivePeer::Setup& setup) {
  TestPeer::Options options;
  options.rtx = false;
  if (!setup.video.empty()) options.video = codec_setup(setup.video).rtpmap;
  if (!setup.audio.empty()) options.audio = codec_setup(setup.audio).rtpmap;
  if (setup.video == "H264")
    options.video_parameters = "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1";
  return options;
}

SenderSetup sender_setup(const LivePeer::Setup& setup, bool video) {
  const auto& clip = scene_clip(video ? setup.video : setup.audio, setup.clip);
  return {&clip, video ? setup.video_speed : setup.audio_speed,
          video ? TestPeer::kVideoSsrc : TestPeer::kAudioSsrc, video ? 900'000u : 480'000u};
}

}  // namespace

// Clips are made before anything begins: that takes a second or two, and what fell due in the meantime would
// be sent in one burst.
LivePeer::LivePeer(const Setup& setup) : setup_(setup), peer_(transport_of(setup)) {
  const bool sends = setup_.direction.starts_with("send");
  if (sends && !setup_.video.empty()) video_setup_ = sender_setup(setup_, true);
  if (sends && !setup_.audio.empty()) audio_setup_ = sender_setup(setup_, false);
  for (auto& line : peer_.lines()) line.direction = setup.direction;
}

bool LivePeer::connect(const std::string& answer) {
  rtc::Answer taken;
  taken.sdp = answer;
  return peer_.use(taken).ok() && peer_.connect();
}

void LivePeer::start(rtc::TimePoint now) {
  if (video_setup_) video_out_.emplace(*video_setup_, now);
  if (audio_setup_) audio_out_.emplace(*audio_setup_, now);
  if ((video_out_ || audio_out_) && setup_.reports) next_report_ = now + std::chrono::milliseconds(100);
  next_check_ = now + kCheckEvery;
  take_in(now);
}

rtc::TimePoint LivePeer::due() const {
  auto due = std::min(next_report_, next_check_);
  for (const auto* out : {&video_out_, &audio_out_}) due = *out ? std::min(due, (*out)->due()) : due;
  return due;
}

void LivePeer::send(StreamSender& sender, bool video, rtc::TimePoint now) {
  while (sender.due() <= now) {
    const auto due = sender.due();
    const auto out = sender.take();
    peer_.send({.video = video,
                .marker = out.marker,
                .sequence = out.sequence,
                .timestamp = out.timestamp,
                .payload = {out.payload.begin(), out.payload.end()}});
    const auto sent = rtc::Clock::now();
    sender.note_sent(out, sent);
    late_.push_back(sent - due);
  }
}

void LivePeer::send_due(rtc::TimePoint now) {
  if (video_out_) send(*video_out_, true, now);
  if (audio_out_) send(*audio_out_, false, now);
  if (now >= next_check_) {
    next_check_ += kCheckEvery;
    peer_.send_check();
  }
  if (now < next_report_) return;
  next_report_ += kReportEvery;
  for (const auto* out : {&video_out_, &audio_out_}) {
    if (*out) peer_.send_rtcp((*out)->report(now, kName));
  }
}

rtc::Duration LivePeer::late() const {
  if (late_.empty()) return {};
  auto sorted = late_;
  std::ranges::sort(sorted);
  return sorted[sorted.size() * 9 / 10];
}

void LivePeer::send_again(uint16_t sequence) {
  const auto* out = video_out_ ? video_out_->find(sequence) : nullptr;
  if (!out) return;
  peer_.send({.video = true,
              .marker = out->marker,
              .sequence = out->sequence,
              .timestamp = out->timestamp,
              .payload = {out->payload.begin(), out->payload.end()}});
}

void LivePeer::take_in(rtc::TimePoint now) {
  peer_.read_available();
  for (const auto& packet : peer_.rtp()) {
    const auto view = rtc::RtpView::parse(packet);
    if (!view) continue;
    auto& in = view->payload_type() == TestPeer::kVideoType ? video_in_ : audio_in_;
    in.push_back({now, view->sequence(), view->timestamp(), view->ssrc(), view->marker(), packet});
  }
  for (const auto& compound : peer_.rtcp()) {
    rtc::RtcpReader reader(compound);
    while (const auto packet = reader.next()) take_report(*packet, now);
  }
  peer_.clear();
}

void LivePeer::take_report(const rtc::RtcpPacket& packet, rtc::TimePoint now) {
  if (const auto info = rtc::read_sender_info(packet)) reports_[info->ssrc].push_back({now, *info});
  if (const auto name = rtc::read_cname(packet, 0)) cnames_[name->ssrc] = name->cname;
  if (rtc::is_pli(packet)) ++key_frames_wanted_;
  rtc::NackReader wanted(packet);
  while (const auto sequence = wanted.next()) send_again(*sequence);
}

bool perform(const std::vector<LivePeer*>& peers, const std::function<bool()>& done, rtc::Duration limit) {
  const auto end = rtc::Clock::now() + limit;
  while (!done()) {
    auto now = rtc::Clock::now();
    if (now >= end) return false;
    auto due = end;
    std::vector<pollfd> waits;
    for (auto* peer : peers) {
      peer->send_due(now);
      due = std::min(due, peer->due());
      waits.push_back({peer->descriptor(), POLLIN, 0});
    }
    const auto left = std::max(rtc::Duration::zero(), due - rtc::Clock::now());
    const timespec timeout{left / std::chrono::seconds(1), (left % std::chrono::seconds(1)).count()};
    ppoll(waits.data(), waits.size(), &timeout, nullptr);
    now = rtc::Clock::now();
    for (auto* peer : peers) peer->take_in(now);
  }
  return true;
}

void perform(const std::vector<LivePeer*>& peers, rtc::Duration length) {
  perform(
      peers, [] { return false; }, length);
}

}  // namespace kms::test
