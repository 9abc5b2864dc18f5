// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/strip.hpp"

#include <fmt/format.h>

#include <atomic>

#include "kms-core/gst/inspect.hpp"

namespace kms::gst {
namespace {

// The parser's own list of what is not installed.
std::string first_missing(GstParseContext* context) {
  gchar** missing = gst_parse_context_get_missing_elements(context);
  std::string first = missing == nullptr || missing[0] == nullptr ? "" : missing[0];
  g_strfreev(missing);
  return first;
}

// After other errors the list names elements that are there.
Status parse_error(const GError* problem, const std::string& missing) {
  const bool named =
      problem != nullptr && g_error_matches(problem, GST_PARSE_ERROR, GST_PARSE_ERROR_NO_SUCH_ELEMENT);
  if (named && !missing.empty()) return missing_plugin(missing);
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
               fmt::format("not a chain of GStreamer elements: {}",
                           problem == nullptr ? "nothing in it" : problem->message));
}

// GStreamer's parser would also take a sink pad for captions.
void add_ghost(const Ref<GstElement>& bin, const char* name, GstPadDirection direction) {
  const auto open = open_pads(bin, direction);
  if (!open.empty()) gst_element_add_pad(bin.get(), gst_ghost_pad_new(name, open.front().get()));
}

}  // namespace

Status missing_plugin(const std::string& factory) {
  return error(StatusCode::kUnimplemented, ErrorInfo{"PLUGIN_MISSING", {}, {{"plugin", factory}}},
               fmt::format("GStreamer has no element {}; install the package that holds it", factory));
}

bool has_factory(const std::string& factory) {
  return static_cast<bool>(Ref<GstElementFactory>::adopt(gst_element_factory_find(factory.c_str())));
}

Result<Ref<GstElement>> parse_chain(const std::string& description) {
  const auto text = description.empty() ? std::string("identity silent=true") : description;
  GstParseContext* context = gst_parse_context_new();
  GError* problem = nullptr;
  GstElement* parsed = gst_parse_bin_from_description_full(text.c_str(), FALSE, context,
                                                           GST_PARSE_FLAG_FATAL_ERRORS, &problem);
  const auto missing = first_missing(context);
  gst_parse_context_free(context);
  const std::unique_ptr<GError, void (*)(GError*)> failure(problem, [](GError* e) { g_clear_error(&e); });
  if (parsed == nullptr) return parse_error(failure.get(), missing);
  auto chain = Ref<GstElement>::sink(parsed);
  if (failure) return parse_error(failure.get(), missing);
  add_ghost(chain, "sink", GST_PAD_SINK);
  add_ghost(chain, "src", GST_PAD_SRC);
  return chain;
}

Result<std::unique_ptr<Strip>> Strip::create(const std::string& kind, const std::string& description) {
  auto chain = parse_chain(description);
  if (!chain.ok()) return chain.status();
  return create(kind, std::vector{*chain});
}

Result<std::unique_ptr<Strip>> Strip::create(const std::string& kind,
                                             const std::vector<Ref<GstElement>>& parts) {
  static std::atomic<uint64_t> made = 0;
  const auto name = fmt::format("{}-{}", kind, ++made);  // a bin refuses two of the same name
  auto strip = std::unique_ptr<Strip>(new Strip);        // its constructor is private
  strip->bin_ = Ref<GstElement>::sink(gst_bin_new(name.c_str()));
  strip->inlet_ = Inlet::create(name + "-in");
  strip->outlet_ = Outlet::create(name + "-out");
  const auto hidden = std::make_shared<HiddenTimes>();
  strip->inlet_->note_decode_only(hidden);
  strip->outlet_->hide(hidden);
  auto* bin = GST_BIN(strip->bin_.get());
  auto* last = strip->inlet_->element();
  gst_bin_add_many(bin, last, strip->outlet_->element(), nullptr);
  bool linked = true;
  for (const auto& part : parts) {
    gst_bin_add(bin, part.get());
    linked = linked && gst_element_link(last, part.get()) != FALSE;
    last = part.get();
  }
  if (linked && gst_element_link(last, strip->outlet_->element()) != FALSE) return strip;
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
               "a chain must have one open input and one open output that fit each other");
}

Ref<GstElement> Strip::find(const std::string& name) const {
  return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin_.get()), name.c_str()));
}

}  // namespace kms::gst
