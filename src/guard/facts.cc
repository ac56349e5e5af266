#include "guard/facts.h"

#include <algorithm>

#include "manifest/label_result.h"
#include "manifest/trust.h"
#include "policy/label_attributes.h"

namespace weir::guard {
namespace {

using manifest::ArgRole;
using manifest::Effect;
using session::Leaf;

void note_role(std::vector<std::string>& roles, ArgRole role) {
  const std::string name(manifest::role_name(role));
  const auto at = std::lower_bound(roles.begin(), roles.end(), name);
  if (at == roles.end() || *at != name) roles.insert(at, name);
}

using Audience = std::vector<std::pair<const Leaf*, std::string>>;

// What is told to or written into an object reaches those who may read it. False when nobody is known by
// name.
bool note_readers_of_object(const Labels& labels, const Leaf& leaf, Audience& who) {
  bool any = false;
  const Label offered = labels.get(leaf.offered);
  for (const std::string& name : offered.readers.names()) {
    if (name == "owner") continue;
    who.emplace_back(&leaf, name);
    any = true;
  }
  return any;
}

// Who gets to see what the call carries: its recipients; for a sending tool that names none, its targets (a
// channel); for a remote selector, the server behind it.
// Whom a sealed value names must not decide anything: the planner would learn it from the decision.
Audience audience(const Labels& labels, const manifest::ToolFacts& tool, const std::vector<Leaf>& leaves,
                  std::string_view named_by) {
  Audience who;
  const auto collect = [&](ArgRole role) {
    for (const Leaf& leaf : leaves) {
      if (leaf.role != role) continue;
      if (leaf.made && note_readers_of_object(labels, leaf, who)) continue;
      if (leaf.sealed) {
        who.emplace_back(&leaf, "whoever " + leaf.pointer + " names");
        continue;
      }
      const Readers named = manifest::recipient_readers(named_by, leaf.value);
      for (const std::string& name : named.names()) who.emplace_back(&leaf, name);
    }
  };
  if (tool.effects.has(Effect::send) || tool.effects.has(Effect::pay)) {
    collect(ArgRole::recipient);
    if (who.empty()) collect(ArgRole::target);
  }
  if (tool.effects.has(Effect::write) && who.empty()) {
    for (const Leaf& leaf : leaves) {
      if (leaf.made && leaf.role == ArgRole::target) note_readers_of_object(labels, leaf, who);
    }
  }
  if (tool.remote) collect(ArgRole::selector);
  // Data goes out and nobody says to whom: to no reader that anyone named. But where the manifest says which
  // arguments name them and the call leaves them out, nobody is told (a calendar entry without guests).
  const bool would_name = std::any_of(tool.args.begin(), tool.args.end(), [](const manifest::ArgFact& arg) {
    return arg.role == ArgRole::recipient;
  });
  if (who.empty() && (tool.remote || (tool.effects.has(Effect::send) && !would_name)))
    who.emplace_back(nullptr, "whoever " + tool.server + " sends it to");
  return who;
}

std::vector<Leak> find_leaks(const Labels& labels, bool trusted_context, const manifest::ToolFacts& tool,
                             const std::vector<Leaf>& leaves, std::string_view named_by) {
  std::vector<Leak> leaks;
  const auto who = audience(labels, tool, leaves, named_by);
  const bool sends = tool.effects.has(Effect::send) || tool.remote;
  for (const auto& [argument, name] : who) {
    for (const Leaf& leaf : leaves) {
      // Whoever is paid reads what is written to them; that they are paid, and how much, is the payment.
      if (!sends && leaf.role != ArgRole::content) continue;
      // What the planner wrote itself while it had seen only trusted data may go along with a payment.
      const LabelId carried = !sends && trusted_context ? leaf.traced : leaf.label;
      if (labels.get(carried).readers.contains(name)) continue;
      // A recipient's own address tells the recipient nothing.
      // No more does an object's own id those who may read it.
      if (&leaf == argument && (leaf.role == ArgRole::recipient || leaf.made)) continue;
      leaks.push_back({&leaf, name, argument});
      break;  // one example for each recipient says enough
    }
  }
  return leaks;
}

// A "*" must not reach over what separates one value from the next: a second recipient, a way out of a
// folder, a second command.
bool fits(const Leaf& leaf, const std::string& pattern) {
  // What a sealed value is must not decide, so only a grant for whatever it is covers it.
  if (leaf.sealed && manifest::authority_bearing(leaf.role)) return pattern == "*";
  if (!session::matches_pattern(leaf.value, pattern)) return false;
  if (pattern == session::literal_pattern(leaf.value)) return true;
  if (leaf.role == ArgRole::command) return leaf.value.find_first_of(";&|`$<>\n\r(){}") == std::string::npos;
  if (leaf.value.find("..") != std::string::npos || leaf.value.find('\n') != std::string::npos) return false;
  size_t at = 0;
  while (at <= leaf.value.size()) {
    const size_t end = std::min(leaf.value.find_first_of(",;", at), leaf.value.size());
    const size_t begin = std::min(leaf.value.find_first_not_of(" \t", at), end);
    if (end > begin &&
        !session::matches_pattern(std::string_view(leaf.value).substr(begin, end - begin), pattern))
      return false;
    at = end + 1;
  }
  return true;
}

// Every argument that decides something is constrained by the grant, or trusted without it.
bool covers(const session::Grant& grant, const std::string& tool, const Labels& labels,
            const std::vector<Leaf>& leaves) {
  if (!session::matches_pattern(tool, grant.tool)) return false;
  for (const auto& [pointer, pattern] : grant.arguments) {
    const bool there =
        std::any_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) { return leaf.pointer == pointer; });
    if (!there) return false;
  }
  return std::all_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) {
    const auto constraint = grant.arguments.find(leaf.pointer);
    if (constraint != grant.arguments.end()) return fits(leaf, constraint->second);
    return !manifest::authority_bearing(leaf.role) ||
           (labels.trusted(leaf.label) && labels.trusted(leaf.offered));
  });
}

// Releasing to whoever it may be is not something that a grant can say.
bool names_recipients(const session::Grant& grant, const std::vector<Leaf>& leaves) {
  return std::all_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) {
    const bool names = leaf.role == ArgRole::recipient || leaf.role == ArgRole::target;
    return !names || grant.arguments.contains(leaf.pointer);
  });
}

// The grant says whose data it releases, and nothing else would reach a recipient who may not read it.
bool releases_these(const session::Grant& grant, const Labels& labels, const std::vector<Leaf>& leaves) {
  if (grant.origins.empty()) return true;
  manifest::TrustRules patterns;
  for (const std::string& origin : grant.origins) {
    if (!patterns.add({origin, true, {}, {}})) return false;
  }
  return std::all_of(leaves.begin(), leaves.end(), [&](const Leaf& leaf) {
    if (labels.everyone_reads(leaf.label)) return true;
    const Label label = labels.get(leaf.label);
    return !label.more_trusted && !label.more_untrusted &&
           std::all_of(label.origins.begin(), label.origins.end(), [&](const Origin& origin) {
             if (origin == Origin::user() || origin.kind == OriginKind::operator_text) return true;
             return origin.kind == OriginKind::tool &&
                    patterns.judge(origin.name, origin.principal, true).trusted.value_or(false);
           });
  });
}

bool in_scope(const session::Grant& grant, const Situation& situation) {
  return !grant.expired(situation.wall_ms) &&
         (grant.session.empty() || grant.session == situation.session_id);
}

bool copied_whole(const Situation& situation, const std::vector<Leaf>& leaves) {
  bool any = false;
  for (const Leaf& leaf : leaves) {
    if (leaf.role == ArgRole::content) continue;
    if (situation.workspace->labels().trusted(leaf.label) && leaf.role != ArgRole::selector) continue;
    // A whole sealed value that everyone may read is a stranger's from end to end.
    if (leaf.sealed && leaf.whole && situation.workspace->labels().get(leaf.label).readers.is_everyone()) {
      any = true;
      continue;
    }
    if (leaf.sealed) return false;
    const bool url = trace::form_for(leaf.value) == trace::Form::url;
    if (!url || situation.conversation->outside().vouch(leaf.value, trace::Form::url) == kNoLabel)
      return false;
    any = true;
  }
  return any;
}

}  // namespace

Facts find_facts(const Situation& situation, const manifest::ToolFacts& tool, const std::vector<Leaf>& leaves,
                 std::string_view named_by) {
  const Labels& labels = situation.workspace->labels();
  Facts facts;
  facts.tool = &tool;
  facts.context = situation.workspace->skills().for_call(situation.conversation->context(),
                                                         tool.server + "/" + tool.tool, tool);
  facts.known = situation.offered;
  facts.side_effect = !tool.effects.only_reads();
  // That a stranger's record came up in a search is enough to change it, not to do what cannot be undone.
  const bool forever =
      tool.effects.has(Effect::pay) || tool.effects.has(Effect::delete_) || tool.effects.has(Effect::execute);
  for (const Leaf& leaf : leaves) {
    if (!manifest::authority_bearing(leaf.role)) continue;
    if (!labels.trusted(leaf.label) || (forever && !labels.trusted(leaf.offered)))
      note_role(facts.untrusted_roles, leaf.role);
    if (leaf.copied) note_role(facts.copied_roles, leaf.role);
  }
  facts.url_copied_whole = tool.remote && !facts.side_effect && copied_whole(situation, leaves);
  facts.leaks = find_leaks(labels, labels.trusted(facts.context), tool, leaves, named_by);
  // A URL copied whole from a record that strangers wrote tells its server nothing of the owner's.
  if (facts.url_copied_whole) facts.leaks.clear();
  const std::string name = tool.server + "/" + tool.tool;
  for (const session::Grant& grant : *situation.grants) {
    if (!in_scope(grant, situation) || !covers(grant, name, labels, leaves)) continue;
    // A grant that also releases says more; one that does not is used only when there is no such.
    const bool releases =
        grant.release && names_recipients(grant, leaves) && releases_these(grant, labels, leaves);
    if (facts.granted == nullptr || (releases && !facts.released)) facts.granted = &grant;
    facts.released = facts.released || releases;
  }
  return facts;
}

policy::Request policy_request(const Situation& situation, const Facts& facts, std::string_view tool_name,
                               std::string_view intent) {
  const manifest::ToolFacts& tool = *facts.tool;
  const auto strings = [](const auto& from) {
    return policy::Value::set(std::vector<policy::Value>(from.begin(), from.end()));
  };
  const std::vector<std::string_view> effects = tool.effects.names();
  policy::Request request;
  request.principal = {"Session", situation.session_id};
  request.action = {"Action", std::string(tool_name)};
  request.resource = {"Server", tool.server};
  request.context = policy::Value::record({
      {"mode", policy::Value(mode_name(situation.mode))},
      {"effects", strings(effects)},
      {"known", policy::Value(facts.known)},
      {"drifted", policy::Value(situation.drifted)},
      {"side_effect", policy::Value(facts.side_effect)},
      {"trusted", policy::Value(situation.workspace->labels().trusted(facts.context))},
      {"untrusted_roles", strings(facts.untrusted_roles)},
      {"copied_roles", strings(facts.copied_roles)},
      {"remote", policy::Value(tool.remote)},
      {"leaks", policy::Value(!facts.leaks.empty())},
      {"url_copied_whole", policy::Value(facts.url_copied_whole)},
      {"granted", policy::Value(facts.granted != nullptr)},
      {"released", policy::Value(facts.released)},
      {"intent", policy::Value(intent)},
      {"over_budget", policy::Value(false)},
  });
  return request;
}

}  // namespace weir::guard
