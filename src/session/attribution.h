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
#include "manifest/trust.h"
#include "session/conversation.h"
#include "session/places.h"
#include "session/vouch.h"
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
  bool whole = false;         // of a sealed one: it is one reference from end to end
  bool sealed = false;        // holds references: `value` has the content in their place, for people to read
  std::string written = {};   // of a sealed one: as the planner wrote it
  LabelId traced = kNoLabel;  // of all that spans of it were copied from, trusted but private text included
};

// The memory that attribution reads; see Workspace.
struct Memory {
  Labels* labels;
  const trace::Index* index;
  const trace::Index* descriptions;  // what tools say of themselves: taints values, never a context
  const Places* places;
  const std::vector<Vouch>* vouches;  // of values
  const manifest::TrustRules* vouched_sources;
};

// Whether {{weir:v7}} in the arguments stands for content (as the planner writes them, in seal mode) or is
// text (as clients send them back).
enum class References : uint8_t { resolved, text };

// Leaves in the order of the text. In seal mode, while the planner was shown nothing untrusted, attribution
// is exact: a reference has the label of its content, all else is the planner's own; once something was
// revealed, what the planner writes and neither the user nor it itself said before is the revealed origins'.
// Error: bad_input for a reference that was never given out, or one in a member's name. `arguments` is the
// parsed JSON; at most limits::kCallLeavesMax leaves are looked at, an error (too_large) past that.
Result<std::vector<Leaf>> attribute(const Memory& memory, const Conversation& conversation,
                                    const manifest::ToolFacts& facts, json::Value arguments,
                                    References references = References::resolved);

// The same for arguments that are one free text (custom tools, or JSON that does not parse).
Leaf attribute_text(const Memory& memory, const Conversation& conversation, const manifest::ToolFacts& facts,
                    std::string_view text);

// Joined over all leaves.
LabelId joined_label(Labels& labels, const std::vector<Leaf>& leaves);

}  // namespace weir::session
