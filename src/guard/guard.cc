#include "guard/guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "guard/facts.h"
#include "guard/intent.h"
#include "guard/why.h"

namespace weir::guard {
namespace {

// "server/tool" cut at the first slash after the server's name; a server may be "client:claude-code".
std::pair<std::string_view, std::string_view> split_tool(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return {std::string_view(), name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

Verdict refused(Verdict verdict, std::string why, std::string policy) {
  verdict.decision = Decision::deny;
  verdict.why = std::move(why);
  verdict.policies = {std::move(policy)};
  return verdict;
}

}  // namespace

std::string_view mode_name(Mode mode) {
  switch (mode) {
    case Mode::watch:
      return "watch";
    case Mode::guard:
      return "guard";
    case Mode::seal:
      return "seal";
  }
  return "guard";
}

std::optional<Mode> parse_mode(std::string_view name) {
  for (const Mode mode : {Mode::watch, Mode::guard, Mode::seal}) {
    if (name == mode_name(mode)) return mode;
  }
  return std::nullopt;
}

Verdict decide(const Situation& situation, const exchange::Call& call) {
  session::Workspace& workspace = *situation.workspace;
  Verdict verdict;
  verdict.call_id = call.id;
  verdict.tool = situation.rules.tool_name(call.name);
  verdict.context = situation.conversation->planner_label(workspace.labels());
  verdict.person_spoke = situation.conversation->person().size();
  if (const auto& vault = situation.conversation->vault()) verdict.influence_bits = vault->influence_bits();
  const auto [server, tool_part] = split_tool(verdict.tool);
  const manifest::ToolFacts& tool = situation.rules.manifests->facts(server, tool_part);
  const session::Memory memory = workspace.memory();

  if (call.is_json) {
    const std::string_view text = call.arguments.find_first_not_of(" \t\r\n") == std::string::npos
                                      ? "{}"
                                      : std::string_view(call.arguments);
    const auto arguments = json::parse(std::string(text));
    if (!arguments) {
      return refused(std::move(verdict),
                     fmt::format("the arguments are not JSON: {}", arguments.error().text()),
                     "malformed-arguments");
    }
    if (!arguments->root().is_object())
      return refused(std::move(verdict), "the arguments are not a JSON object", "malformed-arguments");
    auto leaves = session::attribute(memory, *situation.conversation, tool, arguments->root());
    if (!leaves) return refused(std::move(verdict), leaves.error().text(), "malformed-arguments");
    verdict.arguments = std::move(*leaves);
  } else {
    verdict.arguments.push_back(
        session::attribute_text(memory, *situation.conversation, tool, call.arguments));
  }
  verdict.carries = session::joined_label(workspace.labels(), verdict.arguments);

  // The conservative facts of an unknown tool carry no name of their own.
  manifest::ToolFacts named = tool;
  named.server = std::string(server);
  named.tool = std::string(tool_part);
  verdict.context = workspace.skills().for_call(verdict.context, verdict.tool, tool);
  for (session::Leaf& leaf : verdict.arguments)
    leaf.label = workspace.skills().for_call(leaf.label, verdict.tool, tool);
  const Facts facts = find_facts(situation, named, verdict.arguments,
                                 tool.server.empty() ? server : std::string_view(tool.server));
  verdict.side_effect = facts.side_effect;
  if (named.effects.has(manifest::Effect::write))
    verdict.places = session::places_of(server, verdict.arguments);

  verdict.request = policy_request(situation, facts, verdict.tool);
  const policy::Outcome outcome =
      policy::decide(*situation.policies, verdict.request, {}, situation.semantics);
  verdict.decision = outcome.decision;
  verdict.why = why(situation, facts, verdict.arguments, outcome, verdict.tool);
  for (const policy::Determining& determining : outcome.determining)
    verdict.policies.push_back(determining.policy_id);
  if (verdict.policies.empty()) verdict.policies.emplace_back("default-deny");
  if (outcome.decision == Decision::ask) {
    const session::Grant exact{};
    Facts granted = facts;
    granted.granted = &exact;
    granted.released =
        facts.released || std::count(verdict.policies.begin(), verdict.policies.end(), "leak") > 0;
    verdict.grantable = policy::decide(*situation.policies, policy_request(situation, granted, verdict.tool),
                                       {}, situation.semantics)
                            .decision == Decision::allow;
    if (situation.intent &&
        policy::decide(*situation.policies, policy_request(situation, facts, verdict.tool, "yes"), {},
                       situation.semantics)
                .decision == Decision::allow) {
      verdict.intent = intent_question(situation, call, facts, verdict.arguments, verdict.tool);
    }
  }
  if (outcome.decision == Decision::allow && facts.granted != nullptr &&
      facts.granted->scope == session::Scope::once) {
    verdict.grant = facts.granted->id;
  }
  return verdict;
}

namespace {

void write_label(json::Writer& writer, const Label& label) {
  writer.field("integrity", label.trusted() ? "trusted" : "untrusted").key("origins").begin_array();
  for (const std::string& origin : label.printed_origins()) writer.string(origin);
  writer.end_array().key("readers").begin_array();
  for (const std::string& reader : label.readers.printed()) writer.string(reader);
  writer.end_array();
}

}  // namespace

std::string verdict_json(const Verdict& verdict, const Labels& labels) {
  json::Writer writer;
  writer.begin_object().field("id", verdict.call_id).field("tool", verdict.tool);
  writer.field("decision", policy::to_string(verdict.decision))
      .field("why", verdict.why)
      .key("policies")
      .begin_array();
  for (const std::string& id : verdict.policies) writer.string(id);
  writer.end_array().key("context").begin_object();
  write_label(writer, labels.get(verdict.context));
  writer.end_object().key("args").begin_object();
  for (const session::Leaf& leaf : verdict.arguments) {
    writer.key(leaf.pointer).begin_object();
    write_label(writer, labels.get(leaf.label));
    writer.field("role", manifest::role_name(leaf.role));
    if (leaf.made) {
      writer.key("offered_by").begin_array();
      for (const std::string& origin : labels.get(leaf.offered).printed_origins()) writer.string(origin);
      writer.end_array();
    }
    writer.end_object();
  }
  writer.end_object().key("influence_bits").number(verdict.influence_bits);
  return writer.end_object().take();
}

namespace {

// What would have been allowed instead, by the rule that stands against the call. Nothing for a rule of the
// user's own.
std::string_view instead(std::string_view policy) {
  static constexpr std::pair<std::string_view, std::string_view> kInstead[] = {
      {"unknown-tool", "a tool that is declared to you"},
      {"copied-command",
       "a command of your own or the user's, with nothing copied into it from what you read"},
      {"untrusted-authority", "the same call with values that the user gave or a trusted source holds"},
      {"remote-selector", "looking up what the user named"},
      {"leak", "a recipient who may read that data, or the call without that data"},
      {"untrusted-context", "calls that only read"},
  };
  for (const auto& [id, says] : kInstead) {
    if (id == policy) return says;
  }
  return {};
}

std::string instead_sentence(const Verdict& verdict) {
  std::string says;
  for (const std::string& policy : verdict.policies) {
    if (const std::string_view one = instead(policy); !one.empty()) says += fmt::format("; {}", one);
  }
  if (verdict.grantable) says += "; this very call, when the user grants it";
  return says.empty() ? says : fmt::format(" What would be allowed instead: {}.", says.substr(2));
}

}  // namespace

std::string sealed_denial_text(const Verdict& verdict, const Labels& labels) {
  std::string which;
  for (const session::Leaf& leaf : verdict.arguments) {
    if (!manifest::authority_bearing(leaf.role)) continue;
    if (labels.trusted(leaf.label) && labels.trusted(leaf.offered)) continue;
    which += fmt::format("{}{} ({}{})", which.empty() ? "" : ", ", leaf.pointer,
                         manifest::role_name(leaf.role), leaf.sealed ? ", sealed" : "");
  }
  return fmt::format(
      "weir did not let this call through (policy {}). {}It is a decision of the user's policy, not a fault "
      "of "
      "the tool or the network: the call was not run, and to repeat it unchanged will not help.{} You may go "
      "on with what the user asked for in another way, or say what you would need.",
      fmt::join(verdict.policies, ", "),
      // What is malformed is so in the planner's own words, whatever stands behind them.
      verdict.policies == std::vector<std::string>{"malformed-arguments"}
          ? fmt::format("What is wrong: {}. ", verdict.why)
      : which.empty() ? std::string()
                      : fmt::format("Nobody vouched for {}. ", which),
      instead_sentence(verdict));
}

std::string denial_text(const Verdict& verdict) {
  return fmt::format(
      "weir did not let this call through: {}. This is a decision of the user's policy ({}), not a fault of "
      "the tool or the network: the call was not run, and to repeat it unchanged will not help.{} You may go "
      "on with what the user asked for in another way, or say what you would need.",
      verdict.why, fmt::join(verdict.policies, ", "), instead_sentence(verdict));
}

}  // namespace weir::guard
