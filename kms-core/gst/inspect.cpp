// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/inspect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <span>

namespace kms::gst {
namespace {

using Visit = std::function<void(GstElement*)>;

void for_each_element(const Ref<GstElement>& bin, Visit visit) {
  const std::unique_ptr<GstIterator, decltype(&gst_iterator_free)> elements(
      gst_bin_iterate_recurse(GST_BIN(bin.get())), gst_iterator_free);
  gst_iterator_foreach(
      elements.get(),
      [](const GValue* item, gpointer data) {
        (*static_cast<Visit*>(data))(GST_ELEMENT(g_value_get_object(item)));
      },
      &visit);
}

std::string factory_of(GstElement* element) {
  auto* factory = gst_element_get_factory(element);
  return factory == nullptr ? "" : GST_OBJECT_NAME(factory);
}

// A GValue that is unset at the end.
class Value {
 public:
  explicit Value(GType type) { g_value_init(&value_, type); }
  ~Value() { g_value_unset(&value_); }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  GValue* get() { return &value_; }

 private:
  GValue value_ = G_VALUE_INIT;
};

bool is_caption(GstPad* pad) {
  const auto caps = Ref<GstCaps>::adopt(gst_pad_get_pad_template_caps(pad));
  for (guint i = 0; i < gst_caps_get_size(caps.get()); ++i) {
    const char* type = gst_structure_get_name(gst_caps_get_structure(caps.get(), i));
    if (!g_str_has_prefix(type, "text/")) return false;
  }
  return !gst_caps_is_any(caps.get()) && !gst_caps_is_empty(caps.get());
}

// The texts in a value; one that is empty for a number; nothing for other types.
std::vector<std::string> texts_of(const GValue* value) {
  const auto type = G_VALUE_TYPE(value);
  if (type == G_TYPE_STRING) {
    const char* text = g_value_get_string(value);
    return {text == nullptr ? "" : text};
  }
  if (type == G_TYPE_STRV) {
    auto* const* list = static_cast<char* const*>(g_value_get_boxed(value));
    return list == nullptr ? std::vector<std::string>()
                           : std::vector<std::string>(list, list + g_strv_length(const_cast<char**>(list)));
  }
  constexpr std::array kNumbers{G_TYPE_INT, G_TYPE_UINT, G_TYPE_INT64, G_TYPE_UINT64};
  return std::vector<std::string>(std::count(kNumbers.begin(), kNumbers.end(), type));
}

void add_changed(GstElement* element, std::vector<ChangedProperty>& out) {
  guint count = 0;
  const std::unique_ptr<GParamSpec*, decltype(&g_free)> specs(
      g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count), g_free);
  for (auto* spec : std::span(specs.get(), count)) {
    if ((spec->flags & G_PARAM_READABLE) == 0) continue;
    Value value(spec->value_type);
    g_object_get_property(G_OBJECT(element), spec->name, value.get());
    if (g_param_value_defaults(spec, value.get()) != FALSE) continue;
    for (const auto& text : texts_of(value.get())) out.push_back({factory_of(element), spec->name, text});
  }
}

}  // namespace

std::optional<std::string> factory_class(const std::string& factory) {
  const auto found = Ref<GstElementFactory>::adopt(gst_element_factory_find(factory.c_str()));
  if (!found) return std::nullopt;
  const char* text = gst_element_factory_get_metadata(found.get(), GST_ELEMENT_METADATA_KLASS);
  return text == nullptr ? std::string() : std::string(text);
}

std::vector<std::string> factories_in(const Ref<GstElement>& bin) {
  std::vector<std::string> out;
  for_each_element(bin, [&](GstElement* element) { out.push_back(factory_of(element)); });
  return out;
}

std::vector<ChangedProperty> changed_properties(const Ref<GstElement>& bin) {
  std::vector<ChangedProperty> out;
  for_each_element(bin, [&](GstElement* element) { add_changed(element, out); });
  return out;
}

std::vector<Ref<GstPad>> open_pads(const Ref<GstElement>& bin, GstPadDirection direction) {
  std::vector<Ref<GstPad>> out;
  const auto look = [&](GstPad* pad) {
    const bool open = GST_PAD_DIRECTION(pad) == direction && gst_pad_is_linked(pad) == FALSE;
    if (open && !is_caption(pad)) out.push_back(Ref<GstPad>::share(pad));
  };
  for_each_element(bin, [&](GstElement* element) {
    for (auto* item = element->pads; item != nullptr; item = item->next) look(GST_PAD(item->data));
  });
  return out;
}

// A ghost pad is over the first open pad of either direction, if there is one.
bool has_two_ends(const Ref<GstElement>& chain) {
  return chain->numsinkpads == 1 && chain->numsrcpads == 1 && open_pads(chain, GST_PAD_SINK).empty() &&
         open_pads(chain, GST_PAD_SRC).empty();
}

Ref<GstElement> find_element(const Ref<GstElement>& bin, const std::string& name_or_factory) {
  auto named = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin.get()), name_or_factory.c_str()));
  if (named) return named;
  Ref<GstElement> found;
  size_t count = 0;
  for_each_element(bin, [&](GstElement* element) {
    if (factory_of(element) != name_or_factory) return;
    found = Ref<GstElement>::share(element);
    ++count;
  });
  return count == 1 ? found : Ref<GstElement>();
}

Status set_property(GstElement* element, const std::string& name, const std::string& text) {
  auto* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name.c_str());
  const auto settable = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY;
  if (spec == nullptr || (spec->flags & settable) != G_PARAM_WRITABLE) {
    return error(StatusCode::kInvalidArgument, "UNKNOWN_PROPERTY",
                 fmt::format("{} has no property \"{}\" that can be set", GST_ELEMENT_NAME(element), name));
  }
  Value value(spec->value_type);
  const bool read = gst_value_deserialize_with_pspec(value.get(), text.c_str(), spec) != FALSE;
  // True: the value was out of range, and has been changed.
  if (read && g_param_value_validate(spec, value.get()) == FALSE) {
    g_object_set_property(G_OBJECT(element), name.c_str(), value.get());
    return ok();
  }
  return error(
      StatusCode::kInvalidArgument, "INVALID_VALUE",
      fmt::format("\"{}\" is no {} that the property {} takes", text, g_type_name(spec->value_type), name));
}

}  // namespace kms::gst
