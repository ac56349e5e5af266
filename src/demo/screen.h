// The demo's two ways to tell what happened: one screen for people, one JSON object for machines. Pure.
#pragma once

#include <string>
#include <vector>

#include "demo/story.h"

namespace weir::demo {

inline constexpr size_t kScreenLinesMax = 60;
inline constexpr size_t kScreenColumnsMax = 80;

// At most kScreenLinesMax lines of kScreenColumnsMax columns for the four modes, line ends included. All
// that a mail, a model or a weir said is made visible and cut.
std::string screen(const std::vector<Outcome>& outcomes, const Plot& plot, bool color);

// {"ok","missing":[…],"request","bill":{…},"attack":{…},"modes":[{"mode",…}]}, with the raw state that a
// reader needs to judge for themselves, and a line end.
std::string facts_json(const std::vector<Outcome>& outcomes, const Plot& plot);

}  // namespace weir::demo
