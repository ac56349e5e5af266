// Dialling: from a server's entry in weir.toml to a link.
#pragma once

#include "gateway/mcp/upstream.h"
#include "net/client.h"

namespace weir::gateway::mcp {

// Children get the variables that programs cannot do without (PATH, HOME, LANG, …) and what weir.toml gives
// them, nothing else of weir's environment: there are keys in it. Both are borrowed for the Dial's life.
Dial make_dial(net::Loop& loop, net::Client& client);

}  // namespace weir::gateway::mcp
