#include "gateway/mcp/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "wire/mcp/content.h"
#include "wire/mcp/labels.h"
#include "wire/mcp/older.h"
#include "wire/splice.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

constexpr size_t kClientNameShown = 60;
constexpr size_t kClientNamesMax = 64;  // counted apart

// The request's params with one string in them replaced; "{}" when there are none.
std::string with_string(json::Value params, json::Value where, std::string_view with) {
  if (!params.exists()) return "{}";
  if (!where.exists() || where.string_or("") == with) return std::string(params.raw());
  std::string text(params.raw());
  return text.replace(where.offset() - params.offset(), where.raw().size(), json::quote(with));
}

// What servers are told that the client can do.
std::string capabilities_for_servers(json::Value client, bool tasks) {
  json::Writer writer;
  writer.begin_object();
  for (const std::string_view name : {"sampling", "elicitation", "roots"}) {
    const json::Value capability = client["capabilities"][name];
    if (capability.is_object()) writer.key(name).raw(capability.raw());
  }
  if (tasks) writer.key("extensions").raw(R"({"io.modelcontextprotocol/tasks":{}})");
  return writer.end_object().take();
}

// The request's params with another progress token, where they have one.
std::string with_server_token(const std::string& params, const std::string& token) {
  if (token.empty()) return params;
  const auto document = json::parse(params);
  const json::Value old = document ? document->root()["_meta"]["progressToken"] : json::Value();
  if (!old.exists() || old.raw() == token) return params;
  std::string text(params);
  return text.replace(old.offset(), old.raw().size(), token);
}

}  // namespace

Session::Session(Gateway& gateway, std::string id, Dial dial, Send send, Common& common)
    : gateway_(gateway),
      began_with_(gateway.snapshot()),
      id_(std::move(id)),
      dial_(std::move(dial)),
      send_(std::move(send)),
      common_(common),
      ledger_name_("mcp-" + id_.substr(0, 8)),
      follows_(began_with_),
      catalogue_(
          gateway.loop(), gateway.pins(),
          [this](List list) {
            const std::string_view kind = list == List::tools     ? "tools"
                                          : list == List::prompts ? "prompts"
                                                                  : "resources";
            const std::string method = fmt::format("notifications/{}/list_changed", kind);
            if (stateless_) return tell_listeners(method, {});
            send_(wire::mcp::notification(method, {}), {}, false);
          },
          [this](const Upstream& upstream, const std::vector<Entry>& tools) {
            std::vector<exchange::Tool> texts;
            for (const Entry& tool : tools) {
              texts.push_back({exchange::ToolKind::function, upstream.server().name + "/" + tool.name,
                               tool.description, tool.schema});
            }
            gateway_.workspace().observe_tools(texts, rules_);
          }) {
  const config::Config& config = *began_with_;
  rules_ = {&config.manifests, &gateway_.vouches().trust(), &config.profiles.generic(), true};
  const bool seals = config.mode == guard::Mode::seal;
  if (seals) begin_sealing();
  conversation_ = gateway.workspace().begin(config.has_model() && !config.mcp.alone, seals);
}

Session::~Session() = default;

// Whichever servers stand behind it: they may come later, or change.
std::string_view Session::own_capabilities() {
  return R"({"tools":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true},)"
         R"("prompts":{"listChanged":true},"logging":{},"completions":{}})";
}

std::string Session::initialize(const Message& request) {
  client_ = std::move(*json::parse(request.params().exists() ? std::string(request.params().raw()) : "{}"));
  revision_ = wire::mcp::negotiate(client_["protocolVersion"].string_or(""));
  name_ = shown(client_["clientInfo"]["name"].string_or("unnamed"), kClientNameShown) + " over MCP";
  start_servers();
  json::Writer writer;
  writer.begin_object().field("protocolVersion", revision_).key("capabilities").raw(own_capabilities());
  writer.key("serverInfo").begin_object().field("name", "weir").field("version", "0.1.0").end_object();
  // A model behind weir is told with weir_ask; what a server says would be sealed on its way there.
  if (sealing() && !gateway_.config().has_model()) writer.field("instructions", seal::references_in_words());
  return wire::mcp::result(request.id, writer.end_object().take());
}

void Session::start_servers() {
  const Greeting greeting = greeting_for(capabilities_for_servers(client_.root(), knows_tasks()));
  for (const config::Server& server : began_with_->servers) {
    if (server.command.empty() && server.url.empty()) continue;
    auto slot = std::make_shared<Upstream*>(nullptr);  // the handlers are made before what they are for
    UpstreamHandler handler;
    handler.on_request = [this, slot](Message message) { from_server(**slot, std::move(message)); };
    handler.on_notification = [this, slot](const Message& message) { server_says(**slot, message); };
    handler.on_ready = [this, slot] { server_ready(**slot); };
    upstreams_.push_back(std::make_unique<Upstream>(gateway_.loop(), server, dial_, greeting, common_.eras,
                                                    std::move(handler)));
    *slot = upstreams_.back().get();
    catalogue_.add(*upstreams_.back());
  }
  for (const auto& upstream : upstreams_) upstream->start();
}

bool Session::reconfigure() {
  const auto next = gateway_.snapshot();
  if ((next->mode == guard::Mode::seal) != sealing() || next->servers != began_with_->servers) return false;
  rules_.manifests = &next->manifests;
  rules_.profile = &next->profiles.generic();
  if (sealing()) seal_by(next->seal);
  follows_ = next;
  return true;
}

void Session::receive(Message message, std::optional<wire::mcp::HeaderList> fields) {
  switch (message.kind) {
    case wire::mcp::Kind::request:
      return request(message, std::move(fields));
    case wire::mcp::Kind::notification:
      return notification(message);
    case wire::mcp::Kind::result:
    case wire::mcp::Kind::error:
      return client_answer(message);
  }
}

void Session::refuse(const std::string& id, int error_code, std::string_view message) {
  respond(id, wire::mcp::error(id, error_code, message));
}

void Session::respond(const std::string& id, std::string text) {
  const auto at = in_flight_.find(id);
  if (at != in_flight_.end() && at->second.parked && !text.empty()) {
    at->second.late = std::move(text);
    return;
  }
  in_flight_.erase(id);
  send_(std::move(text), id, true);
}

// For what goes on after the call that brought it.
std::shared_ptr<const Message> Session::keep(const Message& message) {
  json::Limits limits;
  limits.bytes_max = limits::kMcpMessageBytesMax;
  auto document = json::parse(std::string(message.text()), limits);
  return std::make_shared<const Message>(
      Message{message.kind, message.id, message.method, std::move(*document)});
}

void Session::request(const Message& message, std::optional<wire::mcp::HeaderList> fields) {
  auto& clients = gateway_.counters().clients;
  ++clients[clients.contains(name_) || clients.size() < kClientNamesMax ? name_ : "others over MCP"];
  if (in_flight_.contains(message.id)) {
    // Not by refuse(): the first of the two is still under way.
    return send_(wire::mcp::error(message.id, code::kInvalidRequest, "a request with this id is under way"),
                 message.id, true);
  }
  if (in_flight_.size() >= limits::kMcpInFlightMax)
    return refuse(message.id, code::kInternal, "too many requests are under way; wait for their answers");
  InFlight& flight = in_flight_[message.id];
  flight.progress_token = flight.server_token = message.progress_token();
  flight.fields = std::move(fields);
  if (stateless_) return stateless_request(message);
  const std::string& method = message.method;
  if (method == "ping") return respond(message.id, wire::mcp::result(message.id, "{}"));
  if (method == "tools/list") return list(message, List::tools);
  if (method == "prompts/list") return list(message, List::prompts);
  if (method == "resources/list") return list(message, List::resources);
  if (method == "resources/templates/list") return list(message, List::templates);
  if (method == "tools/call") return call_tool(keep(message));
  if (method == "resources/read") return read_resource(keep(message));
  if (method == "prompts/get") return get_prompt(keep(message));
  if (method == "completion/complete") return complete(keep(message));
  if (method == "resources/subscribe") return subscribe(keep(message), true);
  if (method == "resources/unsubscribe") return subscribe(keep(message), false);
  if (method == "logging/setLevel") return set_level(message);
  refuse(message.id, code::kMethodNotFound, fmt::format("weir does not know the method {}", shown(method)));
}

void Session::call_tool(std::shared_ptr<const Message> message) {
  const json::Value params = message->params();
  const json::Value name = params["name"];
  if (!name.is_string()) return refuse(message->id, code::kInvalidParams, "params.name is no string");
  const json::Value arguments = params["arguments"];
  if (arguments.exists() && !arguments.is_object())
    return refuse(message->id, code::kInvalidParams, "params.arguments is no object");
  if (params["task"].exists())
    return refuse(message->id, code::kInvalidParams, "weir carries no tasks; call the tool without `task`");
  if (sealing() && *name.string() == seal::kAskTool) return ask_reader(*message);
  // A name that is known need not wait for other servers' lists.
  const bool known = catalogue_.find_by_client_name(List::tools, *name.string()) != nullptr;
  with_lists(
      message->id, known ? std::vector<List>{} : std::vector{List::tools},
      [this, message, name, params, arguments] {
        const Entry* entry = catalogue_.find_by_client_name(List::tools, *name.string());
        if (entry == nullptr)
          return refuse(message->id, code::kInvalidParams,
                        fmt::format("unknown tool: {}", shown(*name.string())));
        if (const Status same = check_fields(in_flight_[message->id], *entry, arguments); !same)
          return refuse(message->id, code::kHeaderMismatch, same.error().message);
        Wanted wanted{message->id,
                      Act::tool,
                      entry->upstream,
                      "tools/call",
                      with_string(params, name, entry->name),
                      {fmt::format("{}-{}", id_.substr(0, 8), next_call_++),
                       entry->upstream->server().name + "/" + entry->name,
                       arguments.exists() ? std::string(arguments.raw()) : "{}"},
                      entry->pin != PinState::accepted,
                      entry->schema};
        decide(std::move(wanted));
      },
      std::string(*name.string()));
}

void Session::read_resource(std::shared_ptr<const Message> message) {
  const json::Value uri = message->params()["uri"];
  if (!uri.is_string()) return refuse(message->id, code::kInvalidParams, "params.uri is no string");
  with_lists(message->id, {List::templates, List::resources}, [this, message, uri] {
    Upstream* owner = catalogue_.owner_of(*uri.string());
    if (owner == nullptr) {
      return respond(message->id,
                     wire::mcp::error(message->id, code::kResourceNotFound, "no server has this resource",
                                      fmt::format("{{\"uri\":{}}}", uri.raw())));
    }
    decide({message->id,
            Act::resource,
            owner,
            "resources/read",
            std::string(message->params().raw()),
            {fmt::format("{}-{}", id_.substr(0, 8), next_call_++),
             owner->server().name + "/mcp:resources/read", fmt::format("{{\"uri\":{}}}", uri.raw())}});
  });
}

void Session::get_prompt(std::shared_ptr<const Message> message) {
  const json::Value name = message->params()["name"];
  if (!name.is_string()) return refuse(message->id, code::kInvalidParams, "params.name is no string");
  const bool known = catalogue_.find_by_client_name(List::prompts, *name.string()) != nullptr;
  with_lists(
      message->id, known ? std::vector<List>{} : std::vector{List::prompts},
      [this, message, name] {
        const Entry* entry = catalogue_.find_by_client_name(List::prompts, *name.string());
        if (entry == nullptr)
          return refuse(message->id, code::kInvalidParams,
                        fmt::format("unknown prompt: {}", shown(*name.string())));
        const json::Value arguments = message->params()["arguments"];
        decide({message->id,
                Act::prompt,
                entry->upstream,
                "prompts/get",
                with_string(message->params(), name, entry->name),
                {fmt::format("{}-{}", id_.substr(0, 8), next_call_++),
                 entry->upstream->server().name + "/mcp:prompts/get",
                 fmt::format("{{\"name\":{},\"arguments\":{}}}", json::quote(entry->name),
                             arguments.exists() ? arguments.raw() : "{}")}});
      },
      std::string(*name.string()));
}

void Session::complete(std::shared_ptr<const Message> message) {
  const json::Value ref = message->params()["ref"];
  const bool prompt = ref["type"].string_or("") == "ref/prompt";
  const json::Value what = ref[prompt ? "name" : "uri"];
  if (!what.is_string()) return refuse(message->id, code::kInvalidParams, "params.ref names nothing");
  with_lists(
      message->id, prompt ? std::vector{List::prompts} : std::vector{List::templates, List::resources},
      [this, message, prompt, what] {
        const json::Value params = message->params();
        const Entry* entry = prompt ? catalogue_.find_by_client_name(List::prompts, *what.string()) : nullptr;
        Upstream* owner = entry != nullptr ? entry->upstream : nullptr;
        if (!prompt) {
          for (const Entry* each : catalogue_.entries(List::templates))
            if (owner == nullptr && each->name == *what.string()) owner = each->upstream;
          if (owner == nullptr) owner = catalogue_.owner_of(*what.string());
        }
        if (owner == nullptr)
          return refuse(message->id, code::kInvalidParams, "params.ref names nothing that a server has");
        decide({message->id,
                Act::completion,
                owner,
                "completion/complete",
                with_string(params, what, entry != nullptr ? entry->name : *what.string()),
                {fmt::format("{}-{}", id_.substr(0, 8), next_call_++),
                 owner->server().name + "/mcp:completion/complete", std::string(params.raw())}});
      });
}

// --- Decisions

void Session::decide(Wanted wanted) {
  InFlight& flight = in_flight_[wanted.id];
  flight.upstream = wanted.upstream;
  wanted.progress_token = flight.progress_token;
  flight.ledger_session = ledger_name_;
  flight.ledger_call = wanted.call.id;
  if (wanted.act == Act::tool && !wanted.drifted) {
    if (auto ticket = gateway_.tickets().take(wanted.call.name, arguments_digest(wanted.call),
                                              gateway_.now().mono_ms)) {
      flight.carries = ticket->carries;
      flight.ledger_call.clear();  // its effect is noted when the planner is told the result
      flight.passed = true;
      return forward(wanted);
    }
  }
  const config::Config& config = gateway_.config();
  const guard::Situation situation{
      &gateway_.workspace(), conversation_.get(), rules_, &config.policies,       &gateway_.grants(),
      flight.ledger_session, config.mode,         true,   gateway_.now().wall_ms, wanted.drifted};
  gateway_.workspace().calling(*conversation_, wanted.call, rules_);
  const std::string id = wanted.id;
  const exchange::Call call = wanted.call;
  flight.judging = judge(
      gateway_, situation, call,
      [weak = weak_from_this(), wanted = std::move(wanted)](Judged judged) {
        if (const auto self = weak.lock()) self->decided(wanted, std::move(judged));
      },
      [weak = weak_from_this(), id](const std::string& ask) {
        if (const auto self = weak.lock()) self->asked(id, ask);
      });
}

void Session::decided(Wanted wanted, Judged judged) {
  const auto at = in_flight_.find(wanted.id);
  if (at == in_flight_.end()) return;
  at->second.reminder.cancel();
  // Kept until this callback is over: it is the judging's own.
  gateway_.loop().post([judging = std::exchange(at->second.judging, nullptr)] {});
  std::erase_if(server_requests_,
                [&](const auto& each) { return !each.second.ask.empty() && each.second.id == wanted.id; });
  std::erase_if(at->second.questions, [](const auto& each) { return !each.second.ask.empty(); });
  if (!judged.allowed) {
    std::string why = wanted.drifted
                          ? fmt::format(
                                "weir did not let this call through: what the server says of {} is new "
                                "or has changed and waits for the user, who sees it with `weir pins`. "
                                "This is policy, not a fault; go on without this tool.",
                                shown(wanted.call.name))
                      : sealing() ? guard::sealed_denial_text(judged.verdict, gateway_.workspace().labels())
                                  : guard::denial_text(judged.verdict);
    return deny(wanted, why);
  }
  const auto& leaves = judged.verdict.arguments;
  if (std::any_of(leaves.begin(), leaves.end(), [](const session::Leaf& leaf) { return leaf.sealed; })) {
    if (const Status put = put_content(wanted, *conversation_); !put) return deny(wanted, put.error().text());
  }
  at->second.carries = judged.verdict.carries;
  if (!judged.verdict.places.empty())
    gateway_.workspace().places().written(judged.verdict.places, judged.verdict.carries);
  forward(wanted);
}

void Session::deny(const Wanted& wanted, std::string_view why) {
  if (wanted.act == Act::tool)
    return respond(wanted.id, wire::mcp::result(wanted.id, wire::mcp::tool_error_result(why)));
  refuse(wanted.id, code::kInvalidParams, why);
}

void Session::forward(const Wanted& wanted) {
  InFlight& flight = in_flight_[wanted.id];
  flight.upstream = wanted.upstream;
  if (!flight.log_level.empty()) want_log(*wanted.upstream, flight.log_level);
  flight.upstream_id = wanted.upstream->request(
      wanted.method, with_server_token(wanted.params, flight.server_token), limits::kMcpCallMs,
      [weak = weak_from_this(), wanted](Result<Message> answer) {
        if (const auto self = weak.lock()) self->answered(wanted, std::move(answer));
      },
      extras(wanted, flight));
}

// What an answer says; an error's text is content too.
Result<exchange::Result> Session::read_answer(const Wanted& wanted, const Message& answer) {
  exchange::Result said{wanted.call.id, {}, {}};
  if (answer.kind == wire::mcp::Kind::error) {
    said.texts.push_back(wire::mcp::all_text(answer.error()));
    said.is_error = true;
    return said;
  }
  switch (wanted.act) {
    case Act::tool:
      return wire::mcp::tool_result(wanted.call.id, answer.result());
    case Act::resource:
      return wire::mcp::resource_result(wanted.call.id, answer.result());
    case Act::prompt:
      return wire::mcp::prompt_result(wanted.call.id, answer.result());
    case Act::completion:
      break;
  }
  said.texts.push_back(wire::mcp::all_text(answer.result()));
  return said;
}

void Session::answered(const Wanted& wanted, Result<Message> answer) {
  const auto at = in_flight_.find(wanted.id);
  if (at == in_flight_.end()) return;
  at->second.upstream_id = 0;
  if (answer && answer->kind == wire::mcp::Kind::result && wanted.upstream->stateless() &&
      answer->result()["resultType"].exists())
    return input_required(wanted, *answer);
  // What a server of the eras before may not say is not passed on to clients to whom it would mean something.
  if (answer && answer->kind == wire::mcp::Kind::result && stateless_ &&
      (answer->result()["resultType"].exists() || answer->result()["inputRequests"].exists()))
    return input_failed(wanted.id, "the server answered with what its revision of MCP has not");
  if (answer && answer->kind == wire::mcp::Kind::error && wanted.act == Act::tool &&
      answer->error()["code"].integer() == code::kHeaderMismatch)
    catalogue_.refresh(*wanted.upstream, List::tools);  // it wants other arguments repeated than it did
  if (wanted.call.name.empty() && !shows(*wanted.upstream, wanted.method))
    return respond(wanted.id, wire::mcp::result(wanted.id, "{}"));
  if (wanted.call.name.empty() && answer) return respond(wanted.id, wire::mcp::with_id(*answer, wanted.id));
  // Without a result, why there is none; in seal mode that is sealed like one.
  std::optional<Error> none;
  Result<exchange::Result> result = exchange::Result{wanted.call.id, {}, {}, 0, true};
  if (!answer) {
    none = answer.error();
  } else if (result = read_answer(wanted, *answer); !result) {
    none = Error{Code::internal,
                 fmt::format("the MCP server \"{}\" answered with what is no result: {}",
                             wanted.upstream->server().name, result.error().text()),
                 {},
                 {}};
    result = exchange::Result{wanted.call.id, {}, {}, 0, true};
  }
  if (none && sealing()) result->texts = {none->text()};
  std::optional<std::string> instead;
  SaidLabels said;
  if (!none && answer->kind == wire::mcp::Kind::result) said = wire::mcp::read_labels(answer->result());
  LabelId shown = kNoLabel;
  if (!none || sealing()) instead = label(wanted, *result, said.empty() ? nullptr : &said, shown);
  if (!none || !answer) note_effect(wanted, at->second, result->is_error);
  if (instead) return respond(wanted.id, wire::mcp::result(wanted.id, sealed_result(wanted, *instead)));
  if (none) return refuse(wanted.id, answer ? code::kInternal : code::kServerGone, none->text());
  if (answer->kind == wire::mcp::Kind::error || wanted.act == Act::completion)
    return respond(wanted.id, wire::mcp::with_id(*answer, wanted.id));
  if (!stateless_ && wanted.act == Act::tool) {
    if (auto older = wire::mcp::parse(wire::mcp::object_result(*answer), false))
      *answer = std::move(older->front());
  }
  const Labels& labels = gateway_.workspace().labels();
  auto annotated = wire::mcp::parse(
      wire::mcp::with_annotations(*answer, !labels.trusted(shown), !labels.everyone_reads(shown),
                                  wanted.upstream->server().labels_trusted),
      false);
  respond(wanted.id, wire::mcp::with_id(annotated ? annotated->front() : *answer, wanted.id));
}

void Session::note_effect(const Wanted& wanted, const InFlight& flight, bool error) {
  if (wanted.act == Act::tool && !flight.ledger_call.empty())
    gateway_.recorder().effect(flight.ledger_session, flight.ledger_call, error);
}

// Gives what the client is shown instead of the result, in seal mode.
std::optional<std::string> Session::label(const Wanted& wanted, const exchange::Result& result,
                                          const SaidLabels* said, LabelId& shown) {
  const InFlight& flight = in_flight_[wanted.id];
  session::Rules rules = rules_;
  if (flight.passed) rules.sealing = nullptr;
  rules.said = said;
  rules.believed = wanted.upstream->server().labels_trusted;
  rules.reached = &wanted.upstream->reached();
  session::Workspace& workspace = gateway_.workspace();
  auto instead = workspace.returned(*conversation_, wanted.call, flight.carries, result, rules);
  for (const session::Arrival& arrival : workspace.arrivals()) shown = arrival.shown;
  note_session();
  // What the model proxy let go is listed in the planner's session.
  if (!flight.ledger_call.empty())
    gateway_.recorder().arrivals(flight.ledger_session, workspace.arrivals(),
                                 guard::mode_name(gateway_.config().mode), gateway_.config().seal.budget_bits,
                                 workspace.labels());
  return instead;
}

void Session::note_session() {
  const auto& vault = conversation_->vault();
  gateway_.sessions().note(
      {ledger_name_,
       "mcp",
       {conversation_->context(), vault ? vault->revealed() : kNoLabel, vault ? vault->influence_bits() : 0},
       gateway_.now().wall_ms});
}

std::vector<Session::ServerState> Session::servers() const {
  std::vector<ServerState> all;
  for (const auto& upstream : upstreams_)
    all.push_back({upstream->server().name, upstream->state(), upstream->trouble()});
  return all;
}

}  // namespace weir::gateway::mcp
