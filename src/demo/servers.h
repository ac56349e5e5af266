// ToolServers: the world's tools as MCP servers on a real socket, one under each server's name.
//
// Streamable HTTP (MCP 2025-11-25) without sessions and without streams of its own, which the revision
// allows; checks no credential. On the loop's thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "demo/tools.h"
#include "net/server.h"

namespace weir::demo {

struct ServerPlace {
  std::string name;  // "mail"
  std::string url;   // "http://127.0.0.1:41234/mail"
};

class ToolServers {
 public:
  // `loop` and `world` must outlive this.
  ToolServers(net::Loop& loop, World& world);

  // Error: as net::Server::listen.
  Result<std::vector<ServerPlace>> listen();

 private:
  void handle(net::ServerCall& call);

  World& world_;
  net::Server server_;
};

}  // namespace weir::demo
