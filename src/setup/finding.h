// What weir doctor finds: lines with a level and what mends them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "setup/client.h"

namespace weir::setup {

enum class Level : uint8_t { ok, warn, fail };

struct Finding {
  Level level = Level::ok;
  std::string about;     // "config", "upstream main", "claude-code"
  std::string says;      // one sentence, without a full stop
  std::string fix = {};  // a command, or what to change where
};

std::string_view level_name(Level level);
// {"ok":bool,"findings":[{"level","about","says","fix"}]}
std::string findings_json(const std::vector<Finding>& findings);
bool all_well(const std::vector<Finding>& findings);  // no `fail`

// What weir knows of itself, to judge a client by.
struct Here {
  std::vector<std::string> urls;         // each form of its address
  std::string token;                     // the client's; empty: there is none yet
  bool has_upstream = true;              // else it is an MCP gateway only
  std::vector<std::string> own_servers;  // names in weir.toml
};

// Does the client go through weir, and only through weir?
std::vector<Finding> judge_client(Client client, const State& state, const Here& here);

}  // namespace weir::setup
