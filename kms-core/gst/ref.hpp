// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <type_traits>
#include <utility>

namespace kms::gst {

// Owns one reference to a GStreamer object or mini object. Three named births: adopt() takes over a reference
// the caller has, share() adds one, sink() takes the floating reference of a new element.
template <typename T>
class Ref {
 public:
  Ref() = default;
  static Ref adopt(T* object) { return Ref(object); }
  static Ref share(T* object) { return Ref(object == nullptr ? nullptr : add(object)); }
  static Ref sink(T* object) { return Ref(static_cast<T*>(gst_object_ref_sink(object))); }

  Ref(const Ref& other) : Ref(share(other.object_)) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) drop(object_);
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  // Gives the reference away.
  [[nodiscard]] T* release() { return std::exchange(object_, nullptr); }

 private:
  explicit Ref(T* object) : object_(object) {}

  static constexpr bool kMini = std::is_same_v<T, GstBuffer> || std::is_same_v<T, GstBufferList> ||
                                std::is_same_v<T, GstCaps> || std::is_same_v<T, GstEvent> ||
                                std::is_same_v<T, GstMessage> || std::is_same_v<T, GstSample>;
  static T* add(T* object) {
    if constexpr (kMini) {
      gst_mini_object_ref(GST_MINI_OBJECT_CAST(object));
    } else {
      gst_object_ref(object);
    }
    return object;
  }
  static void drop(T* object) {
    if constexpr (kMini) {
      gst_mini_object_unref(GST_MINI_OBJECT_CAST(object));
    } else {
      gst_object_unref(object);
    }
  }

  T* object_ = nullptr;
};

}  // namespace kms::gst
