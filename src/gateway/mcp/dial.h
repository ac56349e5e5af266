// Dialling: from a server's entry in weir.toml to a link.
#pragma once

#include "gateway/mcp/upstream.h"
#include "net/client.h"

namespace weir::gateway::mcp {

// Children run in the sandbox of their entry, or without one as it says; outside it they get the variables
// that programs cannot do without (PATH, HOME, LANG, …) and what weir.toml gives them, nothing else of weir's
// environment: there are keys in it. Loop and client are borrowed for the Dial's life. `secrets`: files and
// folders that no sandbox shows unless it names them, besides those that are known (sandbox/plan.h).
// `record`: the file that notes what sandboxes reach; empty: none. `maker`: makes the sandboxes; empty: weir
// starts itself again for each.
Dial make_dial(net::Loop& loop, net::Client& client, std::vector<std::string> secrets = {},
               std::string record = {}, net::ChildMaker maker = {});

}  // namespace weir::gateway::mcp
