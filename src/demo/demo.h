// `weir demo`: the story in each mode, one screen or one JSON object, and an exit code that means something.
//
// Not promised: that a real model would obey as this one does; the demo shows what happens when it does.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "demo/servers.h"
#include "net/loop.h"

namespace weir::demo {

enum class Mode { off, watch, guard, seal };
std::string_view mode_name(Mode mode);

// A weir that runs on the demo's loop.
struct Endpoint {
  std::string url;           // "http://127.0.0.1:41234", without "/v1"
  std::string client_token;  // what the agent holds
  std::string person_token;  // what answers asks and reads the log
  std::shared_ptr<void>
      running;  // dropping it stops that weir; shared only because its type is not known here
};

// What the weir of a story stands in front of.
struct Behind {
  std::string_view mode;             // "watch", "guard" or "seal"
  std::string model_url;             // Chat Completions, ends in "/v1", no credential
  std::vector<ServerPlace> servers;  // MCP, no credential
};

// Starts a weir with its shipped policies and manifests and a fresh data folder. It has the model under /v1
// and the servers under /mcp, with their names before their tools'.
using StartGateway = std::function<Result<Endpoint>(net::Loop& loop, const Behind& behind)>;

struct DemoOptions {
  bool json = false;
  bool color = false;  // the caller knows whether this is a terminal
  // off runs whether it is named or not: it shows that the attack works.
  std::vector<Mode> modes = {Mode::off, Mode::watch, Mode::guard, Mode::seal};
};

struct DemoResult {
  std::string output;  // to be printed
  // 0: off was breached, guard and seal were not, the model emitted the attack in every mode in which it was
  // shown it, in seal it was not shown it in any request that its server got, nor one bit revealed, the
  // canaries are absent from what the agent received under guard and seal, the ledger names each block, the
  // user's work was done in off, guard and seal, and the tool that changed took the secret in off and was
  // neither offered nor run in guard and seal.
  // 1: one of these does not hold, or neither guard nor seal ran. 3: a story could not run.
  int exit_code = 0;
};

// Runs the loop until the stories are over (some seconds at most; each is given up after a minute).
DemoResult run_demo(const DemoOptions& options, const StartGateway& start_gateway);

}  // namespace weir::demo
