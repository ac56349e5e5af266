#include "replay/replay.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "replay/event.h"
#include "replay/history.h"
#include "replay/planner_view.h"
#include "seal/show.h"
#include "session/with_content.h"
#include "wire/dialect.h"

namespace weir::replay {
using exchange::Message;
using exchange::Part;
using exchange::Role;

Replay::Replay(const config::Config& config, Options options)
    : config_(config),
      options_(options),
      workspace_(trace::Key{}, {.trace = options.trace}),
      rules_{&config.manifests, &config.trust, nullptr, true} {
  const client::Profile* named = config.profiles.find(config.client);
  rules_.profile = named != nullptr ? named : &config.profiles.generic();
  for (const config::Server& server : config.servers) servers_.insert(server.name);
  if (options.mode != guard::Mode::seal) return;
  sealing_ = {config.seal.page, config.seal.budget_bits, config.seal.reveal, &config.seal.opened,
              config.seal.attachments_open};
  rules_.sealing = &sealing_;
}

Result<Replay::Lines> Replay::feed(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return Lines{};
  if (line.size() > limits::kReplayLineBytesMax)
    return too_large(fmt::format("a line of more than {} bytes", limits::kReplayLineBytesMax));
  auto document = json::parse(std::string(line));
  if (!document) return document.error();
  const json::Value event = document->root();
  const auto kind = event["event"].string();
  if (!kind) return bad_input("an event is an object with a string \"event\"", "/event");
  if (*kind == "tools") return tools(event);
  if (*kind == "operator") return text(event, Role::operator_text);
  if (*kind == "user") return text(event, Role::user);
  if (*kind == "assistant") return text(event, Role::planner);
  if (*kind == "call") return call(event);
  if (*kind == "result") return result(event);
  if (*kind == "answer") return answer(event);
  if (*kind == "ask_answer" || *kind == "reader") return ask_answer(event);
  if (*kind == "request") return request(event);
  if (*kind == "approve") return person_answers(event, true);
  if (*kind == "deny") return person_answers(event, false);
  if (*kind == "grant") return grant(event);
  if (*kind == "session") return new_session(event);
  if (*kind == "time") return time(event);
  if (*kind == "intent") return intent(event);
  if (*kind == "model") return model(event);
  if (*kind == "resource") return resource(event);
  if (*kind == "drop") return drop(event);
  if (*kind == "accept") return accept(event);
  if (*kind == "skill") return skill(event);
  return bad_input(fmt::format("unknown event \"{}\"", shown(*kind)), "/event");
}

const guard::Verdict* Replay::verdict(std::string_view id) const {
  if (const auto call = calls_.find(std::string(id)); call != calls_.end()) return &call->second.verdict;
  const auto answer = answers_.find(id);
  return answer == answers_.end() ? nullptr : &answer->second;
}

Result<Replay::Lines> Replay::tools(json::Value event) {
  const Event in(event, {"server", "tools"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(server, in.text("server"));
  if (!event["tools"].is_array()) return bad_input("\"tools\" needs a list \"tools\"", "/tools");
  std::vector<exchange::Tool> listed;
  size_t index = 0;
  for (const json::Value tool : event["tools"].elements()) {
    const auto name = tool["name"].string();
    if (!name) return bad_input("a tool needs a string \"name\"", fmt::format("/tools/{}/name", index));
    ++index;
    exchange::Tool typed;
    typed.name = fmt::format("{}/{}", server, *name);
    typed.description = tool["description"].string_or("");
    typed.schema = tool["inputSchema"].raw();
    note_definition(typed.name, tool);
    offered_.insert(typed.name);
    listed.push_back(std::move(typed));
  }
  servers_.insert(server);
  workspace_.observe_tools(listed, rules_);
  return Lines{};
}

Result<Replay::Lines> Replay::text(json::Value event, Role role) {
  const Event in(event, {"text", "id"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(text, in.text("text"));
  if (role != Role::planner) {
    add_part(request_.messages, role, exchange::Text{std::move(text)});
    show_last();
    return Lines{};
  }
  const auto conversation = workspace_.observe(request_, rules_, session_id_);
  workspace_.emitted(*conversation, {role, {}, {exchange::Text{text}}});
  add_part(shown_, role, exchange::Text{text});
  add_part(request_.messages, role, exchange::Text{std::move(text)});
  return Lines{};
}

guard::Situation Replay::situation(const session::Conversation& conversation, bool offered) {
  guard::Situation situation{&workspace_, &conversation, rules_,  &config_.policies, &grants_,
                             session_id_, options_.mode, offered, wall_ms_};
  situation.semantics = options_.semantics;
  situation.intent = true;
  return situation;
}

void Replay::show_last() {
  exchange::Message message = request_.messages.back();
  if (sealing()) {
    const auto conversation = workspace_.observe(request_, rules_, session_id_);
    replace_parts(*conversation, request_.messages.size() - 1, message);
  }
  shown_.push_back(std::move(message));
}

Result<Replay::Lines> Replay::call(json::Value event) {
  const Event in(event, {"id", "tool", "args"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(id, in.text("id"));
  WEIR_TRY_ASSIGN(tool, in.text("tool"));
  if (sealing() && tool == seal::kAskTool) return ask(event, std::move(id));
  if (calls_.contains(id)) return bad_input(fmt::format("a second call \"{}\"", shown(id)), "/id");
  if (tool.find('/') == std::string::npos) return bad_input("a tool is \"server/tool\"", "/tool");
  const json::Value args = event["args"];
  const bool is_text = args.is_string();  // a custom tool's free text
  if (args.exists() && !args.is_object() && !is_text)
    return bad_input("\"args\" is an object, or a string for a tool that takes free text", "/args");

  CallState state;
  state.call = {id, tool,
                is_text         ? std::string(*args.string())
                : args.exists() ? std::string(args.raw())
                                : "{}",
                !is_text};
  state.decided_in = workspace_.observe(request_, rules_, session_id_);
  const std::string_view server = std::string_view(tool).substr(0, tool.find('/'));
  const bool declared = offered_.contains(tool) || config_.manifests.facts(tool).declared_by_manifest;
  // A server of weir.toml whose tools nobody listed is known; its unlisted tools get the conservative facts.
  const bool listed = std::any_of(offered_.begin(), offered_.end(), [&](const std::string& name) {
    return name.starts_with(std::string(server) + "/");
  });
  const bool offered = declared || (servers_.contains(std::string(server)) && !listed);
  Lines lines;
  if (options_.planner_view) lines.push_back(planner_view(id));
  guard::Situation at = situation(*state.decided_in, offered);
  at.drifted = drifted_.contains(tool);
  state.verdict = guard::decide(at, state.call);
  if (const auto answer = intents_.find(id); answer != intents_.end())
    answer_intent(state.verdict, answer->second);
  state.asked_wall_ms = wall_ms_;
  if (!options_.planner_view) lines.push_back(guard::verdict_json(state.verdict, workspace_.labels()));
  if (!state.verdict.grant.empty())
    std::erase_if(grants_, [&](const session::Grant& grant) { return grant.id == state.verdict.grant; });
  add_part(shown_, Role::planner, state.call);
  settle(state);
  calls_.emplace(std::move(id), std::move(state));
  return lines;
}

void Replay::settle(CallState& state) {
  if (options_.mode == guard::Mode::watch || state.verdict.decision == guard::Decision::allow) {
    let_go(state);
  } else if (state.verdict.decision == guard::Decision::ask) {
    state.state = State::asked;
  } else {
    deny(state);
  }
}

void Replay::let_go(CallState& call) {
  call.state = State::open;
  exchange::Call client = call.call;
  if (sealing()) {
    if (auto filled = session::with_content(*call.decided_in, call.call, {})) client = std::move(*filled);
  }
  const bool differs = client.arguments != call.call.arguments;
  workspace_.emitted(*call.decided_in, {Role::planner, {}, {client}}, [&](const Part&) {
    session::Workspace::Written written;
    if (differs) written = {call.verdict.carries, call.call.arguments};
    return written;
  });
  if (!call.verdict.places.empty()) workspace_.places().written(call.verdict.places, call.verdict.carries);
  add_part(request_.messages, Role::planner, client);
}

void Replay::deny(CallState& call) {
  call.state = State::denied;
  add_part(shown_, Role::tool,
           exchange::Result{call.call.id,
                            {},
                            {sealing() ? guard::sealed_denial_text(call.verdict, workspace_.labels())
                                       : guard::denial_text(call.verdict)},
                            0,
                            true});
}

Result<Replay::Lines> Replay::result(json::Value event) {
  const Event in(event, {"id", "content", "isError", "structuredContent"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(id, in.text("id"));
  const auto at = calls_.find(id);
  if (at == calls_.end())
    return bad_input(fmt::format("a result for \"{}\", which nobody called", shown(id)), "/id");
  switch (at->second.state) {
    case State::open:
      break;
    case State::answered:
      return bad_input(fmt::format("a second result for \"{}\"", shown(id)), "/id");
    case State::denied:
      return bad_input(fmt::format("a result for \"{}\", which was denied", shown(id)), "/id",
                       "it was not run");
    case State::asked:
      return bad_input(fmt::format("a result for \"{}\", which nobody approved", shown(id)), "/id",
                       fmt::format(R"({{"event":"approve","id":{}}})", json::quote(id)));
  }
  if (!event["content"].exists() && !event["structuredContent"].exists())
    return bad_input("\"result\" needs \"content\"", "/content");
  at->second.state = State::answered;
  exchange::Result result;
  result.call_id = id;
  result.is_error = event["isError"].boolean().value_or(false);
  if (event["content"].exists()) read_content(event["content"], result);
  if (event["structuredContent"].exists()) result.texts.emplace_back(event["structuredContent"].raw());
  add_part(request_.messages, Role::tool, std::move(result));
  show_last();
  return Lines{};
}

Result<Replay::Lines> Replay::answer(json::Value event) {
  const Event in(event, {"text", "id"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(text, in.text("text"));
  const auto conversation = workspace_.observe(request_, rules_, session_id_);
  Lines lines;
  if (options_.planner_view) {
    lines.push_back(planner_view("answer"));
  } else {
    guard::Verdict verdict = guard::decide_answer(situation(*conversation, true), text);
    verdict.call_id = event["id"].string_or("answer");
    lines.push_back(guard::verdict_json(verdict, workspace_.labels()));
    answers_.insert_or_assign(verdict.call_id, std::move(verdict));
  }
  add_part(shown_, Role::planner, exchange::Text{text});
  std::string client = text;
  LabelId carries = kNoLabel;
  if (sealing()) {
    seal::Shower shower(workspace_.labels(), conversation->resolver());
    shower.on_shown = [&](LabelId label) { carries = workspace_.labels().join(carries, label); };
    client = shower.feed(text);
    client += shower.end();
  }
  workspace_.emitted(*conversation, {Role::planner, {}, {exchange::Text{client}}}, [&](const Part&) {
    session::Workspace::Written written;
    if (client != text) written = {carries, text};
    return written;
  });
  add_part(request_.messages, Role::planner, exchange::Text{std::move(client)});
  return lines;
}

// weir_ask: decided by its form alone; what the reader says comes with an ask_answer.
Result<Replay::Lines> Replay::ask(json::Value event, std::string id) {
  Lines lines;
  if (options_.planner_view) lines.push_back(planner_view(id));
  const exchange::Call call{id, std::string(seal::kAskTool), std::string(event["args"].raw()), true};
  add_part(shown_, Role::planner, call);
  const auto conversation = workspace_.observe(request_, rules_, session_id_);
  seal::Vault& vault = *conversation->vault();
  auto inquiry = seal::Inquiry::begin(
      call.arguments, [&](uint32_t number) { return conversation->sealed(number); }, workspace_.labels(),
      vault, sha256({"ask/", id}), sealing_.budget_bits);
  guard::Verdict verdict;
  verdict.call_id = id;
  verdict.tool = "weir/ask";
  verdict.decision = guard::Decision::allow;
  verdict.policies = {"quarantined-reader"};
  if (!inquiry) {
    verdict.decision = guard::Decision::deny;
    verdict.why = inquiry.error().text();
    add_part(shown_, Role::tool, exchange::Result{id, {}, {seal::refused_ask_text(inquiry.error())}});
  } else {
    verdict.why = "a reader without tools answers " + inquiry->ask().type.in_words();
    asked_.emplace(std::move(id), Asked{std::move(*inquiry), conversation});
  }
  verdict.context = conversation->planner_label(workspace_.labels());
  verdict.influence_bits = vault.influence_bits();
  if (!options_.planner_view) lines.push_back(guard::verdict_json(verdict, workspace_.labels()));
  return lines;
}

Result<Replay::Lines> Replay::ask_answer(json::Value event) {
  const Event in(event, {"id", "answer"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(id, in.text("id"));
  const auto at = asked_.find(id);
  if (at == asked_.end())
    return bad_input(fmt::format("an answer to \"{}\", which nobody asked", shown(id)), "/id");
  const Asked asked = std::move(at->second);
  asked_.erase(at);
  const auto answer = seal::read_answer(asked.inquiry.ask().type, event["answer"].raw());
  std::string told = asked.inquiry.answered(answer, *asked.conversation->vault());
  add_part(shown_, Role::tool, exchange::Result{id, {}, {std::move(told)}});
  return Lines{};
}

Result<Replay::Lines> Replay::request(json::Value event) {
  const Event in(event, {"messages"});
  WEIR_TRY(in.check());
  if (!event["messages"].is_array()) return bad_input("\"request\" needs a list \"messages\"", "/messages");
  json::Writer body;
  body.begin_object().field("model", "replay").key("messages").raw(event["messages"].raw()).end_object();
  auto parsed = wire::parse_request(exchange::Dialect::chat_completions, body.take(), {});
  if (!parsed) return parsed.error();
  request_.messages = std::move(parsed->request.messages);
  show_all();
  return Lines{};
}

void Replay::show_all() {
  shown_ = request_.messages;
  const auto conversation = workspace_.observe(request_, rules_, session_id_);
  for (size_t i = 0; i < shown_.size(); ++i) replace_parts(*conversation, i, shown_[i]);
}

Result<Replay::Lines> Replay::person_answers(json::Value event, bool approved) {
  const Event in(event, {"id"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(id, in.text("id"));
  const auto at = calls_.find(id);
  if (at == calls_.end() || at->second.state != State::asked)
    return bad_input(fmt::format("nobody was asked about \"{}\"", shown(id)), "/id");
  if (wall_ms_ - at->second.asked_wall_ms > config_.ask_timeout_ms) {
    deny(at->second);
    return Lines{};
  }
  if (approved) {
    let_go(at->second);
  } else {
    deny(at->second);
  }
  return Lines{};
}

Result<Replay::Lines> Replay::grant(json::Value event) {
  auto grant = session::parse_grant(event, "event");
  if (!grant) return grant.error();
  if (grant->id.empty()) grant->id = fmt::format("g{}", grants_.size() + 1);
  if (grant->scope != session::Scope::until && grant->session.empty()) grant->session = session_id_;
  grants_.push_back(std::move(*grant));
  return Lines{};
}

Result<Replay::Lines> Replay::new_session(json::Value event) {
  const Event in(event, {"id"});
  WEIR_TRY(in.check());
  workspace_.observe(request_, rules_, session_id_);  // what came last was seen too
  request_.messages.clear();
  shown_.clear();
  session_id_ = std::to_string(++sessions_);
  return Lines{};
}

Result<Replay::Lines> Replay::time(json::Value event) {
  const Event in(event, {"advance"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(advance, in.text("advance"));
  WEIR_TRY_ASSIGN(milliseconds, config::parse_duration(advance));
  wall_ms_ += milliseconds;
  for (auto& [id, call] : calls_) {
    if (call.state != State::asked || wall_ms_ - call.asked_wall_ms < config_.ask_timeout_ms) continue;
    deny(call);
  }
  return Lines{};
}

std::string Replay::planner_view(std::string_view before) const {
  json::Writer writer;
  writer.begin_object().field("before", before).key("messages").raw(chat_messages(shown_)).end_object();
  return writer.take();
}

}  // namespace weir::replay
