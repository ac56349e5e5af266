// Decisions as they were recorded, read back for review.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "manifest/effect.h"
#include "policy/policy_set.h"

namespace weir::review {

struct RecordedArgument {
  std::string pointer;
  manifest::ArgRole role = manifest::ArgRole::target;
  bool trusted = false;
  std::vector<std::string> origins = {};  // as Label::printed_origins() writes them
  std::vector<std::string> readers = {};
  std::optional<std::string> value = {};  // kept only for short values that decide something
  // Where it holds references: as the planner wrote it. `value` has the content in their place.
  std::optional<std::string> sealed = {};
};

struct Recorded {
  uint64_t index = 0;  // of the ledger
  std::string time = {}, session = {}, call = {}, tool = {}, why = {};
  policy::Decision decision = policy::Decision::deny;
  bool enforced = true;     // false: watch mode let it go
  std::string answer = {};  // what a person said to an ask: "once", "deny", …; empty: nobody did
  std::vector<std::string> policies = {};
  bool context_trusted = false;
  std::vector<std::string> context_origins = {};
  std::vector<RecordedArgument> arguments = {};
  double bits = 0;                              // revealed to the planner by then, in seal mode
  std::optional<policy::Request> request = {};  // nothing: the detail was dropped, or nothing was asked

  // What went through in the end.
  bool went_through() const;
};

// From the "entries" of GET /weir/log, oldest first; other entries than decisions and answers are passed
// over. An answer to a decision that is not among them is too. Errors: bad_input for what is no such list.
Result<std::vector<Recorded>> read_recorded(json::Value entries);

}  // namespace weir::review
