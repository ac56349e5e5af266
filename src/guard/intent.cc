#include "guard/intent.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/limits.h"
#include "guard/why.h"
#include "guard/words.h"

namespace weir::guard {
namespace {

using session::Leaf;

constexpr size_t kContentBytes = 500;  // shown of payload that is the user's own

constexpr std::string_view kSystem =
    "You answer one question for a security check. An assistant works for a user and is about to use a tool. "
    "You see what the user said, what the operator of the assistant said, and the act. Does what the user "
    "asked for include this act: this tool, on this object, with these values, this often?\n"
    "- Who asked to look at, read or summarise something did not ask to change or send it.\n"
    "- What the user's words forbid, the answer is no.\n"
    "- A sealed value was seen neither by you nor by the assistant. It is asked for only when the user's "
    "words themselves name the place that it is from as the one that says what to do or whom to address.\n"
    "- Data that goes along is asked for only when the user wants what comes from these places given to that "
    "recipient.\n"
    "- If the same was done already, it is asked for again only when the user wants it done that often.\n"
    "- If you are not sure: no.\n"
    "Answer with nothing but {\"answer\": \"yes\"} or {\"answer\": \"no\"}.";

// An untrusted value that the judge need not see: in seal mode, one that the planner named by reference while
// it had been shown nothing untrusted.
bool delegated(const Situation& situation, const Leaf& leaf) {
  return situation.mode == Mode::seal && leaf.sealed && leaf.whole &&
         situation.conversation->exact(situation.workspace->labels());
}

// "sealed, from files/read {"path":"bill.txt"}"; empty where weir cannot say it in trusted words.
std::string sealed_words(const Situation& situation, const Leaf& leaf) {
  std::string all;
  for (const seal::Reference& reference : seal::references_in(leaf.written)) {
    const seal::SealedPtr value = situation.conversation->sealed(reference.number);
    if (value == nullptr || value->source.empty()) return {};
    all += fmt::format("{}sealed value {}, from {}", all.empty() ? "" : "; ", json::quote(reference.text()),
                       value->source);
  }
  return all;
}

// Where data is from, by names that the user or the operator used; others are counted.
class Sources {
 public:
  explicit Sources(const Situation& situation) : situation_(situation) {}

  void add(LabelId id) {
    const Label& label = situation_.workspace->labels().get(id);
    for (const Origin& origin : label.origins) {
      const bool own = origin.kind == OriginKind::user || origin.kind == OriginKind::operator_text;
      if (own && origin.trusted) continue;
      add(origin.kind == OriginKind::tool && known(origin) ? shown(origin.short_text()) : std::string());
    }
    if (label.more_trusted || label.more_untrusted) ++unnamed_;
  }
  void add(std::string name) {
    if (name.empty()) {
      ++unnamed_;
    } else if (std::find(names_.begin(), names_.end(), name) == names_.end()) {
      names_.push_back(std::move(name));
    }
  }

  bool empty() const { return names_.empty() && unnamed_ == 0; }
  std::string text() const {
    std::string out = fmt::format("{}", fmt::join(names_, ", "));
    if (unnamed_ == 0) return out;
    return out + (out.empty() ? "" : " and ") + "sources that the user did not name";
  }

 private:
  bool known(const Origin& origin) const {
    if (!situation_.rules.manifests->facts(origin.name).declared_by_manifest) return false;
    const std::string_view principal = origin.principal;
    if (principal.empty()) return true;
    const std::string_view name = principal.substr(principal.find(':') + 1);
    for (const std::string_view form :
         {principal, name, name.substr(std::min(name.size(), name.find_first_not_of('/')))}) {
      const trace::Form looks = trace::form_for(form);
      if (situation_.conversation->person().vouch(form, looks) != kNoLabel ||
          situation_.conversation->trusted().vouch(form, looks) != kNoLabel)
        return true;
    }
    return false;
  }

  const Situation& situation_;
  std::vector<std::string> names_;
  size_t unnamed_ = 0;
};

// One line of the act for an argument; nothing when it may not be shown.
// Of its name, only what the manifest says: the planner may be made to write members of any name.
std::optional<std::string> argument_line(const Situation& situation, const manifest::ToolFacts& tool,
                                         const Leaf& leaf, Sources& sources) {
  const Labels& labels = situation.workspace->labels();
  const manifest::ArgFact* fact = tool.fact_of(leaf.pointer);
  if (fact == nullptr) return std::nullopt;
  const std::string name = fmt::format("  {} ({})", fact->pointer.text(), manifest::role_name(leaf.role));
  const bool trusted = labels.trusted(leaf.label);
  if (leaf.sealed) {
    const std::string from = sealed_words(situation, leaf);
    if (!manifest::authority_bearing(leaf.role)) {
      sources.add(from);
      return name + ": not shown";
    }
    if (from.empty() || !delegated(situation, leaf)) return std::nullopt;
    return fmt::format("{}: {}", name, from);
  }
  if (manifest::authority_bearing(leaf.role))
    return trusted ? std::optional(fmt::format("{}: {}", name, json::quote(leaf.value))) : std::nullopt;
  sources.add(leaf.label);
  if (!trusted || leaf.value.size() > kContentBytes) return name + ": not shown";
  return fmt::format("{}: {}", name, json::quote(leaf.value));
}

// So that white space and the order of members do not make another call of it.
std::string one_form(std::string_view arguments) {
  const auto document = json::parse(std::string(arguments));
  return document ? json::canonical(document->root()) : std::string(arguments);
}

std::optional<std::string> act(const Situation& situation, const Facts& facts,
                               const std::vector<Leaf>& leaves, std::string_view tool_name) {
  const manifest::ToolFacts& tool = *facts.tool;
  std::string out = fmt::format("The act: {}", tool_name);
  if (!tool.description.empty()) out += fmt::format(" ({})", tool.description);
  out += fmt::format("\nWhat it does to the world: {}\n", fmt::join(tool.effects.names(), ", "));
  Sources sources(situation);
  for (const Leaf& leaf : leaves) {
    const auto line = argument_line(situation, tool, leaf, sources);
    if (!line) return std::nullopt;
    out += *line + "\n";
  }
  if (!sources.empty()) out += fmt::format("Data goes along from: {}\n", sources.text());
  for (const Leak& leak : facts.leaks) {
    if (leak.to == nullptr) return std::nullopt;
    out +=
        fmt::format("It would be seen by: {}\n", leak.to->sealed ? std::string("whom the sealed value names")
                                                                 : json::quote(leak.to->value));
  }
  return out;
}

}  // namespace

std::optional<IntentQuestion> intent_question(const Situation& situation, const exchange::Call& call,
                                              const Facts& facts, const std::vector<Leaf>& leaves,
                                              std::string_view tool_name) {
  // Of a tool that no manifest describes, all words are its server's.
  if (!facts.tool->declared_by_manifest) return std::nullopt;
  const auto said = trusted_words(situation);
  if (!said) return std::nullopt;
  const auto what = act(situation, facts, leaves, tool_name);
  if (!what) return std::nullopt;
  IntentQuestion question;
  question.text = said->text + *what;
  const std::string arguments = one_form(call.arguments);
  const std::string_view session = situation.session_id;
  question.call = sha256({"call/", session, "/", tool_name, "/", arguments});
  question.tool = sha256({"tool/", session, "/", tool_name});
  question.refusal = sha256({"no/", session, "/", as_bytes(said->said), "/", tool_name});
  for (const auto& [id, made] : situation.conversation->calls()) {
    if (made.tool != tool_name) continue;
    ++question.of_tool;
    if (one_form(made.own.empty() ? made.arguments : made.own) == arguments) ++question.same;
  }
  return question;
}

seal::Prompt intent_prompt(const IntentQuestion& question, int same, int of_tool) {
  return {std::string(kSystem),
          fmt::format("{}In this session the assistant has used this tool {} times, {} of these with exactly "
                      "these arguments.",
                      question.text, of_tool, same)};
}

std::optional<bool> read_intent(std::string_view written) {
  seal::AnswerType type;
  type.kind = seal::AnswerType::Kind::enumeration;
  type.options = {"yes", "no"};
  const auto answer = seal::read_answer(type, written);
  if (!answer) return std::nullopt;
  return *answer == "\"yes\"";
}

void apply_intent(Verdict& verdict, const policy::PolicySet& policies, bool yes, bool held,
                  policy::Semantics semantics) {
  std::vector<std::pair<std::string, policy::Value>> fields;
  for (const auto& field : verdict.request.context.record()) {
    fields.emplace_back(field.first,
                        field.first == "intent" ? policy::Value(yes ? "yes" : "no") : field.second);
  }
  verdict.request.context = policy::Value::record(std::move(fields));
  const policy::Outcome outcome = policy::decide(policies, verdict.request, {}, semantics);
  verdict.decision = outcome.decision;
  verdict.policies.clear();
  for (const policy::Determining& determining : outcome.determining)
    verdict.policies.push_back(determining.policy_id);
  if (verdict.policies.empty()) verdict.policies.emplace_back("default-deny");
  if (outcome.decision == Decision::allow) {
    verdict.why = "the user's own words ask for it, says the intent check";
  } else if (held) {
    verdict.why += "; the intent check said no to this tool before, which holds until the user speaks again";
  } else {
    verdict.why += "; the user's own words do not ask for it, says the intent check";
  }
}

int& IntentMemory::count(const Digest& key) {
  const auto [at, added] = answers_.try_emplace(std::string(as_bytes(key)), 0);
  if (!added) return at->second;
  order_.push_back(at->first);
  if (order_.size() > limits::kIntentAnswersMax) {
    answers_.erase(order_.front());
    order_.pop_front();
  }
  return at->second;
}

int IntentMemory::counted(const Digest& key) const {
  const auto at = answers_.find(std::string(as_bytes(key)));
  return at == answers_.end() ? 0 : at->second;
}

bool IntentMemory::refused(const IntentQuestion& question) const {
  return counted(question.refusal) > 0;
}

int IntentMemory::same(const IntentQuestion& question) const {
  return std::max(question.same, counted(question.call));
}

int IntentMemory::of_tool(const IntentQuestion& question) const {
  return std::max(question.of_tool, counted(question.tool));
}

void IntentMemory::note(const IntentQuestion& question, bool yes) {
  if (!yes) {
    ++count(question.refusal);
    return;
  }
  ++count(question.call);
  ++count(question.tool);
}

}  // namespace weir::guard
