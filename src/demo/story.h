// One telling of the story: model, MCP servers, agent and, unless the mode is off, a weir between them, over
// real sockets. First the user's request, then another day, when one server has changed its tool.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "demo/agent.h"
#include "demo/demo.h"
#include "demo/model.h"
#include "demo/person.h"
#include "demo/plot.h"
#include "demo/tools.h"

namespace weir::demo {

inline constexpr int64_t kStoryMs = 60'000;

// A decision other than allow, as the ledger has it.
struct Entry {
  int64_t index = -1;
  std::string session;  // "mcp-…": decided at /mcp
  std::string call_id, tool, decision, why;
  std::vector<std::string> policies;
  std::string answer;    // of the person, where there was an ask
  bool enforced = true;  // false in watch mode

  // Whether the call was kept from the agent.
  bool blocks() const {
    return enforced &&
           (decision == "deny" || (answer != "once" && answer != "session" && answer != "always"));
  }
};

// What weir says of a tool, as `weir pins diff` has it.
struct PinReport {
  std::string state;  // empty: weir does not know the tool
  std::vector<std::string> difference;
};

// What happened, from those it happened to.
struct Outcome {
  Mode mode = Mode::off;
  AgentReport agent;
  AgentReport later;  // the agent of the other day
  std::vector<Lookup> lookups;
  PinReport calendar;
  int64_t balance_cents = 0;
  std::vector<Payment> payments;
  std::vector<SentMail> outbox;
  std::map<std::string, ModelServer::Emitted> emitted;  // by canary
  uint64_t reader_calls = 0;  // that the model made when it was asked as a reader, which has no tools
  double bits = 0;            // revealed to the model, as the ledger has it
  std::vector<Ask> asks;
  std::vector<Entry> entries;
};

// Runs the loop until the story is over. Error: what kept it from being told to its end; timed_out after
// kStoryMs.
Result<Outcome> run_story(net::Loop& loop, Mode mode, const Plot& plot, const StartGateway& start_gateway);

// What a reply of GET /weir/pins says of a tool.
PinReport read_pin(json::Value reply, std::string_view server, std::string_view tool);

// The most bits that a decision in a reply of GET /weir/log says were revealed before it.
double bits_revealed(json::Value reply);

// The entries of a reply of GET /weir/log, answers joined to their decisions. Appends.
void read_entries(json::Value reply, std::vector<Entry>& out);

}  // namespace weir::demo
