// Draft: a first manifest for a server that nobody described yet, from what the server says of its tools.
//
// Everything that a server says is untrusted, its tools' names included, so a draft is for a person to read
// and correct: each guess stands with its reason beside it. It errs to the worse side:
// - words of the name, the arguments' names, the description and the annotations may each add an effect; only
//   the name may leave one out, and only where its words say nothing but reading;
// - an argument is `content` only where its name says payload and the tool neither deletes, runs nor pays;
// - what a tool selects by is taken to go to someone else's server, and results are untrusted and the
// owner's. The server's words stand in comments only, made harmless; `description` is left for the person to
// write. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "manifest/effect.h"

namespace weir::manifest {

struct DraftArg {
  std::string name;
  ArgRole role = ArgRole::target;
  std::string reason = {};
};

struct DraftTool {
  std::string name;
  Effects effects = Effects::all();
  std::vector<std::string> reasons = {};  // why these effects
  bool remote = true;
  std::vector<DraftArg> args = {};
  std::string says = {};                // the first line of the server's description, made visible and short
  std::vector<std::string> notes = {};  // what a person should look at twice
};

// `entry` is one of a tools/list result. Errors as read_tool_text().
Result<DraftTool> draft_tool(json::Value entry);

// The manifest's text; Manifests::add() takes it. `from` says where the list came from.
std::string draft_toml(const std::vector<std::string>& server_names, std::string_view from,
                       const std::vector<DraftTool>& tools);

// {"server":[…],"tools":[{"name","effects","remote","args":[{"name","role","why"}],"why":[…],"notes":[…]}]}
std::string draft_json(const std::vector<std::string>& server_names, const std::vector<DraftTool>& tools);

}  // namespace weir::manifest
