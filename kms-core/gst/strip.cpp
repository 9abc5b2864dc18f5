// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/strip.hpp"

#include <fmt/format.h>

#include <atomic>

#include "kms-core/gst/inspect.hpp"
#include "kms-core/gst/steady_sound.hpp"

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

Ref<GstPad> pad_of(const Ref<GstElement>& element, const char* name) {
  return Ref<GstPad>::adopt(gst_element_get_static_pad(element.get(), name));
}

// What may go through a pad of an element that is not linked. A template tells at once; the ghost pad of a
// parsed bin has none, so the bin is asked.
Ref<GstCaps> current_caps(const Ref<GstPad>& pad) {
  const auto known = Ref<GstPadTemplate>::adopt(gst_pad_get_pad_template(pad.get()));
  return Ref<GstCaps>::adopt(known ? gst_pad_template_get_caps(known.get())
                                   : gst_pad_query_caps(pad.get(), nullptr));
}

bool fits(const Ref<GstElement>& from, const Ref<GstElement>& to) {
  const auto source = pad_of(from, "src");
  const auto sink = pad_of(to, "sink");
  return source && sink &&
         gst_caps_can_intersect(current_caps(source).get(), current_caps(sink).get()) != FALSE;
}

bool link_strip(GstElement* from, GstElement* to, GstPadLinkCheck check) {
  return gst_element_link_pads_full(from, "src", to, "sink", check) != FALSE;
}

// GStreamer's own check at a link asks all that is linked already, up and down the chain, and takes fifty
// times as long as the rest of a strip's making. So it is left to those that do not fit at first sight: a few
// cannot tell what comes out of them before they know what goes in.
bool link_strip(GstElement* first, const Elements& parts, GstElement* last) {
  std::vector<GstPadLinkCheck> checks;
  for (size_t i = 1; i < parts.size(); ++i) {
    checks.push_back(fits(parts[i - 1], parts[i]) ? GST_PAD_LINK_CHECK_NOTHING : GST_PAD_LINK_CHECK_DEFAULT);
  }
  bool linked = link_strip(first, parts.front().get(), GST_PAD_LINK_CHECK_NOTHING);
  for (size_t i = 1; i < parts.size(); ++i) {
    linked = linked && link_strip(parts[i - 1].get(), parts[i].get(), checks[i - 1]);
  }
  return linked && link_strip(parts.back().get(), last, GST_PAD_LINK_CHECK_NOTHING);
}

}  // namespace

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
  return create(kind, Elements{*chain});
}

std::string unique_name(const std::string& kind) {
  static std::atomic<uint64_t> made = 0;
  return fmt::format("{}-{}", kind, ++made);
}

Result<Ref<GstElement>> make_bin(const std::string& name, const Ends& ends, const Elements& parts) {
  auto made = Ref<GstElement>::sink(gst_bin_new(name.c_str()));
  auto* bin = GST_BIN(made.get());
  gst_bin_add_many(bin, ends.first, ends.last, nullptr);
  for (const auto& part : parts) gst_bin_add(bin, part.get());
  if (link_strip(ends.first, parts, ends.last)) return made;
  return error(StatusCode::kInvalidArgument, "INVALID_OPTIONS",
               "a chain must have one open input and one open output that fit each other");
}

Result<std::unique_ptr<Strip>> Strip::create(const std::string& kind, const Elements& parts) {
  const auto name = unique_name(kind);
  auto strip = std::unique_ptr<Strip>(new Strip);  // its constructor is private
  strip->inlet_ = Inlet::create(name + "-in");
  strip->outlet_ = Outlet::create(name + "-out");
  const auto hidden = std::make_shared<HiddenTimes>();
  strip->inlet_->note_decode_only(hidden);
  strip->inlet_->set_conceals();
  strip->outlet_->hide(hidden);
  auto bin = make_bin(name, {strip->inlet_->element(), strip->outlet_->element()}, parts);
  if (!bin.ok()) return bin.status();
  strip->bin_ = *std::move(bin);
  return strip;
}

void Strip::steady_sound() {
  const auto sound = std::make_shared<SteadySound>();
  inlet_->steady(sound);
  outlet_->steady(sound);
}

Ref<GstElement> Strip::find(const std::string& name) const {
  return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin_.get()), name.c_str()));
}

}  // namespace kms::gst
