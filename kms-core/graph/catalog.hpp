// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/any.pb.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/graph/element.hpp"
#include "kms/v1/element.pb.h"

namespace kms::graph {

// What an element says about itself before it lives. Data: the planner, ListElementKinds, the docs and the
// conformance suite read the same.
struct Kind {
  std::string title;    // "PlayerEndpoint"
  std::string summary;  // one sentence
  std::vector<PortSpec> ports = {};
  std::string service = {};              // full name of the command service
  std::vector<std::string> events = {};  // full names of its event messages
  std::vector<std::string> needs = {};   // GStreamer element factories
  bool endpoint = false;  // what goes in leaves kms: nothing of it comes out of the element's own sources

  // Filled in by define():
  std::string options = {};  // full name of the options message: the kind's name in the API
  std::function<Result<std::unique_ptr<Element>>(ElementHost&, const google::protobuf::Any&)> create = {};
};

// All kinds of elements that the server knows. Filled at start, read-only afterwards; any thread.
class Catalog {
 public:
  void add(Kind kind);
  const Kind* find(const std::string& options) const;
  const std::map<std::string, Kind>& kinds() const { return kinds_; }

  // Why elements of the kind cannot be made (names what is missing); empty when they can.
  static std::string missing(const Kind& kind);
  static v1::ElementKind describe(const Kind& kind);

 private:
  std::map<std::string, Kind> kinds_;  // by options
};

// The error for options that do not unpack.
Status bad_options(const std::string& type, const std::string& why);

// Completes a Kind with its options type and its create function, which takes the unpacked options:
//   catalog.add(define<PlayerOptions>({.title = "PlayerEndpoint", ...}, create_player));
template <typename Options>
Kind define(Kind kind, Result<std::unique_ptr<Element>> (*create)(ElementHost&, const Options&)) {
  kind.options = std::string(Options::descriptor()->full_name());
  kind.create = [create](ElementHost& host,
                         const google::protobuf::Any& any) -> Result<std::unique_ptr<Element>> {
    Options options;
    if (!any.UnpackTo(&options)) return bad_options(any.type_url(), "its bytes are no such message");
    return create(host, options);
  };
  return kind;
}

// INVALID_OPTIONS for one field: what was wrong, with which value, what is allowed.
Status invalid_option(const std::string& field, const std::string& why);

}  // namespace kms::graph
