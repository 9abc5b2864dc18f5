// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/report.hpp"

#include <fmt/format.h>

namespace kms::rtc::loadtest {
namespace {

double per_second(uint64_t count, const Outcome& outcome) {
  return outcome.seconds > 0 ? static_cast<double>(count) / outcome.seconds : 0;
}

double mbit(uint64_t bytes) { return static_cast<double>(bytes) * 8e-6; }

double worst_setup_ms(const Outcome& outcome) {
  return std::max(outcome.publisher_setup.total.max_ms(), outcome.viewer_setup.total.max_ms());
}

std::string text_of(std::string_view name, const Histogram& times) {
  if (times.count() == 0) return "";
  return fmt::format("  {:<22} {:>8.1f} {:>8.1f} {:>8.1f} {:>8.1f}   {}\n", name, times.percentile_ms(0.5),
                     times.percentile_ms(0.9), times.percentile_ms(0.99), times.max_ms(), times.count());
}

std::string text_of(std::string_view who, const SetupTimes& times) {
  const auto name = [&](const char* step) { return fmt::format("{} {}", who, step); };
  return text_of(name("POST"), times.post) + text_of(name("ICE"), times.ice) +
         text_of(name("DTLS"), times.dtls) + text_of(name("first packet"), times.first_packet) +
         text_of(name("first key frame"), times.first_key_frame) + text_of(name("in all"), times.total);
}

std::string attendance_text(const Attendance& attendance) {
  auto text = fmt::format("joined     {} publishers, {} viewers; {} left, {} failed, {} lost\n",
                          attendance.publishers, attendance.viewers, attendance.left, attendance.failed,
                          attendance.lost);
  for (const auto& [reason, count] : attendance.reasons)
    text += fmt::format("           {} x {}\n", count, reason);
  return text;
}

std::string media_text(const Outcome& outcome) {
  const auto& counts = outcome.counts;
  return fmt::format(
             "received   {:.0f} packets/s, {:.1f} Mbit/s in {:.1f} s; sent {:.0f} packets/s, {:.1f} Mbit/s\n",
             per_second(counts[Count::kReceivedPackets], outcome),
             mbit(counts[Count::kReceivedBytes]) / outcome.seconds, outcome.seconds,
             per_second(counts[Count::kSentPackets], outcome),
             mbit(counts[Count::kSentBytes]) / outcome.seconds) +
         fmt::format(
             "loss       {:.3f} % (pictures {:.3f} %, sound {:.3f} %), before repair {:.3f} %; {} repaired, "
             "{} came twice\n",
             outcome.loss_percent(), Outcome::loss_percent(outcome.video),
             Outcome::loss_percent(outcome.audio), outcome.loss_before_repair_percent(),
             outcome.video.repaired, outcome.video.duplicates + outcome.audio.duplicates) +
         fmt::format("asked for  {} packets and {} key frames by viewers, {} and {} by the server\n",
                     counts[Count::kViewerNacks], counts[Count::kViewerPlis], counts[Count::kPublisherNacks],
                     counts[Count::kPublisherPlis]);
}

std::string server_text(const Outcome& outcome) {
  if (!outcome.server) return "";
  const auto& server = *outcome.server;
  return fmt::format("server     {:.1f} % CPU, {:.2f} us per received packet; {} threads, {:.1f} MB\n",
                     100 * server.cpu_seconds / outcome.seconds, outcome.us_per_packet().value_or(0),
                     server.threads, server.resident_mb);
}

std::string own_text(const Outcome& outcome) {
  return fmt::format("this tool  {:.1f} % CPU, longest pause {:.1f} ms\n",
                     100 * outcome.own_cpu_seconds / outcome.seconds,
                     std::chrono::duration<double, std::milli>(outcome.longest_pause).count());
}

std::string faults_text(const Outcome& outcome) {
  std::string text;
  const auto& counts = outcome.counts;
  const auto add = [&](uint64_t count, std::string_view what) {
    if (count > 0) text += fmt::format("FAULT      {} {}\n", count, what);
  };
  add(counts[Count::kMisrouted], "packets of another room");
  add(counts[Count::kUnopened], "packets that do not open");
  add(counts[Count::kUnknown], "packets of no payload type that was agreed on");
  add(counts[Count::kNotSent], "packets of ours that the kernel did not take");
  add(outcome.viewers_without_media, "viewers without media");
  return text;
}

}  // namespace

std::string text_of(const Progress& progress) {
  return fmt::format(
      "{:6.1f} s  {:<10}  {} publishers, {} viewers, {} joining, {} failed  {:.0f} packets/s {:.1f} Mbit/s  "
      "loss {:.2f} %  pictures {:.1f} ms",
      progress.seconds, name_of(progress.phase), progress.publishers, progress.viewers, progress.joining,
      progress.failed, progress.packets_per_second, progress.mbit_per_second, progress.loss_percent,
      progress.video_latency_ms);
}

std::vector<std::string> broken_bounds(const Bounds& bounds, const Outcome& outcome) {
  std::vector<std::string> broken;
  const auto check = [&](std::optional<double> bound, double value, std::string_view what) {
    if (bound && value > *bound)
      broken.push_back(fmt::format("{} {:.3f} exceeds {:.3f}", what, value, *bound));
  };
  if (!outcome.measured) broken.emplace_back("nothing was measured");
  check(bounds.loss, outcome.loss_percent(), "loss in percent");
  check(bounds.setup_ms, worst_setup_ms(outcome), "longest set-up in ms");
  check(bounds.latency_ms, outcome.video_latency.percentile_ms(0.99), "latency of pictures (99 %) in ms");
  const auto failures = outcome.attendance.failed + outcome.attendance.lost;
  if (bounds.failures)
    check(static_cast<double>(*bounds.failures), static_cast<double>(failures), "failed and lost");
  if (bounds.setup_ms) check(0, static_cast<double>(outcome.viewers_without_media), "viewers without media");
  return broken;
}

std::string text_of(const Settings& settings, const Outcome& outcome) {
  auto text = attendance_text(outcome.attendance);
  if (outcome.measured) {
    text += media_text(outcome) + server_text(outcome) + own_text(outcome) + faults_text(outcome);
    text +=
        fmt::format("  {:<22} {:>8} {:>8} {:>8} {:>8}   ms, number\n", "", "50 %", "90 %", "99 %", "most");
    text += text_of("latency of pictures", outcome.video_latency) +
            text_of("latency of sound", outcome.audio_latency);
    text += text_of("publisher", outcome.publisher_setup) + text_of("viewer", outcome.viewer_setup);
  }
  for (const auto& sentence : broken_bounds(settings.bounds, outcome))
    text += "BROKEN     " + sentence + '\n';
  return text;
}

}  // namespace kms::rtc::loadtest
