// Pins: what a server says of its tools, by digest, so that a change is noticed before it counts.
//
// The digest covers everything that a model or client reads of a tool: name, title, description, input and
// output schema, annotations, icons, execution and any member yet unknown, in canonical JSON. `_meta` counts
// too. Findings are reasons to look twice; they are not proof of harm and their absence proves nothing. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"

namespace weir::manifest {

// One entry of a tools/list (or prompts/list) result.
struct ToolText {
  std::string name;
  std::string description = {};
  std::string schema = {};      // inputSchema, JSON text
  std::string definition = {};  // the whole entry, canonical JSON
  Digest digest = {};
};

// bad_input when it has no usable name (a string of 1 to limits::kToolNameBytesMax bytes; "mcp:" at its start
// is weir's own), or an inputSchema that is no object; too_large past limits::kToolDefinitionBytesMax.
Result<ToolText> read_tool_text(json::Value entry);

// What a person should look at, one line each, at most limits::kPinFindingsMax: characters that do not show
// (tags, bidi and other controls, zero width, with their code points and place; not those that scripts and
// emoji are written with), names of other servers' tools or servers in its text ("shadowing": `others` are
// "server/tool", or "server/" for a server alone), a text that is very long. A common word counts as a name
// only where it is used as one, and one of the server's `own` tools' names only with the other server's
// before it. Linear in the text and in `others`.
std::vector<std::string> findings(const ToolText& tool, std::string_view server,
                                  const std::vector<std::string>& others,
                                  const std::set<std::string>& own = {});

// What changed between two definitions, for a terminal: one line for each member that differs, then the lines
// of texts that differ with "-" and "+" before them; hidden characters made visible, and a line with "!"
// behind one that has some. Nothing is cut: what a person accepts, they can have read. Not empty when the
// digests differ.
std::vector<std::string> difference(std::string_view old_definition, std::string_view new_definition);

}  // namespace weir::manifest
