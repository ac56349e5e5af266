// Intents: what judges of the intent check answered, and who waits to ask one.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "guard/intent.h"

namespace weir::gateway {

class IntentCheck;

struct Intents {
  guard::IntentMemory memory = {};
  std::map<std::string, std::deque<IntentCheck*>> waiting = {};  // by session; the first is being asked
};

}  // namespace weir::gateway
