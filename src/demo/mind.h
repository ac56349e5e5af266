// Mind: what the worst-case model does next, from the request alone.
//
// Orders first, wherever they stand; then what the user asked for ("summarise my inbox", "pay the bill in
// FILE"); then an answer. It takes no order twice, and knows nothing of weir. Pure and deterministic.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "demo/history.h"

namespace weir::demo {

struct WantedCall {
  std::string id;  // the same call has the same id
  std::string tool;
  std::string arguments;  // a JSON object
};

// Calls, or the final text.
struct Turn {
  std::vector<WantedCall> calls;
  std::string text;
};

// `greeting` is the answer to a request in which there is nothing to do.
Turn next_turn(const History& history, std::string_view greeting);

}  // namespace weir::demo
