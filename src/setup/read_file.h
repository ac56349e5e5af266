// A client's file by its syntax. Private to setup.
#pragma once

#include "setup/client.h"

namespace weir::setup {

// A file of variables, whosever it is.
inline bool is_env_file(std::string_view path) {
  return path.ends_with("/.env");
}

// An empty file is an object without members.
Result<Node> read_file(Client client, std::string_view path, std::string_view text);

}  // namespace weir::setup
