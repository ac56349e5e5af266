// Holds: what is still promised of one session, in words for people.
#pragma once

#include <string>

#include "guard/guard.h"

namespace weir::guard {

// What the planner of a session has been shown by now.
struct Standing {
  LabelId context = kNoLabel;   // joined over what it was shown in the clear
  LabelId revealed = kNoLabel;  // over what it was told something of (seal mode)
  double bits = 0;              // that it was told
};

// One sentence, hostile text in it made visible: "nothing that a stranger wrote reached the planner".
std::string holds_in_words(Mode mode, const Standing& standing, const Labels& labels);

}  // namespace weir::guard
