// Session: one MCP client behind /mcp, and the servers that stand behind it for that client alone.
//
// Routes what the client asks to the server it names, decides tool calls, resource reads and prompts by
// guard, labels what comes back, and carries the servers' own requests and notifications to the client.
// Answers of a server reach the client as they came, with nothing changed but the id. A call that is denied
// gets a result that says so (isError), which the model can read.
//
// Client and server may be of different eras (revision 2026-07-28 is stateless, those before begin with a
// handshake): what a server asks of the client in the middle of a request reaches it in its own era's form,
// and so does its answer (session_input.cc). A session of stateless requests serves all that come from
// clients of one description; the labels of what they read are one conversation's, which may be shared by
// several such sessions.
//
// In seal mode (session_seal.cc) the session keeps what nobody vouched for from its client, whose model weir
// does not see: results become references, weir_ask is offered and answered, content is put into calls that
// were decided. A call that the model proxy let go (its ticket) passes as it is: there the result is sealed
// on its way to the model.
//
// Not promised: that a server's request or log line is tied to the client's request that it belongs to (stdio
// does not say; the newest one to that server is taken). One event loop.
#pragma once

#include <deque>
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
#include "wire/mcp/request_state.h"

namespace weir::gateway::mcp {

// A message for the client. `about`: the JSON text of the id of the client's request that it answers or
// belongs to, empty when it belongs to none; `answer`: it is that request's answer, and the last about it;
// with an empty text: there will be none, because it was cancelled.
using Send = std::function<void(std::string text, const std::string& about, bool answer)>;

// What all sessions of one endpoint share. Outlives them.
struct Common {
  Eras eras = {};
  wire::mcp::RequestStates states;
};

// Stateless clients that cannot be told apart, or do not want to be.
struct StatelessClient {
  std::string description;                              // JSON: {"capabilities": …, "clientInfo": …}
  std::shared_ptr<session::Conversation> conversation;  // shared with the sessions of the same conversation
  std::string name;                                     // of that, on the ledger
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Gateway& gateway, std::string id, Dial dial, Send send, Common& common);
  ~Session();

  const std::string& id() const { return id_; }
  std::string_view revision() const { return revision_; }
  bool idle() const { return in_flight_.empty(); }
  // The same but for subscriptions/listen, which lasts.
  bool quiet() const { return in_flight_.size() <= listening_.size(); }

  // The client's `initialize`, first and once; gives the answer's text. Starts the servers.
  std::string initialize(const Message& request);
  // Or, instead of that: the client's requests are of the stateless era.
  void begin(StatelessClient client);
  // Anything else that the client sends. A stateless request has an id that no other has (Message::id), and
  // brings its Mcp-Param fields, which its arguments must equal; nothing: it came where there are no headers.
  void receive(Message message, std::optional<wire::mcp::HeaderList> fields = std::nullopt);
  // A stateless client comes back to the request `id`, which told it to (round `round`). False when that
  // does not wait for it, or was another request. Then all that is sent about it is sent under `id` again.
  bool resume(const std::string& id, uint64_t round, const Message& retry);
  // The client does not want it any more. No answer.
  void cancel(const std::string& id) { cancelled(id, "the client went away"); }
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
  enum class Act : uint8_t { tool, resource, prompt, completion };
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
  // What has to be asked of the client before a request can go on.
  struct Question {
    std::string request;           // JSON: {"method": …, "params": …}
    Upstream* upstream = nullptr;  // that waits for the answer; nullptr: see InFlight::again, or `ask`
    std::string id = {};           // of its request, as it wrote it
    std::string ask = {};          // weir's own: of the approvals queue
  };
  struct InFlight {
    Upstream* upstream = nullptr;
    uint64_t upstream_id = 0;
    std::string progress_token;        // the client's
    std::string server_token;          // what the server was given in its place
    std::shared_ptr<Judging> judging;  // shared with what is under way, which holds it weakly
    exchange::Call call;
    LabelId carries = kNoLabel;
    std::string ledger_session, ledger_call;  // of the decision; no call: not noted here
    net::Timer reminder;                      // while a person is asked
    int reminders = 0;
    std::shared_ptr<Asking> asking;  // of a weir_ask; shared likewise
    bool passed = false;             // the model proxy let it go, and sees its result
    bool elicited = false;           // weir's own question was put to the client

    // Input from the client; see session_input.cc.
    std::map<std::string, Question> questions;   // by key
    std::map<std::string, std::string> answers;  // JSON, by key; of a client that has the handshake
    std::unique_ptr<Wanted> again;               // is to be sent again, with the answers
    std::optional<std::string> server_state;     // goes with it
    uint64_t round = 0;                          // how often the client was asked
    bool parked = false;     // a stateless client was told to come back; nobody listens until then
    std::string late = {};   // the answer that came meanwhile
    net::Timer expiry = {};  // of the parked
    // Of a stateless request.
    std::string salient = {}, log_level = {};
    std::optional<wire::mcp::HeaderList> fields = {};
  };

  void request(const Message& message, std::optional<wire::mcp::HeaderList> fields);
  void list(const Message& message, List list);
  void answer_list(const std::string& id, List list);
  void call_tool(std::shared_ptr<const Message> message);
  void read_resource(std::shared_ptr<const Message> message);
  void get_prompt(std::shared_ptr<const Message> message);
  void complete(std::shared_ptr<const Message> message);
  void subscribe(std::shared_ptr<const Message> message, bool on);
  void set_level(const Message& message);
  // Runs `then` when the lists are here, unless the client cancelled it meanwhile. Where `name` is given, it
  // is enough that a list has an entry of that name.
  void with_lists(const std::string& id, std::vector<List> lists, std::function<void()> then,
                  const std::string& name = {});

  void decide(Wanted wanted);
  void asked(const std::string& id, const std::string& ask);
  void decided(Wanted wanted, Judged judged);
  void deny(const Wanted& wanted, std::string_view why);
  void forward(const Wanted& wanted);
  void answered(const Wanted& wanted, Result<Message> answer);
  void note_effect(const Wanted& wanted, const InFlight& flight, bool error);
  // `said`: what the server says of it; null: nothing. `shown` hears the label of what the client is shown.
  std::optional<std::string> label(const Wanted& wanted, const exchange::Result& result,
                                   const SaidLabels* said, LabelId& shown);
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

  // Input; see session_input.cc.
  bool can(const Message& request) const;
  void server_asks(Upstream& upstream, const Message& request);
  void input_required(const Wanted& wanted, const Message& answer);
  void put_questions(const std::string& id);
  void park(const std::string& id);
  void send_again(const std::string& id, const std::string* answers);
  void input_came(const std::string& id, const std::string& key, const Message& answer);
  void input_failed(const std::string& id, std::string_view why);
  void answer_ask(const std::string& ask, json::Value result);

  // Stateless clients; see session_stateless.cc.
  void stateless_request(const Message& message);
  void discover(const Message& message);
  void listen(std::shared_ptr<const Message> message);
  void listen_to(Upstream& upstream);
  void watch(const std::string& uri, Upstream& owner);
  void unlisten(const std::string& id);
  void tell_listeners(std::string_view method, std::string_view params);
  bool wants_log(const std::string& id, std::string_view level) const;
  void want_log(Upstream& upstream, const std::string& level);
  RequestExtras extras(const Wanted& wanted, const InFlight& flight) const;
  Status check_fields(const InFlight& flight, const Entry& entry, json::Value arguments) const;

  // Tasks; see session_tasks.cc.
  bool knows_tasks() const;
  void task_created(const Wanted& wanted, const Message& answer);
  void ask_after_task(const Message& message);
  void task_told(const std::string& id, const std::string& name, const std::string& method,
                 Result<Message> answer);

  static std::shared_ptr<const Message> keep(const Message& message);
  void start_servers();
  static std::string_view own_capabilities();  // what weir can do for a client, JSON
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
  Common& common_;
  bool stateless_ = false;       // its client's requests are of that era
  std::string revision_, name_;  // the name: what the client calls itself, for people
  std::string ledger_name_;
  json::Document client_;     // the params of its initialize, or what a stateless client says in their place
  session::Sealing sealing_;  // in seal mode
  std::shared_ptr<const config::Config> follows_;  // shared: what the rules point into
  session::Rules rules_;
  std::shared_ptr<session::Conversation> conversation_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  Catalogue catalogue_;
  std::map<std::string, InFlight> in_flight_;  // by the client's id
  struct ServerRequest {
    Upstream* upstream;
    std::string id;  // as the server wrote it; of the client's request, where no server waits
    std::string progress_token, ask;
    std::string key = {};  // of a question of the client's request `id`
  };
  std::map<std::string, ServerRequest> server_requests_;  // by the id that the client was given
  uint64_t next_server_request_ = 1, next_call_ = 1;
  std::map<std::string, Upstream*> subscriptions_;  // by URI
  std::string level_;                               // JSON params of the last logging/setLevel
  struct Listening {
    bool tools = false, prompts = false, resources = false;
    std::set<std::string> uris;
  };
  struct Task {
    Wanted wanted;  // the call that it is the answer to
    LabelId carries = kNoLabel;
    std::string ledger_session, ledger_call;
    bool noted = false;  // its effect
  };
  std::map<std::string, Task> tasks_;  // by the server's name of it
  std::deque<std::string> task_order_;
  std::map<std::string, Listening> listening_;  // by the id of a stateless client's subscriptions/listen
};

}  // namespace weir::gateway::mcp
