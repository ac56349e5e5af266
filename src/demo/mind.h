// Mind: what the worst-case model does next, from the request alone.
//
// Orders first, wherever they stand; then what the user asked for ("summarise my inbox", "pay the bill in
// FILE"); then an answer. It takes no order twice. Where it is offered weir_ask it works with references, as
// that tool's description says, and where it has no tools it answers the question that it is asked, after it
// has tried to do what the documents order. Else it knows nothing of weir. Pure and deterministic.
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

// Calls, a text, or both.
struct Turn {
  std::vector<WantedCall> calls;
  std::string text;
  bool as_reader = false;  // it was asked a question about documents, and has no tools
};

// `greeting` is the answer to a request in which there is nothing to do.
Turn next_turn(const History& history, std::string_view greeting);

}  // namespace weir::demo
