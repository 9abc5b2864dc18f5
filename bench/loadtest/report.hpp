// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/loadtest/director.hpp"

namespace kms::rtc::loadtest {

// A line for people.
std::string text_of(const Progress& progress);

// Which bounds of the run were broken, a sentence each; a run that measured nothing breaks them all.
std::vector<std::string> broken_bounds(const Bounds& bounds, const Outcome& outcome);

// The whole outcome, for people and for programs.
std::string text_of(const Settings& settings, const Outcome& outcome);
std::string json_of(const Settings& settings, const Outcome& outcome);

}  // namespace kms::rtc::loadtest
