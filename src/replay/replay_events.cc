// Events beside the conversation itself: what a judge says, resources, an agent that cuts its history, tools
// that change.
#include "base/limits.h"
#include "replay/event.h"
#include "replay/history.h"
#include "replay/replay.h"

namespace weir::replay {

using exchange::Role;

// Before the call of that id: what the judge will say if it is asked. After it, while it waits: what it says.
Result<Replay::Lines> Replay::intent(json::Value event) {
  const Event in(event, {"id", "answer"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(id, in.text("id"));
  WEIR_TRY_ASSIGN(answer, in.text("answer"));
  if (answer != "yes" && answer != "no")
    return bad_input("an intent check answers \"yes\" or \"no\"", "/answer");
  const auto at = calls_.find(id);
  if (at == calls_.end()) {
    intents_[id] = answer == "yes";
    return Lines{};
  }
  CallState& call = at->second;
  if (call.state != State::asked || !call.verdict.intent)
    return bad_input(fmt::format("the intent check was not asked about \"{}\"", shown(id)), "/id");
  answer_intent(call.verdict, answer == "yes");
  settle(call);
  Lines lines;
  if (!options_.planner_view) lines.push_back(guard::verdict_json(call.verdict, workspace_.labels()));
  return lines;
}

void Replay::answer_intent(guard::Verdict& verdict, bool yes) {
  if (!verdict.intent) return;
  const bool held = intent_memory_.refused(*verdict.intent);
  if (!held) intent_memory_.note(*verdict.intent, yes);
  guard::apply_intent(verdict, config_.policies, yes && !held, held, options_.semantics);
  verdict.intent.reset();  // it was asked once
}

// One turn of the planner: what it says, and calls beside each other.
Result<Replay::Lines> Replay::model(json::Value event) {
  const Event in(event, {"text", "calls"});
  WEIR_TRY(in.check());
  if (event["text"].exists()) {
    const json::Value said = event["text"];
    if (!said.is_string()) return bad_input("\"text\" is a string", "/text");
    const auto conversation = workspace_.observe(request_, rules_, session_id_);
    const exchange::Text text{std::string(*said.string())};
    workspace_.emitted(*conversation, {Role::planner, {}, {text}});
    add_part(shown_, Role::planner, text);
    add_part(request_.messages, Role::planner, text);
  }
  Lines lines;
  size_t index = 0;
  for (const json::Value one : event["calls"].elements()) {
    auto decided = call(one);
    if (!decided) {
      Error error = decided.error();
      error.where = fmt::format("/calls/{}{}", index, error.where);
      return error;
    }
    ++index;
    lines.insert(lines.end(), decided->begin(), decided->end());
  }
  return lines;
}

// The client reads a resource of an MCP server, as the gateway labels it.
Result<Replay::Lines> Replay::resource(json::Value event) {
  const Event in(event, {"server", "uri", "content"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(server, in.text("server"));
  WEIR_TRY_ASSIGN(uri, in.text("uri"));
  if (!event["content"].exists()) return bad_input("\"resource\" needs \"content\"", "/content");
  const exchange::Call call{fmt::format("resource-{}", ++resources_), server + "/mcp:resources/read",
                            fmt::format("{{\"uri\":{}}}", json::quote(uri)), true};
  const auto conversation = workspace_.observe(request_, rules_, session_id_);
  workspace_.emitted(*conversation, {Role::planner, {}, {call}});
  add_part(shown_, Role::planner, call);
  add_part(request_.messages, Role::planner, call);
  exchange::Result result;
  result.call_id = call.id;
  read_content(event["content"], result);
  add_part(request_.messages, Role::tool, std::move(result));
  show_last();
  return Lines{};
}

// The agent sends its history without a call and what it returned, or without its oldest messages.
Result<Replay::Lines> Replay::drop(json::Value event) {
  const Event in(event, {"id", "messages"});
  WEIR_TRY(in.check());
  workspace_.observe(request_, rules_, session_id_);  // what is dropped was seen
  auto& messages = request_.messages;
  if (event["messages"].exists()) {
    const auto count = event["messages"].integer();
    if (!count || *count < 1 || static_cast<size_t>(*count) > messages.size())
      return bad_input(fmt::format("\"messages\" is a number from 1 to {}", messages.size()), "/messages");
    messages.erase(messages.begin(), messages.begin() + *count);
  } else {
    WEIR_TRY_ASSIGN(id, in.text("id"));
    size_t dropped = 0;
    for (exchange::Message& message : messages) {
      dropped += std::erase_if(message.parts, [&](const exchange::Part& part) {
        const auto* call = std::get_if<exchange::Call>(&part);
        const auto* result = std::get_if<exchange::Result>(&part);
        return (call != nullptr && call->id == id) || (result != nullptr && result->call_id == id);
      });
    }
    if (dropped == 0) return bad_input(fmt::format("the history has no call \"{}\"", shown(id)), "/id");
    std::erase_if(messages, [](const exchange::Message& message) { return message.parts.empty(); });
  }
  show_all();
  return Lines{};
}

// What a server says of its tool now is not what was accepted: no call passes until it is.
void Replay::note_definition(const std::string& tool, json::Value definition) {
  const Digest digest = sha256(json::canonical(definition));
  const auto [at, first] = definitions_.try_emplace(tool, digest);
  if (first || at->second == digest) {
    drifted_.erase(tool);
    return;
  }
  changed_[tool] = digest;
  drifted_.insert(tool);
}

// A person accepts what a changed tool says now.
Result<Replay::Lines> Replay::accept(json::Value event) {
  const Event in(event, {"tool"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(tool, in.text("tool"));
  if (drifted_.erase(tool) == 0)
    return bad_input(fmt::format("{} did not change", shown(tool)), "/tool", "a tool is \"server/tool\"");
  definitions_[tool] = changed_[tool];
  return Lines{};
}

// A skill is known from now on, as the gateway knows those that a person added or that lie in a folder.
Result<Replay::Lines> Replay::skill(json::Value event) {
  const Event in(event, {"name", "digest", "integrity", "tools", "effects", "description", "texts"});
  WEIR_TRY(in.check());
  WEIR_TRY_ASSIGN(name, in.text("name"));
  WEIR_TRY_ASSIGN(digest, in.text("digest"));
  WEIR_TRY_ASSIGN(integrity, in.text("integrity"));
  if (integrity != "trusted" && integrity != "untrusted")
    return bad_input("integrity is \"trusted\" or \"untrusted\"", "/integrity");
  session::KnownSkill known{name, name + "@" + digest, integrity == "trusted"};
  known.description = event["description"].string_or("");
  const auto strings = [&](std::string_view key, std::vector<std::string>& out) {
    for (const json::Value each : event[key].elements()) out.emplace_back(each.string_or(""));
  };
  strings("tools", known.tools);
  strings("effects", known.effects);
  strings("texts", known.texts);
  std::erase_if(skills_, [&](const session::KnownSkill& each) { return each.name == name; });
  skills_.push_back(std::move(known));
  workspace_.set_skills(skills_);
  return Lines{};
}

}  // namespace weir::replay
