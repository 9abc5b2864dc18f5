// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/error_reason.hpp"

#include <fmt/format.h>

#include <memory>

#include "kms-core/gst/picture_limit.hpp"

namespace kms::gst {
namespace {

struct Meaning {
  StatusCode code;
  const char* reason;
};

Meaning of_resource(int code) {
  switch (code) {
    case GST_RESOURCE_ERROR_NOT_FOUND:
      return {StatusCode::kNotFound, "NOT_FOUND"};
    case GST_RESOURCE_ERROR_OPEN_READ:
    case GST_RESOURCE_ERROR_READ:
    case GST_RESOURCE_ERROR_SEEK:
    case GST_RESOURCE_ERROR_NOT_AUTHORIZED:
      return {StatusCode::kFailedPrecondition, "UNREADABLE"};
    case GST_RESOURCE_ERROR_NO_SPACE_LEFT:
      return {StatusCode::kResourceExhausted, "NO_SPACE"};
    case GST_RESOURCE_ERROR_OPEN_WRITE:
    case GST_RESOURCE_ERROR_OPEN_READ_WRITE:
    case GST_RESOURCE_ERROR_WRITE:
    case GST_RESOURCE_ERROR_CLOSE:
    case GST_RESOURCE_ERROR_SYNC:
      return {StatusCode::kDataLoss, "WRITE_FAILED"};
    default:
      return {StatusCode::kInternal, "MEDIA_ERROR"};
  }
}

Meaning of_stream(int code) {
  switch (code) {
    case GST_STREAM_ERROR_TYPE_NOT_FOUND:
    case GST_STREAM_ERROR_WRONG_TYPE:
      return {StatusCode::kInvalidArgument, "NOT_MEDIA"};
    case GST_STREAM_ERROR_CODEC_NOT_FOUND:
      return {StatusCode::kUnimplemented, "CODEC_UNSUPPORTED"};
    case GST_STREAM_ERROR_DEMUX:
    case GST_STREAM_ERROR_DECODE:
      return {StatusCode::kDataLoss, "TRUNCATED"};
    default:
      return {StatusCode::kInternal, "MEDIA_ERROR"};
  }
}

Meaning meaning_of(const GError& error) {
  if (error.domain == GST_RESOURCE_ERROR) return of_resource(error.code);
  if (error.domain == GST_STREAM_ERROR) return of_stream(error.code);
  if (error.domain == GST_CORE_ERROR && error.code == GST_CORE_ERROR_MISSING_PLUGIN) {
    return {StatusCode::kUnimplemented, "CODEC_UNSUPPORTED"};
  }
  if (error.domain == picture_limit_quark()) return {StatusCode::kResourceExhausted, "PICTURE_TOO_LARGE"};
  return {StatusCode::kInternal, "MEDIA_ERROR"};
}

}  // namespace

Status status_of(GstMessage* message) {
  GError* parsed = nullptr;
  gst_message_parse_error(message, &parsed, nullptr);
  const std::unique_ptr<GError, decltype(&g_error_free)> failure(parsed, g_error_free);
  const auto meaning = meaning_of(*failure);
  const char* from = message->src == nullptr ? "?" : GST_OBJECT_NAME(message->src);
  return error(meaning.code, meaning.reason, fmt::format("{} ({})", failure->message, from));
}

}  // namespace kms::gst
