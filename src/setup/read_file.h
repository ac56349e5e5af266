// A client's file by its syntax. Private to setup.
#pragma once

#include "setup/client.h"

namespace weir::setup {

// An empty file is an object without members.
Result<Node> read_file(Client client, std::string_view path, std::string_view text);

}  // namespace weir::setup
