// History: what a model is shown in one request, whichever dialect it came in.
//
// A reader of its own, apart from `wire`: the demo's model must not see through weir's eyes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace weir::demo {

struct PastCall {
  std::string id;
  std::string tool;
  std::string arguments;                             // a JSON object
  std::optional<std::string> result = std::nullopt;  // as text
};

struct History {
  std::string model;
  bool stream = false;
  bool include_usage = false;
  std::vector<std::string> user;   // what was said in the user's role
  std::vector<std::string> texts;  // every text in the request, in order: of all roles, results and tools
  std::vector<PastCall> calls;
  std::vector<std::string> tools;  // names offered

  // The call of that tool with arguments of the same value, or nullptr.
  const PastCall* find(std::string_view tool, std::string_view arguments) const;
};

// Errors: bad_input, when it has no messages.
Result<History> read_chat_completions(json::Value body);
Result<History> read_messages(json::Value body);

}  // namespace weir::demo
