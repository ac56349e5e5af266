// What a server needs from the client in the middle of a request, between the eras.
//
// A server with the handshake sends a request and waits; a stateless one ends the request with what it asks,
// and is sent the request again with the answers. A client with the handshake is sent requests; a stateless
// one gets an answer that asks (`input_required`), and comes back. weir keeps what is under way meanwhile:
// the client's request was decided once, and what comes back must be the same request, once.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "gateway/mcp/limits.h"
#include "gateway/mcp/session.h"
#include "wire/mcp/content.h"

namespace weir::gateway::mcp {
namespace {

namespace code = wire::mcp::code;

constexpr int64_t kRestMs = 200;  // before a server that only wants to be asked again is asked again

Message as_request(std::string_view id, std::string_view method, std::string_view params) {
  auto messages = wire::mcp::parse(wire::mcp::request(id, method, params), false);
  return messages ? std::move(messages->front()) : Message();
}

// What a server asks, as the other era writes it. `id`: what an older client correlates a URL's visit by;
// empty: the client is stateless.
std::string other_form(const Message& request, const std::string& id) {
  json::Writer params;
  params.begin_object();
  for (const json::Member& member : request.params().members()) {
    if (member.key == "_meta" || member.key == "task" || member.key == "elicitationId") continue;
    params.key(member.key).raw(member.value.raw());
  }
  if (!id.empty() && request.params()["mode"].string_or("") == "url") params.field("elicitationId", id);
  return params.end_object().take();
}

std::string question_text(const Message& request) {
  json::Writer writer;
  writer.begin_object().field("method", request.method).key("params").raw(other_form(request, {}));
  return writer.end_object().take();
}

std::string salient(const Message& message) {
  const json::Value params = message.params();
  const json::Value arguments = params["arguments"];
  return to_hex(as_bytes(
      sha256({message.method, "\n", json::canonical(params["name"]), "\n", json::canonical(params["uri"]),
              "\n", arguments.exists() ? json::canonical(arguments) : "{}"})));
}

}  // namespace

// Whether the client said that it can do what a server asks of it.
bool Session::can(const Message& request) const {
  const json::Value capabilities = client_["capabilities"];
  if (request.method == "sampling/createMessage") return capabilities["sampling"].is_object();
  if (request.method == "roots/list") return capabilities["roots"].is_object();
  if (request.method != "elicitation/create") return false;
  const json::Value elicitation = capabilities["elicitation"];
  const bool url = request.params()["mode"].string_or("") == "url";
  const bool either = elicitation["form"].exists() || elicitation["url"].exists();
  return elicitation.is_object() &&
         (url ? elicitation["url"].exists() : !either || elicitation["form"].exists());
}

// A server with the handshake asks a stateless client.
void Session::server_asks(Upstream& upstream, const Message& request) {
  const std::string id = about(upstream);
  const auto at = in_flight_.find(id);
  if (at == in_flight_.end() || at->second.salient.empty()) {
    return upstream.answer(wire::mcp::error(
        request.id, code::kInternal, "no request of the client's is under way that could ask it this"));
  }
  if (at->second.questions.size() >= limits::kMcpServerRequestsMax)
    return upstream.answer(wire::mcp::error(request.id, code::kInternal, "too many requests to the client"));
  at->second.questions[fmt::format("weir-{}", next_server_request_++)] = {
      question_text(request), &upstream, request.id, {}};
  put_questions(id);
}

// A stateless server's answer is that it needs input first.
void Session::input_required(const Wanted& wanted, const Message& answer) {
  InFlight& flight = in_flight_[wanted.id];
  const json::Value result = answer.result();
  const json::Value requests = result["inputRequests"];
  const json::Value state = result["requestState"];
  if (result["resultType"].string_or("") == "task") return task_created(wanted, answer);
  if (result["resultType"].string_or("") != "input_required")
    return input_failed(wanted.id, "the server answered with a kind of result that weir does not know");
  if ((requests.exists() && !requests.is_object()) || (state.exists() && !state.is_string()) ||
      (!requests.exists() && !state.exists()) || requests.size() > limits::kMcpServerRequestsMax)
    return input_failed(wanted.id, "the server asked for input in no known form");
  flight.questions.clear();
  flight.answers.clear();
  flight.server_state.reset();
  if (state.is_string()) flight.server_state = std::string(*state.string());
  flight.again = std::make_unique<Wanted>(wanted);
  for (const json::Member& member : requests.members()) {
    const json::Value params = member.value["params"];
    Message request = as_request("0", member.value["method"].string_or(""),
                                 params.is_object() ? params.raw() : std::string_view("{}"));
    if (!can(request))
      return input_failed(wanted.id, fmt::format("the server asked the client for {}, which it cannot do",
                                                 shown(member.value["method"].string_or("nothing"), 60)));
    heard(*wanted.upstream, request.method, request.params());
    if (!may_ask(*wanted.upstream, request))
      return input_failed(wanted.id, fmt::format("in seal mode weir carries no {} of a server that nobody "
                                                 "vouched for",
                                                 request.method));
    flight.questions[std::string(member.key)].request = question_text(request);
  }
  if (++flight.round > limits::kMcpInputRoundsMax)
    return input_failed(wanted.id, "the server asked for input again and again");
  if (stateless_) return park(wanted.id);
  if (flight.questions.empty()) {
    flight.reminder = gateway_.loop().after(kRestMs, [weak = weak_from_this(), id = wanted.id] {
      if (const auto self = weak.lock(); self && self->in_flight_.contains(id)) self->send_again(id, nullptr);
    });
    return;
  }
  for (const auto& [key, question] : flight.questions) {
    const std::string id = fmt::format("\"weir-{}\"", next_server_request_++);
    const auto document = json::parse(question.request);
    const std::string method(document->root()["method"].string_or(""));
    const Message asked = as_request(id, method, document->root()["params"].raw());
    server_requests_[id] = {nullptr, wanted.id, {}, {}, key};
    send_(wire::mcp::request(id, method, other_form(asked, id.substr(1, id.size() - 2))), wanted.id, false);
  }
}

void Session::input_failed(const std::string& id, std::string_view why) {
  const auto at = in_flight_.find(id);
  if (at == in_flight_.end()) return;
  std::erase_if(server_requests_,
                [&](const auto& each) { return !each.second.key.empty() && each.second.id == id; });
  if (at->second.again) note_effect(*at->second.again, at->second, true);
  refuse(id, code::kInternal, why);
}

// Tells a stateless client what is asked of it, if it listens.
void Session::put_questions(const std::string& id) {
  InFlight& flight = in_flight_[id];
  if (flight.parked || flight.questions.empty()) return;
  if (++flight.round <= limits::kMcpInputRoundsMax) return park(id);
  if (flight.upstream_id != 0)
    flight.upstream->cancel(flight.upstream_id, "it asked for input again and again");
  refuse(id, code::kInternal, "the server asked for input again and again");
}

void Session::park(const std::string& id) {
  InFlight& flight = in_flight_[id];
  json::Writer writer;
  writer.begin_object().field("resultType", "input_required");
  if (!flight.questions.empty()) {
    writer.key("inputRequests").begin_object();
    for (const auto& [key, question] : flight.questions) writer.key(key).raw(question.request);
    writer.end_object();
  }
  const int64_t expires_ms = gateway_.now().mono_ms + limits::kMcpInputMs;
  writer.field("requestState", common_.states.seal(id_, id, flight.round, expires_ms));
  flight.parked = true;
  flight.expiry = gateway_.loop().after(limits::kMcpInputMs, [weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) self->cancelled(id, "the input did not come");
  });
  send_(wire::mcp::result(id, writer.end_object().take()), id, true);
}

bool Session::resume(const std::string& id, uint64_t round, const Message& retry) {
  const auto at = in_flight_.find(id);
  if (at == in_flight_.end()) return false;
  InFlight& flight = at->second;
  if (!flight.parked || flight.round != round || flight.salient != salient(retry)) return false;
  flight.parked = false;
  flight.expiry.cancel();
  flight.progress_token = retry.progress_token();
  const json::Value responses = retry.params()["inputResponses"];
  const std::string raw(responses.raw());
  if (!flight.late.empty()) {
    respond(id, std::exchange(flight.late, {}));
  } else if (flight.again) {
    send_again(id, responses.exists() ? &raw : nullptr);
  } else {
    for (auto question = flight.questions.begin(); question != flight.questions.end();) {
      const json::Value response = responses[question->first];
      const Question asked = question->second;
      if (!response.is_object()) {
        ++question;  // is asked again
        continue;
      }
      question = flight.questions.erase(question);
      if (asked.upstream == nullptr) {
        answer_ask(asked.ask, response);
      } else {
        asked.upstream->answer(wire::mcp::result(asked.id, response.raw()));
      }
    }
    put_questions(id);
  }
  return true;
}

// To the stateless server, with the answers.
void Session::send_again(const std::string& id, const std::string* answers) {
  InFlight& flight = in_flight_[id];
  flight.questions.clear();
  Wanted wanted = std::move(*std::exchange(flight.again, nullptr));
  const auto state = std::exchange(flight.server_state, std::nullopt);
  wanted.params = wire::mcp::with_input(wanted.params, answers, state ? &*state : nullptr);
  forward(wanted);
}

// A client with the handshake has answered one of a stateless server's questions.
void Session::input_came(const std::string& id, const std::string& key, const Message& answer) {
  const auto at = in_flight_.find(id);
  if (at == in_flight_.end() || !at->second.questions.contains(key)) return;
  InFlight& flight = at->second;
  if (answer.kind == wire::mcp::Kind::result) {
    flight.answers[key] = answer.result().raw();
  } else if (flight.questions[key].request.find("elicitation/create") != std::string::npos) {
    flight.answers[key] = R"({"action":"cancel"})";
  } else {
    return input_failed(id, "the client did not give what the server asked it for");
  }
  if (flight.answers.size() < flight.questions.size()) return;
  json::Writer writer;
  writer.begin_object();
  for (const auto& [name, text] : flight.answers) writer.key(name).raw(text);
  const std::string all = writer.end_object().take();
  send_again(id, &all);
}

// A person's answer to weir's own question, by elicitation.
void Session::answer_ask(const std::string& ask, json::Value result) {
  const std::string_view action = result["action"].string_or("");
  auto answer = approval::parse_answer(result["content"]["answer"].string_or(""));
  if (action == "decline") answer = approval::Answer::deny;
  if (answer && (action == "accept" || action == "decline"))
    gateway_.answer(ask, *answer, [](const Status&) {});
}

void Session::stateless_request(const Message& message) {
  InFlight& flight = in_flight_[message.id];
  const std::string& method = message.method;
  const bool askable = method == "tools/call" || method == "prompts/get" || method == "resources/read";
  if (askable) flight.salient = salient(message);
  flight.log_level = message.params()["_meta"][wire::mcp::meta::kLogLevel].string_or("");
  // Clients number their tokens as they like; several of them share this session.
  if (!flight.progress_token.empty()) flight.server_token = message.id;
  if (method == "server/discover") return discover(message);
  if (method == "tools/list") return list(message, List::tools);
  if (method == "prompts/list") return list(message, List::prompts);
  if (method == "resources/list") return list(message, List::resources);
  if (method == "resources/templates/list") return list(message, List::templates);
  if (method == "tools/call") return call_tool(keep(message));
  if (method == "resources/read") return read_resource(keep(message));
  if (method == "prompts/get") return get_prompt(keep(message));
  if (method == "completion/complete") return complete(keep(message));
  if (method == "subscriptions/listen") return listen(keep(message));
  if (knows_tasks() && (method == "tasks/get" || method == "tasks/update" || method == "tasks/cancel"))
    return ask_after_task(message);
  refuse(message.id, code::kMethodNotFound, fmt::format("weir does not know the method {}", shown(method)));
}

}  // namespace weir::gateway::mcp
