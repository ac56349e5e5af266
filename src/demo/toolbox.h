// Toolbox: the MCP servers that an agent was given, and their tools under the names that its model calls.
//
// One connection to each place. Where there are several servers, a tool is "server__tool"; a weir in front of
// them does the same, so that the agent's model sees the same names either way. Like many agents it keeps
// what it once learned: a tool that a later list does not have stays as it was. On the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "demo/mcp_client.h"

namespace weir::demo {

struct Place {
  std::string name;  // goes before its tools' names; empty: they are called as they are
  std::string url;   // of its MCP endpoint
  std::string token;
};

class Toolbox {
 public:
  // `loop` must outlive this.
  Toolbox(net::Loop& loop, std::vector<Place> places);

  // Connects to each place anew, in order, and lists its tools. `done` comes once.
  void open(std::function<void(Status)> done);
  // The tools as Chat Completions declares them: a JSON array.
  const std::string& declared() const { return declared_; }
  void call(const std::string& tool, std::string_view arguments, McpClient::Called done);

 private:
  void open_next(size_t place, const std::function<void(Status)>& done);
  void learn(size_t place, McpTool tool);
  std::string declare() const;

  const std::vector<Place> places_;
  net::Loop& loop_;
  std::vector<std::unique_ptr<McpClient>> clients_;
  struct Known {
    size_t place = 0;
    McpTool tool = {};
  };
  std::map<std::string, Known> known_;  // by the name for the model
  std::string declared_ = "[]";
};

}  // namespace weir::demo
