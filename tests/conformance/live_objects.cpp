// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/live_objects.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace kms::test {
namespace {

constexpr int kMostPooled = 16;

gst::Ref<GstObject> find_tracer() {
  gst::Ref<GstObject> found;
  GList* tracers = gst_tracing_get_active_tracers();
  for (GList* each = tracers; each != nullptr; each = each->next) {
    auto tracer = gst::Ref<GstObject>::adopt(static_cast<GstObject*>(each->data));
    if (std::string(G_OBJECT_TYPE_NAME(tracer.get())) == "GstLeaksTracer") found = std::move(tracer);
  }
  g_list_free(tracers);
  if (!found) throw std::runtime_error("GStreamer's tracer \"leaks\" does not run");
  return found;
}

}  // namespace

bool nothing_but_parsebins_streams(ObjectCounts counts) {
  std::erase_if(counts, [](const auto& entry) { return entry.second < 0; });
  static const std::set<std::string> lost{
      "GstStreamCollection", "GstStream", "GstParsePad", "GstProxyPad", "GstCaps",
      "GstTagList",          "GstBuffer", "GstMemory",   "GstEvent",    "GstPadTemplate"};
  const bool streams = counts.contains("GstStream");
  return counts.empty() || (streams && std::all_of(counts.begin(), counts.end(), [](const auto& entry) {
                              return lost.contains(entry.first);
                            }));
}

LiveObjects::LiveObjects() : tracer_(find_tracer()) {
  g_signal_emit_by_name(tracer_.get(), "activity-start-tracking");
}

LiveObjects::~LiveObjects() { g_signal_emit_by_name(tracer_.get(), "activity-stop-tracking"); }

ObjectCounts LiveObjects::more() {
  GstStructure* activity = nullptr;
  g_signal_emit_by_name(tracer_.get(), "activity-get-checkpoint", &activity);
  count(activity, "objects-created-list", 1);
  count(activity, "objects-removed-list", -1);
  gst_structure_free(activity);
  std::erase_if(balance_, [](const auto& entry) { return entry.second == 0; });
  return balance_;
}

ObjectCounts LiveObjects::left() {
  auto out = more();
  std::erase_if(out, [](const auto& type) {
    const bool pooled = type.first == "GstBuffer" || type.first == "GstMemory";
    return type.second <= (pooled ? kMostPooled : 0);
  });
  return out;
}

void LiveObjects::count(const GstStructure* activity, const char* list, int each) {
  const auto* objects = gst_structure_get_value(activity, list);
  for (guint i = 0; i < gst_value_list_get_size(objects); ++i) {
    const auto* object = gst_value_get_structure(gst_value_list_get_value(objects, i));
    balance_[gst_structure_get_string(object, "type-name")] += each;
  }
}

}  // namespace kms::test
