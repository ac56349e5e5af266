// One MCP server of a client's config, in weir.toml's terms. Private to setup.
#pragma once

#include "setup/client.h"

namespace weir::setup {

// `node` is the value of the member `node.key`. Never fails: what weir cannot take over is said in
// `left_alone`.
Server read_server(Client client, const Node& node, const Surroundings& around);

// The object at a path below the root, or a missing node.
const Node& at_path(const Node& root, const std::vector<std::string>& path);

}  // namespace weir::setup
