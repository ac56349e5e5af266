// Which preset a server's command is run in when weir.toml does not say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::sandbox {

// "fetched" for what gets its program from a package registry at each start (npx, uvx and the like), else
// "mcp-server".
std::string_view preset_for(const std::vector<std::string>& command);

}  // namespace weir::sandbox
