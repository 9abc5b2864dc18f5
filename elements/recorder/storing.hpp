// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "elements/recorder/part.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/storage/uploads.hpp"
#include "kms/recorder/v1/recorder.pb.h"

namespace kms::recorder {

// What becomes of the parts of a recording that go to a storage. Control loop.
class Storing {
 public:
  // `on_change` is called after a part's state changed.
  Storing(graph::ElementHost& host, std::function<void()> on_change);
  ~Storing();
  Storing(const Storing&) = delete;
  Storing& operator=(const Storing&) = delete;

  // Parts are stored in many files, and are there when nothing of the recording waits any more (HLS).
  void set_in_pieces() { in_pieces_ = true; }
  // A part began that is to go to a storage; it is final, and on its way.
  void begin(const Part& part);
  void add(const Part& part);

  // Some part is still on its way.
  bool under_way() const;
  // Fills in what is said of storages.
  void describe(v1::Part& part) const;

 private:
  struct Way {
    Part part;
    bool there = false;  // its file is at the storage, though it is not known to be final yet
    v1::StorageState state = v1::STORAGE_STATE_RECORDING;
    std::string failure = {};
  };
  void take(const storage::Uploads::News& news);
  void stored(Way& way);
  bool is_concerned(const Way& way, const storage::Uploads::News& news) const;
  void failed(const storage::Uploads::News& news);

  graph::ElementHost& host_;
  const std::function<void()> on_change_;
  bool in_pieces_ = false;
  std::map<unsigned, Way> ways_;  // by number of the part
  Guard guard_;
};

}  // namespace kms::recorder
