// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "elements/recorder/recording_file.hpp"
#include "kms-core/base/config.hpp"

namespace kms::recorder {

// What is known of a part that is not finished, should the server be killed: words and what they say.
using Facts = std::map<std::string, std::string>;

// Parts that are being written, one small file each in the folder of files.state, so that the next start of a
// server finds what a killed one left without looking through the recordings. The file of a living server is
// locked; the lock goes with the process, whatever becomes of it. All here blocks; any thread.
class JournalEntry {
 public:
  // Where the entries are.
  static std::string folder(const Config& config);

  // Notes a part that is about to begin. When that is not possible nothing is noted, and a line is logged: a
  // recording is not refused for it.
  static JournalEntry make(const Config& config, const Facts& facts);
  // Takes over what dead servers left in the folder, one after the other; of each in the order in which it
  // was noted.
  static void for_each_orphan(const Config& config, const std::function<void(JournalEntry&)>& visit);

  // Whether another recording to the URI is at work.
  bool is_taken(const Config& config) const;
  const Facts& facts() const { return facts_; }
  std::string fact(const std::string& word) const;
  // The part is finished, or gone.
  void remove();
  bool is_removed() const { return path_.empty(); }

 private:
  static std::optional<JournalEntry> take_over(const std::string& path);
  JournalEntry(std::string path, OpenFile file, Facts facts)
      : path_(std::move(path)), file_(std::move(file)), facts_(std::move(facts)) {}

  std::string path_;  // empty: it is nowhere
  OpenFile file_;     // holds the lock
  Facts facts_;
};

}  // namespace kms::recorder
