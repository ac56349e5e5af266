#include "gateway/mcp/dial.h"

#include <cstdlib>

namespace weir::gateway::mcp {

Dial make_dial(net::Loop& loop, net::Client& client, std::vector<std::string> secrets, std::string record,
               net::ChildMaker maker) {
  return [&loop, &client, secrets = std::move(secrets), record = std::move(record), maker = std::move(maker)](
             const config::Server& server, LinkHandler handler) -> Result<std::unique_ptr<Link>> {
    if (!server.url.empty()) return open_http(loop, client, {server.url, server.headers}, std::move(handler));
    ChildOptions options;
    options.command = server.command;
    options.cwd = server.cwd;
    if (server.sandbox) {
      options.env = server.env;
      options.sandbox = server.sandbox;
      options.secrets = secrets;
      options.record = record;
      options.maker = maker;
      return open_child(loop, std::move(options), std::move(handler));
    }
    for (const char* name : {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ",
                             "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
                             "XDG_DATA_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      if (const char* value = std::getenv(name)) options.env[name] = value;
    }
    for (const auto& [name, value] : server.env) options.env[name] = value;
    return open_child(loop, std::move(options), std::move(handler));
  };
}

}  // namespace weir::gateway::mcp
