// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kms-core/base/config.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/base/loop.hpp"
#include "kms-core/base/worker_pool.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/graph/event_log.hpp"
#include "kms-core/graph/session_tally.hpp"
#include "kms/v1/graph.pb.h"
#include "kms/v1/session.pb.h"

namespace kms::graph {

// What all sessions of a process share. Outlives them.
struct Environment {
  const Config& config;
  const Catalog& catalog;
  LoopPool& loops;
  WorkerPool& workers;
  rtc::Server& rtc;
  storage::Uploads* uploads = nullptr;  // null: nothing is uploaded
};

// One application's graph and its life. Everything but name(), loop() and events() is for the session's
// control loop only; SessionStore::with_session() brings a caller there.
class Session {
 public:
  Session(Environment& environment, Loop& loop, v1::Session description);
  ~Session();

  const std::string& name() const;  // any thread
  Loop& loop();                     // any thread
  EventLog& events();               // any thread

  v1::Session describe() const;

  Result<v1::Element> create_element(const v1::ElementSpec& spec);
  Result<v1::Element> get_element(const std::string& name) const;  // full name
  std::vector<v1::Element> list_elements() const;
  Result<v1::Element> update_element(const v1::UpdateElementRequest& request);
  void delete_element(const std::string& name, Done done);

  Result<std::vector<v1::Link>> connect(const v1::LinkSpec& spec);
  Result<uint32_t> disconnect(const v1::LinkSpec& spec);
  std::vector<v1::Link> list_links() const;
  // Ids of the elements that are linked to an element's sink ports.
  std::set<std::string> sources_of(const std::string& element_id) const;
  Result<v1::ApplyGraphResponse> apply(const v1::ApplyGraphRequest& request);
  v1::GetGraphResponse graph() const;
  SessionTally tally() const;
  Result<v1::GetStatsResponse> stats(const std::string& name) const;  // session's or element's full name

  // The element itself, for the commands of its kind. Errors: ELEMENT_NOT_FOUND, WRONG_KIND.
  template <typename Type>
  Result<Type*> find(const std::string& name) const {
    auto found = find_element(name);
    if (!found.ok()) return found.status();
    auto* typed = dynamic_cast<Type*>(*found);
    if (typed == nullptr) return wrong_kind(name);
    return typed;
  }

  // Finishes recordings, releases everything, sends SessionClosed with `reason`, then answers. Called once or
  // more; every caller is answered.
  void close(const std::string& reason, Done done);

 private:
  Result<Element*> find_element(const std::string& name) const;
  Status wrong_kind(const std::string& name) const;

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kms::graph
