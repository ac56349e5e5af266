#include "guard/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "guard/words.h"

namespace weir::guard {
namespace {

constexpr int64_t kTimesMax = 5;  // one call, as a plan may want it
constexpr int64_t kLastsMs = int64_t{3'600'000};

constexpr std::string_view kSystem =
    "An assistant is about to work on a user's request. You see what the user and the operator of the "
    "assistant "
    "said, and the tools that change something. Which of their calls does the request itself ask for, with "
    "which "
    "values? Name only calls whose values stand in these words, letter for letter; leave out what depends on "
    "something that must be read first. Most requests need none.\n"
    "Answer with nothing but JSON: "
    "{\"calls\": [{\"tool\": \"mail/send\", \"args\": {\"/to\": \"bob@x.example\"}, \"times\": 1}]}, with "
    "the "
    "arguments that are listed for the tool.";

// Tools with a side effect that a manifest describes, by "server/tool".
std::map<std::string, const manifest::ToolFacts*> acting(const Situation& situation,
                                                         const std::vector<exchange::Tool>& tools) {
  std::map<std::string, const manifest::ToolFacts*> found;
  for (const exchange::Tool& tool : tools) {
    const std::string name = situation.rules.tool_name(tool.name);
    const manifest::ToolFacts& facts = situation.rules.manifests->facts(name);
    if (!facts.declared_by_manifest || facts.effects.only_reads()) continue;
    if (found.size() < limits::kPlanToolsMax) found.emplace(name, &facts);
  }
  return found;
}

bool said(const Situation& situation, const manifest::ArgFact& fact, const std::string& value) {
  if (fact.role == manifest::ArgRole::command) return false;  // what a command does, its words do not say
  const trace::Form form =
      fact.role == manifest::ArgRole::amount ? trace::Form::number : trace::form_for(value);
  return situation.conversation->person().vouch(value, form) != kNoLabel;
}

// One entry of the plan as a grant, or nothing.
std::optional<session::Grant> exact_grant(const Situation& situation, const std::string& name,
                                          const manifest::ToolFacts& tool, json::Value arguments) {
  session::Grant grant;
  for (const json::Member& member : arguments.members()) {
    const manifest::ArgFact* fact = tool.fact_of(member.key);
    const std::string value(member.value.string_or(member.value.raw()));
    if (fact == nullptr) return std::nullopt;
    if (fact->role == manifest::ArgRole::content) continue;
    if (!said(situation, *fact, value)) return std::nullopt;
    grant.arguments[std::string(member.key)] = session::literal_pattern(value);
  }
  if (grant.arguments.empty()) return std::nullopt;
  grant.tool = name;
  grant.scope = session::Scope::once;
  grant.session = situation.session_id;
  grant.expires_wall_ms = situation.wall_ms + kLastsMs;
  grant.planned = true;
  return grant;
}

}  // namespace

std::optional<PlanQuestion> plan_question(const Situation& situation,
                                          const std::vector<exchange::Tool>& tools) {
  if (!situation.workspace->labels().trusted(situation.conversation->context())) return std::nullopt;
  const auto words = trusted_words(situation);
  const auto found = acting(situation, tools);
  if (!words || found.empty()) return std::nullopt;
  PlanQuestion question;
  question.prompt.system = kSystem;
  question.prompt.user = words->text + "The tools:\n";
  for (const auto& [name, tool] : found) {
    question.prompt.user += fmt::format("- {}", name);
    if (!tool->description.empty()) question.prompt.user += fmt::format(": {}", tool->description);
    for (const manifest::ArgFact& arg : tool->args) {
      if (manifest::authority_bearing(arg.role))
        question.prompt.user += fmt::format(" {} ({})", arg.pointer.text(), manifest::role_name(arg.role));
    }
    question.prompt.user += "\n";
  }
  question.key = sha256({"plan/", situation.session_id, "/", as_bytes(words->said)});
  return question;
}

std::vector<session::Grant> read_plan(const Situation& situation, const std::vector<exchange::Tool>& tools,
                                      std::string_view written) {
  std::vector<session::Grant> grants;
  const size_t begin = written.find('{');
  const size_t end = written.rfind('}');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return grants;
  const auto document = json::parse(std::string(written.substr(begin, end - begin + 1)));
  if (!document) return grants;
  const auto found = acting(situation, tools);
  for (const json::Value planned : document->root()["calls"].elements()) {
    const std::string name(planned["tool"].string_or(""));
    const auto tool = found.find(name);
    if (tool == found.end()) continue;
    const auto grant = exact_grant(situation, name, *tool->second, planned["args"]);
    const int64_t times = std::clamp(planned["times"].integer().value_or(1), int64_t{0}, kTimesMax);
    for (int64_t i = 0; grant && i < times && grants.size() < limits::kPlanGrantsMax; ++i)
      grants.push_back(*grant);
  }
  return grants;
}

}  // namespace weir::guard
