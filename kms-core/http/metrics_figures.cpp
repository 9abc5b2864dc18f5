// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/metrics_figures.hpp"

#include "kms-core/http/metrics_text.hpp"

namespace kms::http {
namespace {

struct Metric {
  const char* name;
  const char* help;
};

template <typename Number>
void add(MetricsText& text, const Metric& metric, Number value) {
  text.begin(metric.name, metric.help);
  text.sample(value);
}

// One sample per value of a label.
template <typename Number>
void add(MetricsText& text, const Metric& metric, const char* label,
         const std::map<std::string, Number>& by) {
  text.begin(metric.name, metric.help);
  for (const auto& [value, number] : by) text.sample(number, {{label, value}});
}

void add_graph(MetricsText& text, const MetricsFigures& figures) {
  const auto& graph = figures.graph;
  add(text, {"kms_sessions", "Sessions."}, figures.sessions);
  add(text, {"kms_elements", "Elements by kind."}, "kind", graph.elements);
  add(text, {"kms_links", "Links by what they carry."}, "kind", graph.links);
  add(text, {"kms_transcoders", "Decoders and encoders between elements."}, "does",
      std::map<std::string, uint64_t>{{"decode", graph.decoders}, {"encode", graph.encoders}});
  add(text, {"kms_queue_frames", "Frames that wait before elements and transcoders."}, graph.queued_frames);
  add(text, {"kms_queue_bytes", "Bytes that wait there."}, graph.queued_bytes);
  add(text, {"kms_queue_longest_frames", "Frames in the longest of these queues."}, graph.longest_queue);
  add(text, {"kms_queue_dropped_frames_total", "Frames that a full queue or a failed element dropped."},
      figures.dropped_frames);
  add(text, {"kms_pipelines_quarantined", "Pipelines that do not answer (PIPELINE_STUCK)."},
      figures.quarantined);
}

using Directions = std::map<std::string, uint64_t>;

void add_feedback(MetricsText& text, const rtc::ServerStatistics& rtc) {
  add(text,
      {"kms_rtc_lost_packets_total",
       "Packets of media: in, that did not come in time; out, as peers report."},
      "direction", Directions{{"in", rtc.lost_incoming}, {"out", rtc.lost_outgoing}});
  add(text, {"kms_rtc_nacks_total", "NACK packets: in, of peers; out, of ours."}, "direction",
      Directions{{"in", rtc.nacks_received}, {"out", rtc.nacks_sent}});
  add(text, {"kms_rtc_plis_total", "PLI packets: in, of peers; out, of ours."}, "direction",
      Directions{{"in", rtc.plis_received}, {"out", rtc.plis_sent}});
  add(text, {"kms_rtc_firs_total", "FIR packets of peers."}, rtc.firs_received);
  add(text, {"kms_rtc_resent_packets_total", "Packets of media that were sent again."}, rtc.resent);
}

void add_rtc(MetricsText& text, const rtc::ServerStatistics& rtc) {
  add(text, {"kms_rtc_peers", "Peers of WebRTC and plain RTP."}, rtc.peers);
  add(text, {"kms_rtc_received_packets_total", "Datagrams received."}, rtc.packets_in);
  add(text, {"kms_rtc_received_bytes_total", "Bytes received, without IP and UDP headers."}, rtc.bytes_in);
  add(text, {"kms_rtc_sent_packets_total", "Datagrams sent."}, rtc.packets_out);
  add(text, {"kms_rtc_sent_bytes_total", "Bytes sent, without IP and UDP headers."}, rtc.bytes_out);
  add(text, {"kms_rtc_sent_media_packets_total", "RTP packets that were to go out."}, rtc.media_out);
  add(text, {"kms_rtc_sent_messages_total", "Messages in which the kernel was given the datagrams."},
      rtc.messages_out);
  add(text,
      {"kms_rtc_refused_packets_total", "Datagrams that were garbage, forged, replayed or of strangers."},
      rtc.refused_datagrams);
  add(text,
      {"kms_rtc_dropped_packets_total",
       "Packets dropped: out, by the kernel or a slow connection; between, "
       "for an RTC thread that was far behind."},
      "where", Directions{{"out", rtc.dropped_out}, {"between", rtc.dropped_between}});
  add(text, {"kms_rtc_pooled_packets", "Packets that memory is kept for."}, rtc.pooled_packets);
  add(text, {"kms_rtc_estimated_peers", "Peers of which is known what the way to them bears."},
      rtc.estimated_peers);
  add(text,
      {"kms_rtc_available_outgoing_bps",
       "What the ways to these peers bear, bits per second: all together, and the least of them."},
      "of",
      std::map<std::string, double>{{"all", rtc.available_outgoing_bps}, {"least", rtc.least_available_bps}});
  add_feedback(text, rtc);
}

void add_process(MetricsText& text, const MetricsFigures::Process& process) {
  text.begin("kms_threads", "Threads by name.");
  for (const auto& [name, group] : process.threads) text.sample(group.threads, {{"thread", name}});
  text.begin("kms_thread_cpu_seconds_total", "Processor time by names of threads.");
  for (const auto& [name, group] : process.threads) text.sample(group.seconds, {{"thread", name}});
  add(text, {"kms_process_resident_memory_bytes", "Memory that is resident."}, process.resident_bytes);
  add(text, {"kms_process_open_fds", "File descriptors that are open."}, process.open_files);
  add(text, {"kms_process_start_time_seconds", "When the server was started, since 1970."}, process.started);
  add(text, {"kms_uploads_waiting_files", "Files that are to be uploaded."}, process.uploads_files);
  add(text, {"kms_uploads_spool_bytes", "Bytes in the spool, files that are being written included."},
      process.uploads_bytes);
}

}  // namespace

std::string to_text(const MetricsFigures& figures) {
  MetricsText text;
  add_graph(text, figures);
  if (figures.rtc) add_rtc(text, *figures.rtc);
  if (figures.process) add_process(text, *figures.process);
  add(text, {"kms_draining", "1 while the server is being stopped."}, figures.draining ? 1 : 0);
  add(text, {"kms_scrape_unanswered", "Parts that did not answer this request in time, and are not in it."},
      "part",
      std::map<std::string, size_t>{{"sessions", figures.sessions_unanswered},
                                    {"rtc", figures.rtc ? 0 : 1},
                                    {"process", figures.process ? 0 : 1}});
  return text.text();
}

}  // namespace kms::http
