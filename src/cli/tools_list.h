// What an MCP server lists as its tools, asked the way the gateway asks it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "config/config.h"

namespace weir::cli {

struct ToolsList {
  std::vector<json::Document> pages;  // own what `tools` points into
  std::vector<json::Value> tools;     // entries of tools/list, each an object with a name; each name once
};

// Starts the server, shakes hands, reads all pages, and ends it. Errors: unavailable or timed_out, with the
// last that it wrote to standard error; bad_input or too_large, for a list that is none.
Result<ToolsList> list_tools(const config::Server& server);

// A tools/list that was saved: the answer, its result, or the bare array.
Result<ToolsList> read_tools_list(std::string text, const std::string& where);

// The server that a command line speaks of: a name of weir.toml, or --command, or --url, or --list.
struct WhichServer {
  std::string name = {};
  std::vector<std::string> command = {};
  std::string url = {};
  std::string list = {};
  std::string sandbox = {};  // of `command`; empty: as a [[server]] has it that does not say it
};
struct FoundServer {
  config::Server server;           // its name is empty where nothing named it
  std::vector<std::string> known;  // names under which manifests may know it, the most exact first
  std::string from;                // for people
  ToolsList tools;
};
// Reads the list too. Errors: bad_input, when not exactly one is given, or no such server.
Result<FoundServer> find_server(const config::Config& config, const WhichServer& which);

}  // namespace weir::cli
