// weir reload: the running weir reads weir.toml again.
#include <fmt/format.h>

#include "base/json.h"
#include "cli/command.h"

namespace weir::cli {

int run_reload(const Common& common) {
  auto reply = ask_weir(common, "POST", "/weir/reload");
  if (!reply) return fail(reply.error());
  if (common.json) {
    fmt::print("{}\n", *reply);
    return kDone;
  }
  const auto document = json::parse(*reply);
  if (!document) return fail(document.error());
  const json::Value root = document->root();
  fmt::print("weir: {} read again, mode {}\n", root["config"].string_or(""), root["mode"].string_or(""));
  if (const int64_t ended = root["mcp_sessions_ended"].integer().value_or(0); ended > 0) {
    fmt::print("weir: {} MCP session{} began with other servers or another mode: {} clients begin again\n",
               ended, ended == 1 ? "" : "s", ended == 1 ? "its" : "their");
  }
  for (const json::Value& line : root["weakenings"].elements())
    fmt::print(stderr, "weir: weakened by the config: {}\n", line.string_or(""));
  return kDone;
}

}  // namespace weir::cli
