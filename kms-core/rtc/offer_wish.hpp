// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace kms::rtc {

// One m-line of an offer of ours.
struct WantedLine {
  bool video = false;
  bool data = false;  // for data channels; one is enough for all, and others are left out
  bool send = true;
  bool receive = true;
  bool stopped = false;  // the line is rejected, and its place free for another one
  std::string mid = {};  // that of a line that there is; empty: a new one
};

// An offer has the lines that there are, changed as those of the wish with their mid say, and the others of
// the wish as new ones: in the place of stopped lines first, then behind. What is said of a line that there
// is counts for answers to the peer's offers, too, until it is said otherwise.
struct OfferWish {
  std::vector<WantedLine> lines = {};
  bool restart_ice = false;  // the peer looks for its path anew
};

}  // namespace kms::rtc
