#pragma once

#include "cli/command.h"

namespace weir::cli {

// weir mcp: the running weir's MCP endpoint on standard input and output.
int run_mcp(const Common& common);

}  // namespace weir::cli
