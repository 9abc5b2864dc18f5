// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>

namespace kms::http {

// Writes metrics as Prometheus reads them (text format, version 0.0.4).
class MetricsText {
 public:
  static constexpr std::string_view kType = "text/plain; version=0.0.4; charset=utf-8";
  using Labels = std::map<std::string, std::string>;

  // A metric, whose samples follow. It is a counter if its name ends in _total, else a gauge.
  void begin(std::string_view name, std::string_view help);

  template <typename Number>
  void sample(Number value, const Labels& labels = {}) {
    add(labels, fmt::format("{}", value));
  }

  const std::string& text() const { return text_; }

 private:
  void add(const Labels& labels, const std::string& value);

  std::string name_;
  std::string text_;
};

}  // namespace kms::http
