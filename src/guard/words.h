// What the user and the operator said in a conversation, as models of weir's own are shown it. For this
// folder.
#pragma once

#include <optional>
#include <string>

#include "guard/guard.h"

namespace weir::guard {

struct Words {
  std::string text;  // oldest first: the operator's, then the user's
  Digest said = {};  // names what the user said
};

// Without what was pasted in from elsewhere. Nothing when the user said nothing, or when it is too long to be
// shown whole (limits::kIntentWordsBytesMax): what is left out might be what forbids an act.
std::optional<Words> trusted_words(const Situation& situation);

}  // namespace weir::guard
