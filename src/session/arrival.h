// Arrival: that something came into a conversation, for people who look at it later: from where, how much,
// and whether the planner was shown it. Names, labels and sizes, never content. Plain value; label ids belong
// to the workspace's table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "label/label.h"

namespace weir::session {

struct Arrival {
  enum class Kind : uint8_t {
    operator_text,
    user,
    result,   // of a call
    planner,  // text that is said to be the planner's, of which something was sealed
    answer,   // a quarantined reader's, to a weir_ask
  };
  Kind kind = Kind::result;
  Digest key = {};                    // the same when the client sends the same history again
  std::string call = {};              // of a result or an answer
  std::string tool = {};              // "server/tool"
  size_t bytes = 0;                   // of its text
  LabelId shown = kNoLabel;           // of what the planner was shown; its trusted part, too
  LabelId hidden = kNoLabel;          // of what was sealed
  std::vector<uint32_t> sealed = {};  // numbers of the values that it became
  LabelId context = kNoLabel;         // of the conversation, with it
  double bits = 0;                    // revealed to the planner up to then
};

// "operator", "user", "result", "planner", "answer".
std::string_view kind_name(Arrival::Kind kind);

}  // namespace weir::session
