// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

namespace kms::test {

// Metrics in Prometheus' text format (0.0.4), read strictly: what the format forbids, or only advises
// against, is an error.
class Exposition {
 public:
  using Labels = std::map<std::string, std::string>;
  struct Sample {
    Labels labels;
    double value = 0;
  };
  struct Metric {
    std::string type;
    std::string help;
    std::vector<Sample> samples;
  };

  explicit Exposition(const std::string& text);

  // The first rule that is broken, with the line; empty: none.
  const std::string& error() const { return error_; }
  const std::map<std::string, Metric>& metrics() const { return metrics_; }
  // Of one sample; a negative number when there is none.
  double value(const std::string& name, const Labels& labels = {}) const;

 private:
  std::string read(const std::string& line);
  std::string read_comment(const std::string& line);
  std::string read_sample(const std::string& line);

  std::map<std::string, Metric> metrics_;
  std::string current_;
  std::string error_;
};

}  // namespace kms::test
