// Intents: what judges of the intent check answered, and who waits to ask one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "guard/intent.h"

namespace weir::gateway {

class IntentCheck;
class Planning;

struct Intents {
  guard::IntentMemory memory = {};
  std::map<std::string, std::deque<IntentCheck*>> waiting = {};  // by session; the first is being asked
  std::map<std::string, std::shared_ptr<Planning>> planning =
      {};  // by session; shared with what is under way
};

}  // namespace weir::gateway
