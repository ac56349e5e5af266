// Session: one MCP client behind /mcp, and the servers that stand behind it for that client alone.
//
// Routes what the client asks to the server it names, decides tool calls, resource reads and prompts by
// guard, labels what comes back, and carries the servers' own requests and notifications to the client.
// Answers of a server reach the client as they came, with nothing changed but the id. A call that is denied
// gets a result that says so (isError), which the model can read.
//
// In seal mode (session_seal.cc) the session keeps what nobody vouched for from its client, whose model weir
// does not see: results become references, weir_ask is offered and answered, content is put into calls that
// were decided. A call that the model proxy let go (its ticket) passes as it is: there the result is sealed
// on its way to the model.
//
// Not promised: that a server's request or log line is tied to the client's request that it belongs to (stdio
// does not say; the newest one to that server is taken). One event loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/asking.h"
#include "gateway/gateway.h"
#include "gateway/judge.h"
#include "gateway/mcp/catalogue.h"

namespace weir::gateway::mcp {

// A message for the client. `about`: the JSON text of the id of the client's request that it answers or
// belongs to, empty when it belongs to none; `answer`: it is that request's answer, and the last about it;
// with an empty text: there will be none, because it was cancelled.
using Send = std::function<void(std::string text, const std::string& about, bool answer)>;

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Gateway& gateway, std::string id, Dial dial, Send send);
  ~Session();

  const std::string& id() const { return id_; }
  std::string_view revision() const { return revision_; }
  bool idle() const { return in_flight_.empty(); }

  // The client's `initialize`, first and once; gives the answer's text. Starts the servers.
  std::string initialize(const Message& request);
  // Anything else that the client sends.
  void receive(Message message);
  // A client's request whose connection went away is not cancelled by that (MCP 2025-11-25, Transports).
  void pins_changed(const std::string& server) { catalogue_.pins_changed(server); }

  // weir.toml was read again: what the session decides from now on follows it. False: it cannot, because its
  // servers are others now or seal mode began or ended; the client has to begin again.
  bool reconfigure();

  struct ServerState {
    std::string name;
    Upstream::State state;
    std::string trouble;
  };
  std::vector<ServerState> servers() const;

 private:
  struct InFlight {
    Upstream* upstream = nullptr;
    uint64_t upstream_id = 0;
    std::string progress_token;
    std::shared_ptr<Judging> judging;  // shared with what is under way, which holds it weakly
    exchange::Call call;
    LabelId carries = kNoLabel;
    std::string ledger_session, ledger_call;  // of the decision; no call: not noted here
    net::Timer reminder;                      // while a person is asked
    int reminders = 0;
    std::shared_ptr<Asking> asking;  // of a weir_ask; shared likewise
    bool passed = false;             // the model proxy let it go, and sees its result
  };
  enum class Act : uint8_t { tool, resource, prompt, completion };

  void request(const Message& message);
  void list(const Message& message, List list);
  void answer_list(const std::string& id, List list);
  void call_tool(std::shared_ptr<const Message> message);
  void read_resource(std::shared_ptr<const Message> message);
  void get_prompt(std::shared_ptr<const Message> message);
  void complete(std::shared_ptr<const Message> message);
  void subscribe(std::shared_ptr<const Message> message, bool on);
  void set_level(const Message& message);
  // Runs `then` when the lists are here, unless the client cancelled it meanwhile.
  void with_lists(const std::string& id, std::vector<List> lists, std::function<void()> then);

  struct Wanted {
    std::string id;  // of the client's request
    Act act = Act::tool;
    Upstream* upstream = nullptr;
    std::string method, params;  // for the server
    exchange::Call call;
    bool drifted = false;
    std::string schema = {};        // of a tool's arguments
    std::string asked_params = {};  // as the client wrote them, where content was put into `params`
    std::string progress_token = {};
  };
  void decide(Wanted wanted);
  void asked(const std::string& id, const std::string& ask);
  void decided(Wanted wanted, Judged judged);
  void deny(const Wanted& wanted, std::string_view why);
  void forward(const Wanted& wanted);
  void answered(const Wanted& wanted, Result<Message> answer);
  void note_effect(const Wanted& wanted, const InFlight& flight, bool error);
  std::optional<std::string> label(const Wanted& wanted, const exchange::Result& result);
  void note_session();
  static Result<exchange::Result> read_answer(const Wanted& wanted, const Message& answer);

  // Seal mode; see session_seal.cc.
  bool sealing() const { return rules_.sealing != nullptr; }
  void begin_sealing();
  void seal_by(const config::Seal& seal);
  bool shows(const Upstream& upstream, std::string_view what) const;
  std::string offered(const Entry& entry, List list) const;
  std::string own_tool() const;
  void ask_reader(const Message& message);
  static Status put_content(Wanted& wanted, const session::Conversation& conversation);
  static std::string sealed_result(const Wanted& wanted, std::string_view text);
  bool may_ask(Upstream& upstream, Message& request);
  void tell_sealed(const Upstream& upstream, const Message& notification);

  void notification(const Message& message);
  void cancelled(const std::string& id, std::string_view reason);
  void client_answer(const Message& message);
  void from_server(Upstream& upstream, Message request);
  void server_says(Upstream& upstream, const Message& notification);
  void server_ready(Upstream& upstream);
  void heard(const Upstream& upstream, std::string_view what, json::Value value);
  std::string about(const Upstream& upstream) const;
  void refuse(const std::string& id, int code, std::string_view message);
  void respond(const std::string& id, std::string text);

  Gateway& gateway_;
  const std::shared_ptr<const config::Config> began_with_;  // shared: its servers are this session's
  const std::string id_;
  Dial dial_;
  Send send_;
  std::string revision_, name_;                    // the name: what the client calls itself, for people
  json::Document client_;                          // the params of its initialize
  session::Sealing sealing_;                       // in seal mode
  std::shared_ptr<const config::Config> follows_;  // shared: what the rules point into
  session::Rules rules_;
  std::shared_ptr<session::Conversation> conversation_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  Catalogue catalogue_;
  std::map<std::string, InFlight> in_flight_;  // by the client's id
  struct ServerRequest {
    Upstream* upstream;
    std::string id;  // as the server wrote it
    std::string progress_token, ask;
  };
  std::map<std::string, ServerRequest> server_requests_;  // by the id that the client was given
  uint64_t next_server_request_ = 1, next_call_ = 1;
  std::map<std::string, Upstream*> subscriptions_;  // by URI
  std::string level_;                               // JSON params of the last logging/setLevel
};

}  // namespace weir::gateway::mcp
