// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/batch_sink.hpp"

#include "kms-core/gst/elements.hpp"

namespace kms::gst {

std::shared_ptr<BatchSink> BatchSink::create(const std::string& name, Handlers handlers) {
  struct Access : BatchSink {
    explicit Access(Handlers h) : BatchSink(std::move(h)) {}
  };
  auto sink = std::make_shared<Access>(std::move(handlers));
  sink->element_ = make_batch_sink_element(name, sink);
  return sink;
}

void BatchSink::take(GstBuffer* buffer) {
  handlers_.on_buffer(buffer);
  handlers_.on_batch();
}

void BatchSink::take(GstBufferList* buffers) {
  const auto count = gst_buffer_list_length(buffers);
  for (guint i = 0; i < count; ++i) handlers_.on_buffer(gst_buffer_list_get(buffers, i));
  handlers_.on_batch();
}

}  // namespace kms::gst
