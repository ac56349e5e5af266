// Where an argument came from (DESIGN section 4, guard mode).
//
// Every leaf of a call's arguments gets a role (from the facts about the tool) and a label. Tainting uses
// every normalisation, vouching none; where attribution is unsure, the worse label wins. Not promised: that a
// value which the planner reworded is traced to its source; it carries the whole context's label instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "label/label.h"
#include "manifest/tool_facts.h"
#include "session/conversation.h"
#include "session/places.h"
#include "trace/index.h"

namespace weir::session {

// One scalar of the arguments (an empty object or array counts as one).
struct Leaf {
  std::string pointer;  // JSON pointer into the arguments; "" for arguments that are one free text
  std::string value;    // a string's content, or the JSON text of anything else
  manifest::ArgRole role = manifest::ArgRole::target;
  LabelId label = kNoLabel;
  bool vouched = false;       // occurs whole in trusted text
  bool copied = false;        // a span of it was copied from untrusted text
  LabelId traced = kNoLabel;  // of all that spans of it were copied from, trusted but private text included
};

// The memory that attribution reads; see Workspace.
struct Memory {
  Labels* labels;
  const trace::Index* index;
  const trace::Index* descriptions;  // what tools say of themselves: taints values, never a context
  const Places* places;
};

// Leaves in the order of the text. `arguments` is the parsed JSON; at most limits::kCallLeavesMax leaves are
// looked at, an error (too_large) past that.
Result<std::vector<Leaf>> attribute(const Memory& memory, const Conversation& conversation,
                                    const manifest::ToolFacts& facts, json::Value arguments);

// The same for arguments that are one free text (custom tools, or JSON that does not parse).
Leaf attribute_text(const Memory& memory, const Conversation& conversation, const manifest::ToolFacts& facts,
                    std::string_view text);

// Joined over all leaves.
LabelId joined_label(Labels& labels, const std::vector<Leaf>& leaves);

}  // namespace weir::session
