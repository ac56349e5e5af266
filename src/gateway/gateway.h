// Gateway: what lives as long as the process, and who gets which request.
//
// One event loop; every member function runs on it. `turn` and `admin` do the work of one request each and
// reach the shared state through here.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "approval/queue.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "config/config.h"
#include "gateway/asks.h"
#include "gateway/auth.h"
#include "gateway/forms.h"
#include "gateway/intents.h"
#include "gateway/labelling.h"
#include "gateway/mcp/upstream.h"
#include "gateway/monitor.h"
#include "gateway/pins.h"
#include "gateway/recorder.h"
#include "gateway/sessions.h"
#include "gateway/shadow.h"
#include "gateway/tickets.h"
#include "gateway/vouches.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/server.h"
#include "session/workspace.h"
#include "store/store_thread.h"

namespace weir::gateway {

namespace mcp {
class Endpoint;
}

// What main builds and lends; all of it outlives the Gateway.
struct Environment {
  net::Loop& loop;
  const Clock& clock;
  Random& random;
  ledger::Log& log;
  StoreThread& store;
  mcp::Dial dial;  // empty: the real one
  // Reads the configuration again, with the flags that weir was started with; empty: it cannot be.
  std::function<Result<config::Config>()> read_config = {};
  net::ChildMaker sandboxes = {};  // makes them; empty: weir starts itself again for each
};

// What the store remembered of the last run; see load_memory.
struct Remembered {
  std::vector<session::Grant> grants;
  std::vector<session::Vouch> vouches;
  ShadowHistory shadow;
  std::vector<std::pair<Digest, Label>> emitted;
  std::vector<std::pair<std::string, Label>> places;
  std::vector<Pin> pins;
  std::vector<session::KnownSkill> skills;
  std::vector<std::pair<std::string, std::string>> vaults;  // by session, as seal::Vault::json() wrote them
};

// Reads it all. Linear in what is stored, which limits.h bounds.
Result<Remembered> load_memory(Store& store, int64_t now_wall_ms);

// What a reload came to.
struct Reloaded {
  size_t sessions_kept = 0;   // at /mcp; they go on under the new configuration
  size_t sessions_ended = 0;  // at /mcp; their servers changed, or seal mode did: clients begin again
};

struct Counters {
  uint64_t requests = 0, calls = 0, allowed = 0, asked = 0, denied = 0, upstream_errors = 0;
  Histogram decision_time = {};
  std::map<std::string, uint64_t> clients = {};  // requests by client profile
};

class Gateway {
 public:
  Gateway(Environment environment, config::Config config, Tokens tokens, const trace::Key& key,
          Remembered remembered);
  ~Gateway();

  // Puts the credential for the upstream into the headers, and takes out what is not for it.
  void authorize(const config::Upstream& upstream, net::Headers& headers) const;
  void remember_shadow(const Digest& prefix, wire::Shadow shadow);

  // Error: unavailable, when the address is taken. Gives the port.
  Result<uint16_t> listen();
  // Takes no new connections; `done` runs when what was under way has ended, or after `grace_ms`.
  void drain(int64_t grace_ms, std::function<void()> done);
  bool draining() const { return drain_.has_value(); }
  // Ends what is left, and writes down what was learnt.
  void close();

  // What holds for what begins now. A reload replaces it; who keeps a pointer into it keeps the snapshot.
  const config::Config& config() const { return *config_; }
  std::shared_ptr<const config::Config> snapshot() const { return config_; }  // shared with what it decides
  // Reads the configuration again. What is under way ends as it began, what begins later follows the new one.
  // Error: as of config::load, and bad_input for what only a restart changes; then nothing has changed.
  Result<Reloaded> reload();
  // With all labelled that came so far.
  session::Workspace& workspace() {
    labelling_.all();
    return workspace_;
  }
  Labelling& labelling() { return labelling_; }
  ShadowHistory& shadow() { return shadow_; }
  Recorder& recorder() { return recorder_; }
  Tickets& tickets() { return tickets_; }
  Pins& pins() { return pins_; }
  Intents& intents() { return intents_; }
  ledger::Log& log() { return environment_.log; }
  StoreThread& store() { return environment_.store; }
  net::Client& client_for(const config::Upstream& upstream);
  net::Loop& loop() { return environment_.loop; }
  Now now() const { return environment_.clock.now(); }
  Random& random() { return environment_.random; }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  // How many turns are under way: each holds what begin_turn() gave it, and may outlive the gateway.
  std::shared_ptr<const int> begin_turn() const { return turns_; }
  size_t turns() const { return static_cast<size_t>(turns_.use_count()) - 1; }
  size_t connections() const { return server_->connections(); }
  bool may_read_metrics(std::string_view token) const {
    return equal_constant_time(token, tokens_.metrics) || equal_constant_time(token, tokens_.person);
  }
  Vouches& vouches() { return vouches_; }
  const Vouches& vouches() const { return vouches_; }
  // How sessions stand, for people.
  Sessions& sessions() { return sessions_; }
  const mcp::Endpoint& mcp() const { return *mcp_; }

  std::string new_grant_id();
  // Grants. add and remove answer once it is durable and on the ledger.
  const std::vector<session::Grant>& grants() const { return grants_; }
  void add_grant(session::Grant grant, std::function<void(Status)> done);
  void remove_grant(const std::string& id, std::function<void(Result<bool>)> done);
  // A once-grant that a decision used.
  void use_up(const std::string& id);

  // Calls that wait for a person: see asks.h.
  using Answered = Asks::Answered;
  Result<std::string> ask(const std::string& session, const guard::Verdict& verdict, uint64_t decision,
                          Answered answered) {
    return asks_.ask(session, verdict, decision, std::move(answered));
  }
  void forget_ask(const std::string& id) { asks_.forget(id); }  // the client went away
  void answer(const std::string& id, approval::Answer answer, std::function<void(Status)> done) {
    asks_.answer(id, answer, std::move(done));
  }
  const approval::Queue& queue() const { return asks_.queue(); }
  Asks& asks() { return asks_; }

  // Writes behind what the workspace has learnt since.
  void save_memory();

 private:
  void handle(const std::shared_ptr<net::ServerCall>& call);
  void route(const std::shared_ptr<net::ServerCall>& call, std::string target);
  void look_for_end();
  void tick();

  Environment environment_;
  std::shared_ptr<const config::Config> config_;  // shared: see snapshot()
  const Tokens tokens_;
  session::Workspace workspace_;
  ShadowHistory shadow_;
  std::vector<session::Grant> grants_;
  Recorder recorder_;
  Tickets tickets_;
  Pins pins_;
  Intents intents_;
  Vouches vouches_;
  Sessions sessions_;
  Asks asks_;
  std::map<std::string, std::unique_ptr<net::Client>> clients_;  // by CA file: "" is the system's store alone
  std::unique_ptr<net::Server> server_;
  net::Client mcp_client_;  // for MCP servers
  std::unique_ptr<mcp::Endpoint> mcp_;
  net::Timer tick_;
  struct Drain {
    int64_t until_ms;  // monotonic
    std::function<void()> done;
    net::Timer look;
  };
  std::optional<Drain> drain_;
  Counters counters_;
  std::shared_ptr<const int> turns_ = std::make_shared<const int>(0);
  uint16_t port_ = 0;
  Labelling labelling_{environment_.loop};  // holds turns, which end before what they use
};

}  // namespace weir::gateway
