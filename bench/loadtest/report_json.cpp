// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "bench/loadtest/json_writer.hpp"
#include "bench/loadtest/report.hpp"

namespace kms::rtc::loadtest {
namespace {

void write(JsonWriter& json, std::string_view name, const Histogram& times) {
  json.begin_object(name);
  json.number("count", times.count());
  json.number("p50", times.percentile_ms(0.5));
  json.number("p90", times.percentile_ms(0.9));
  json.number("p99", times.percentile_ms(0.99));
  json.number("max", times.max_ms());
  json.end_object();
}

void write(JsonWriter& json, std::string_view name, const SetupTimes& times) {
  json.begin_object(name);
  write(json, "post", times.post);
  write(json, "ice", times.ice);
  write(json, "dtls", times.dtls);
  write(json, "first_packet", times.first_packet);
  write(json, "first_key_frame", times.first_key_frame);
  write(json, "total", times.total);
  json.end_object();
}

void write(JsonWriter& json, std::string_view name, const StreamTotals& totals) {
  json.begin_object(name);
  json.number("expected", totals.expected);
  json.number("received", totals.received);
  json.number("repaired", totals.repaired);
  json.number("lost", static_cast<uint64_t>(std::max<int64_t>(totals.lost(), 0)));
  json.number("duplicates", totals.duplicates);
  json.end_object();
}

void write(JsonWriter& json, const Attendance& attendance) {
  json.begin_object("participants");
  json.number("publishers", attendance.publishers);
  json.number("viewers", attendance.viewers);
  json.number("left", attendance.left);
  json.number("failed", attendance.failed);
  json.number("lost", attendance.lost);
  json.begin_object("reasons");
  for (const auto& [reason, count] : attendance.reasons) json.number(reason, count);
  json.end_object();
  json.end_object();
}

struct Name {
  const char* text;
  Count count;
};
constexpr Name kNames[] = {{"sent_packets", Count::kSentPackets},
                           {"sent_bytes", Count::kSentBytes},
                           {"repeated_packets", Count::kRepeatedPackets},
                           {"received_packets", Count::kReceivedPackets},
                           {"received_bytes", Count::kReceivedBytes},
                           {"misrouted", Count::kMisrouted},
                           {"unopened", Count::kUnopened},
                           {"unknown", Count::kUnknown},
                           {"sent_key_frames", Count::kSentKeyFrames},
                           {"nacks_of_server", Count::kPublisherNacks},
                           {"plis_of_server", Count::kPublisherPlis},
                           {"feedback_of_server", Count::kPublisherFeedback},
                           {"nacks_of_viewers", Count::kViewerNacks},
                           {"plis_of_viewers", Count::kViewerPlis},
                           {"feedback_of_viewers", Count::kViewerFeedback},
                           {"dropped_up", Count::kDroppedUp},
                           {"dropped_down", Count::kDroppedDown},
                           {"not_sent", Count::kNotSent}};

void write(JsonWriter& json, const Counts& counts) {
  json.begin_object("counts");
  for (const auto& name : kNames) json.number(name.text, counts[name.count]);
  json.end_object();
}

void write_processes(JsonWriter& json, const Outcome& outcome) {
  json.begin_object("tool");
  json.number("cpu_seconds", outcome.own_cpu_seconds);
  json.number("longest_pause_ms", std::chrono::duration<double, std::milli>(outcome.longest_pause).count());
  json.end_object();
  if (!outcome.server) return;
  json.begin_object("server");
  json.number("cpu_seconds", outcome.server->cpu_seconds);
  if (const auto each = outcome.us_per_packet()) json.number("us_per_packet", *each);
  json.number("threads", static_cast<uint64_t>(outcome.server->threads));
  json.number("resident_mb", outcome.server->resident_mb);
  json.end_object();
}

void write_measured(JsonWriter& json, const Outcome& outcome) {
  json.number("seconds", outcome.seconds);
  json.number("loss_percent", outcome.loss_percent());
  json.number("loss_before_repair_percent", outcome.loss_before_repair_percent());
  write(json, outcome.counts);
  write(json, "video", outcome.video);
  write(json, "audio", outcome.audio);
  json.begin_object("latency_ms");
  write(json, "video", outcome.video_latency);
  write(json, "audio", outcome.audio_latency);
  json.end_object();
  json.number("viewers_without_media", outcome.viewers_without_media);
  json.begin_object("setup_ms");
  write(json, "publisher", outcome.publisher_setup);
  write(json, "viewer", outcome.viewer_setup);
  json.end_object();
  write_processes(json, outcome);
}

}  // namespace

std::string json_of(const Settings& settings, const Outcome& outcome) {
  JsonWriter json;
  json.number("rooms", uint64_t{settings.rooms});
  write(json, outcome.attendance);
  json.flag("measured", outcome.measured);
  if (outcome.measured) write_measured(json, outcome);
  json.begin_list("broken");
  for (const auto& sentence : broken_bounds(settings.bounds, outcome)) json.text_item(sentence);
  json.end_list();
  return json.take();
}

}  // namespace kms::rtc::loadtest
