// SPDX-License-Identifier: Apache-2.0
#include "tests/support/relay/weather.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>

#include "kms-core/base/units.hpp"

namespace kms::test {
namespace {

std::optional<double> share(std::string_view text) {
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value < 0 || value > 1) return {};
  return value;
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

using Reader = bool (*)(std::string_view text, Weather& weather);

template <auto kField, auto kParse>
bool read_into(std::string_view text, Weather& weather) {
  const auto value = kParse(text);
  if (value) weather.*kField = *value;
  return value.has_value();
}

const std::map<std::string_view, Reader> kReaders{
    {"loss", read_into<&Weather::loss, share>},
    {"duplicates", read_into<&Weather::duplicates, share>},
    {"reordered", read_into<&Weather::reordered, share>},
    {"reordered_by", read_into<&Weather::reordered_by, parse_duration>},
    {"delay", read_into<&Weather::delay, parse_duration>},
    {"jitter", read_into<&Weather::jitter, parse_duration>},
    {"rate", read_into<&Weather::rate_bps, number>},
    {"queue", read_into<&Weather::longest_queue, parse_duration>},
};

bool read_setting(std::string_view setting, Weather& weather) {
  const auto equals = setting.find('=');
  const auto reader = kReaders.find(setting.substr(0, equals));
  return equals != setting.npos && reader != kReaders.end() &&
         reader->second(setting.substr(equals + 1), weather);
}

}  // namespace

Result<Weather> parse_weather(std::string_view text) {
  Weather weather;
  while (!text.empty()) {
    const auto setting = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), setting.size() + 1));
    if (read_setting(setting, weather)) continue;
    return error(StatusCode::kInvalidArgument, "BAD_WEATHER",
                 fmt::format("\"{}\" is no setting; there are loss, duplicates, reordered (0 to 1), "
                             "reordered_by, delay, jitter, queue (20ms) and rate (bits per second)",
                             setting));
  }
  return weather;
}

}  // namespace kms::test
