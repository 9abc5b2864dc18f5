// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/graph/catalog.hpp"

namespace kms::test {

// Elements for tests of the graph itself. Their options are a google.protobuf.StringValue (source), a
// google.protobuf.BytesValue (sink) and a google.protobuf.Value (filter), so that they need no proto of their
// own.
//
// Source, "FORMAT CHAIN": a source port of the kind and codec in FORMAT ("video:raw", "audio:OPUS"), fed by
// the gst-launch chain, e.g. "video:VP8 videotestsrc is-live=true ! vp8enc deadline=1". With "unpaced " in
// front, all frames are handed on as fast as they are taken. Sink, "FORMAT[,FORMAT...][ WIDTHxHEIGHT]": a
// sink port of the kind that takes these formats, wants pictures of that size, and counts frames.
//
// Filter, "KIND CHAIN": ports "video" or "audio" of raw media, with the gst-launch chain between them.
void declare_test_elements(graph::Catalog& catalog);

v1::ElementSpec source(const std::string& id, const std::string& description);
v1::ElementSpec sink(const std::string& id, const std::string& formats);
v1::ElementSpec filter(const std::string& id, const std::string& description);

}  // namespace kms::test
