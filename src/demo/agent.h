// Agent: an ordinary agent loop over Chat Completions, streamed.
//
// Sends the conversation and the tools that its MCP servers list, makes whatever calls come back, in order,
// and goes on until there are none. It checks nothing: what it is sent, it does. It keeps every byte that it
// received of the model, for the check that a canary is not among them. On the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "demo/stream.h"
#include "demo/toolbox.h"
#include "net/client.h"

namespace weir::demo {

inline constexpr int kAgentTurnsMax = 30;

struct AgentOptions {
  std::string base_url;  // ends in "/v1"
  std::string token;     // empty: no credential is sent
  std::string model = "weir-demo";
  std::string system = "You are a helpful assistant. Use the tools.";
  std::string request;
};

// A call that the agent made, and what came back.
struct MadeCall {
  std::string id, tool, arguments, result;
  bool error = false;  // it was refused, or failed
};

struct AgentReport {
  std::string answer;
  int turns = 0;
  std::string declared;  // the tools that its model was offered
  std::vector<MadeCall> made;
  std::string received;    // all bodies, as they came
  std::string understood;  // the text, names and arguments that they held, put together
};

class Agent {
 public:
  // `done` comes once, last; it may destroy the Agent. Errors: of the client and of HTTP; too_large, when it
  // took more than kAgentTurnsMax turns. `loop` and `tools` must outlive this.
  Agent(net::Loop& loop, Toolbox& tools, AgentOptions options, std::function<void(Status)> done);

  void start();
  const AgentReport& report() const { return report_; }

 private:
  void ask();
  void on_end();
  void make_next(std::shared_ptr<const std::vector<StreamedCall>> calls, size_t next);
  void finish(Status status);

  Toolbox& tools_;
  const AgentOptions options_;
  const std::function<void(Status)> done_;
  AgentReport report_;
  std::string messages_;  // the JSON array so far, without its closing bracket
  int http_status_ = 0;
  std::string body_;
  net::Client client_;
  std::unique_ptr<net::Fetch> fetch_;
};

}  // namespace weir::demo
