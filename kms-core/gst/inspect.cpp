// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/inspect.hpp"

#include <fmt/format.h>

#include <functional>
#include <memory>

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

// The parser has put a ghost pad over the first open pad of either direction, if there is one.
bool has_two_ends(const Ref<GstElement>& chain) {
  auto* bin = GST_BIN(chain.get());
  const auto more_in = Ref<GstPad>::adopt(gst_bin_find_unlinked_pad(bin, GST_PAD_SINK));
  const auto more_out = Ref<GstPad>::adopt(gst_bin_find_unlinked_pad(bin, GST_PAD_SRC));
  return chain->numsinkpads == 1 && chain->numsrcpads == 1 && !more_in && !more_out;
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
