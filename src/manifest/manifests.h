// Manifests: the facts about all servers, shipped and the operator's own.
//
//   server = "mail"                      # or a list: names in weir.toml, and what package.h finds in the
//   command
//                                        # of a server of any name ("npm:@scope/name",
//                                        "https://mcp.example.com")
//   verified = "docs"                    # "live" when it was checked against the running server
//   [tools.search]
//   description = "Searches the user's mailbox"
//   effects = ["read"]                   # read, write, send, execute, pay, delete; [] for none
//   remote = false                       # its selector goes to someone else's server
//   args = { query = "selector" }        # NAME or JSON pointer with *; each covers all below it
//   [tools.search.result]
//   integrity = "untrusted"              # or "trusted"
//   author = "outside"                   # written by strangers; else "inside"
//   origin = "mailto:{/*/from}"          # see pointer.h
//   readers = ["owner"]                  # "owner", "public" (alone) or templates; default: owner, outside:
//   public authenticated = ["/*/from"] reveal = { "/*/unread" = "bool" }    # bool, int:MIN..MAX, date,
//   enum:a,b
//   fields = ["/*/id", "/*/subject"]    # members that each record has, by name (seal mode)
//
// `effects` must be given; all else is conservative where silent, but for `remote`, which is false in a
// manifest that does not say it. Anything unknown is refused with its place.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"
#include "manifest/tool_facts.h"

namespace weir::manifest {

// Tools of this prefix stand for acts of the MCP protocol ("mcp:resources/read"); no server's tool may be
// called so. A server with a manifest that does not speak of them has those of manifests/mcp.toml.
inline constexpr std::string_view kProtocolTools = "mcp:";

// Facts by server and tool. Immutable once filled; then it may be read by many threads.
class Manifests {
 public:
  // All embedded manifests/*.toml. An error is a bug of the build.
  static Result<Manifests> shipped();

  // A manifest for a server that is known already replaces all that was known of that name. On an error
  // nothing is changed. Errors: bad_input at "file:line:column", too_large.
  Status add(std::string_view toml, std::string_view file_name);
  // Lets `name` (of weir.toml) have the facts of `known` (a server or package name). Error: not_found.
  Status alias(std::string_view name, std::string_view known);

  // The manifest's facts, or the conservative ones. The reference lives as long as this object, or until the
  // next add() or alias().
  const ToolFacts& facts(std::string_view server, std::string_view tool) const;
  // The same for "server/tool"; the server's name ends at the first "/".
  const ToolFacts& facts(std::string_view server_tool) const;
  bool has_server(std::string_view server) const;
  bool has_tool(std::string_view server, std::string_view tool) const;
  std::vector<std::string_view> servers() const;
  // Names of the tools that its manifest speaks of; none for an unknown server.
  std::vector<std::string_view> tools(std::string_view server) const;
  // The operator's own manifest speaks of it, not a shipped one.
  bool is_operators(std::string_view server) const { return operators_.contains(server); }

 private:
  using Tools = std::map<std::string, ToolFacts, std::less<>>;
  std::map<std::string, Tools, std::less<>> servers_;
  std::set<std::string, std::less<>> operators_;
  ToolFacts unknown_;
};

}  // namespace weir::manifest
