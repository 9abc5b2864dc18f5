// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "elements/recorder/recording_file.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/gst/file_muxer.hpp"
#include "kms-core/gst/pipeline.hpp"

namespace kms::recorder {

// Writes one file, from making it to its end, in a pipeline of its own. Control loop.
class FileWriter {
 public:
  struct Handlers {
    std::function<void()> on_changed;               // a track's media became what the file cannot hold
    std::function<void(const Status&)> on_failure;  // nothing more is written; what was written stays
  };
  FileWriter(graph::ElementHost& host, std::string uri, bool overwrite);
  void set_handlers(Handlers handlers) { handlers_ = std::move(handlers); }

  // Makes the file and starts. Failures come by on_failure().
  void begin(gst::FileMuxer::Plan plan);

  // The tracks' ends are on their way (Inlet::finish()): answers when the file is final and the pipeline is
  // released. Errors: PIPELINE_STUCK, or what failed meanwhile.
  void finish(Done done);

  uint64_t size() const;  // bytes
  // Takes the file away again if it was made here, on a worker; after finish() answered.
  void remove(Task done);

 private:
  void opened(Result<OpenFile> file);
  void fail(const Status& status);
  void end(const Status& status);
  void release();

  graph::ElementHost& host_;
  const std::string uri_;
  const bool overwrite_;
  Handlers handlers_;
  gst::FileMuxer::Plan plan_;
  std::unique_ptr<gst::Pipeline> pipeline_;
  std::unique_ptr<gst::FileMuxer> muxer_;
  bool made_ = false;        // the file was
  uint64_t final_size_ = 0;  // bytes, once the pipeline is gone
  std::optional<Status> outcome_;
  Done finished_;
  Loop::Timer deadline_;
  Guard guard_;
};

}  // namespace kms::recorder
